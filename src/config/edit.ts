import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isScalar, isSeq, type Pair, parseDocument, visit, type YAMLMap } from 'yaml';
import type { z } from 'zod';
import { MirrorError } from '../core/errors.ts';
import type { configSchema } from './schema.ts';

type ConfigInput = z.input<typeof configSchema>;
export type MirrorInput = NonNullable<ConfigInput['mirrors']>[string];
export type RepoInput = NonNullable<ConfigInput['repos']>[string];
export type PublicationInput = NonNullable<ConfigInput['publications']>[string];

/**
 * The text of a configuration file with one more mirror. Everything that was there, comments and layout included, stays as it was.
 * Throws CONFIG_EXISTS when the name is taken, CONFIG_INVALID when the text is no YAML map.
 */
export function addMirror(text: string, name: string, value: MirrorInput): string {
  return addEntry(text, 'mirrors', name, value);
}

/** As `addMirror`, for a repo. */
export function addRepo(text: string, name: string, value: RepoInput): string {
  return addEntry(text, 'repos', name, value);
}

/** As `addMirror`, for a publication. */
export function addPublication(text: string, name: string, value: PublicationInput): string {
  return addEntry(text, 'publications', name, value);
}

function addEntry(text: string, section: string, name: string, value: object): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new MirrorError('CONFIG_INVALID', `the configuration is no YAML: ${error.message}`);
  if (document.contents !== null && !isMap(document.contents))
    throw new MirrorError('CONFIG_INVALID', 'the configuration is not a map of keys');
  if (document.hasIn([section, name])) throw new MirrorError('CONFIG_EXISTS', `${section} has the name ${name} already`);
  const escaped = escapeReferences(value);
  const wanted = withEntry(document.toJS(), section, name, escaped);
  const spliced = spliceEntry(text, document.contents, { section, name, value: escaped });
  if (spliced !== undefined && isDeepStrictEqual(parseDocument(spliced).toJS(), wanted)) return spliced;
  // An unusual layout, such as a section in braces: it is written anew, with its comments.
  if (!isMap(document.getIn([section]))) document.deleteIn([section]);
  document.setIn([section, name], document.createNode(escaped));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

interface Entry {
  readonly section: string;
  readonly name: string;
  readonly value: object;
}

/** The text with the entry's lines put in behind the last one of the section. Undefined where the section is not laid out in lines. */
function spliceEntry(text: string, root: YAMLMap | null, entry: Entry): string | undefined {
  const pair = root?.items.find((item) => isScalar(item.key) && item.key.value === entry.section);
  if (pair === undefined) {
    const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    return `${before}${before === '' ? '' : '\n'}${entry.section}:\n${entryLines(entry, '  ')}`;
  }
  if (isMap(pair.value)) {
    if (pair.value.items.length === 0) return replaceEmptyMap(text, pair.value, entry);
    if (pair.value.flow === true) return undefined;
    const first = startOf(pair.value.items[0]?.key);
    const last = pair.value.items.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const indent = text.slice(text.lastIndexOf('\n', first - 1) + 1, first);
    return /^ +$/.test(indent) ? insertAfter(text, endOf(last), entryLines(entry, indent)) : undefined;
  }
  if (isScalar(pair.value) && pair.value.value === null) {
    const key = startOf(pair.key);
    return key === undefined ? undefined : insertAfter(text, key, entryLines(entry, '  '));
  }
  return undefined;
}

/** Puts lines instead of `{}`. */
function replaceEmptyMap(text: string, map: YAMLMap, entry: Entry): string | undefined {
  if (!map.range) return undefined;
  const [start, end] = map.range;
  return insertAfter(text.slice(0, start).trimEnd() + text.slice(end), start - 1, entryLines(entry, '  '));
}

/** Puts lines behind the line in which `offset` is. */
function insertAfter(text: string, offset: number, lines: string): string {
  const end = text.indexOf('\n', offset);
  return end < 0 ? `${text}\n${lines}` : `${text.slice(0, end + 1)}${lines}${text.slice(end + 1)}`;
}

function entryLines(entry: Entry, indent: string): string {
  const document = new Document({ [entry.name]: entry.value });
  visit(document, {
    Seq: (_, node) => {
      if (node.items.every((item) => !isMap(item) && !isSeq(item))) node.flow = true;
    },
  });
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  return text.replace(/^(?=.)/gm, indent);
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) ? node.range?.[0] : undefined;
}

/** An offset in the last line of a pair. */
function endOf(pair: Pair): number {
  const node = (pair.value ?? pair.key) as { readonly range?: readonly [number, number, number] | null } | null;
  const end = node?.range?.[1] ?? 0;
  return Math.max(0, end - 1);
}

function withEntry(value: unknown, section: string, name: string, entry: object): unknown {
  const root = (value ?? {}) as Record<string, unknown>;
  return { ...root, [section]: { ...((root[section] ?? {}) as object), [name]: entry } };
}

/** What is added is meant literally: `${` in it is no reference to the environment. */
function escapeReferences<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${') as T;
  if (Array.isArray(value)) return value.map(escapeReferences) as T;
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, escapeReferences(item)])) as T;
}
