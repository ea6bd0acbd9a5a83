import { isUtf8 } from 'node:buffer';
import { parseDocument } from 'yaml';
import { MirrorError, reasonOf } from '../../../core/errors.ts';
import type { MetadataDocument } from './further-metadata.ts';
import { reduceModulemd } from './modulemd-reduction.ts';

/** What a module needs of others: of each, the streams that will do. None: any; with `-` before it: any but this. */
export type ModuleRequirements = ReadonlyMap<string, readonly string[]>;

/** One YAML document of a modules file. */
export interface ModuleDocument {
  /** `modulemd`, `modulemd-defaults`, `modulemd-obsoletes`, `modulemd-translations`, `modulemd-packager` or what else there may be. */
  readonly kind: string;
  /** As the upstream has it, from its `---`. */
  readonly text: string;
  /** The module that it is, or is about. */
  readonly name: string;
  /** As it is written: `1.10` stays `1.10`. Undefined where it is not of one stream. */
  readonly stream: string | undefined;
  readonly version: string;
  readonly context: string;
  readonly arch: string;
  /** The packages of the module: `name-epoch:version-release.arch`. */
  readonly artifacts: readonly string[];
  /** One of these is to be satisfied. */
  readonly requires: readonly ModuleRequirements[];
}

/** In bytes. */
const MOST_OF_DOCUMENT = 4 * 1024 * 1024;
/** Of what is parsed of it, in characters: the parser takes up to a kilobyte of memory for each. Real modules have some thousands. */
const MOST_PARSED = 256 * 1024;
const MOST_DOCUMENTS = 20_000;
const MARKER = /^---(?=[ \t\r\n]|$)/gm;
const END_MARKER = /^\.\.\.[ \t]*(?:\r?\n|$)/m;

/**
 * The documents of a modules file (modulemd of any version, defaults, obsoletes, translations), each with its own text. METADATA_INVALID when
 * one is no YAML of this kind, uses aliases, or is over 4 MiB long, or over 256 KiB in what is read of it.
 */
export function readModules({ bytes, what }: MetadataDocument): ModuleDocument[] {
  const refuse = (why: string, cause?: unknown): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what} is not a valid modules file: ${why}`, { cause });
  if (!isUtf8(bytes)) throw refuse('it is not in UTF-8');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const starts = [...text.matchAll(MARKER)].map(({ index }) => index);
  if (starts.length > MOST_DOCUMENTS) throw refuse(`it has more than ${MOST_DOCUMENTS} documents`);
  const pieces = starts.map((start, index) => text.slice(start, starts[index + 1]));
  const before = text.slice(0, starts[0]);
  if (!isVoid(before)) pieces.unshift(`---\n${before}`);
  return pieces.flatMap((piece, index) => {
    const ending = END_MARKER.exec(piece);
    const end = ending === null ? piece.length : ending.index + ending[0].length;
    if (!isVoid(piece.slice(end))) throw refuse(`something follows the end of document ${index + 1}`);
    const own = piece.slice(0, end);
    if (isVoid(own.replace(MARKER, '').replace(END_MARKER, ''))) return [];
    if (own.length > MOST_OF_DOCUMENT) throw refuse(`document ${index + 1} is over ${MOST_OF_DOCUMENT} bytes long`);
    return [readDocument(own, (why, cause) => refuse(`document ${index + 1}: ${why}`, cause))];
  });
}

/** Whether there is nothing but comments, directives and blank lines. */
function isVoid(text: string): boolean {
  return text.split('\n').every((line) => /^(?:\s*(?:#.*)?|%.*)$/.test(line));
}

type Refuse = (why: string, cause?: unknown) => MirrorError;

function readDocument(text: string, refuse: Refuse): ModuleDocument {
  const { rest, artifacts } = reduceModulemd(text);
  if (rest.length > MOST_PARSED) throw refuse(`it is over ${MOST_PARSED} bytes long, without what is not read of it`);
  const root = mapOf(parse(rest, refuse));
  const kind = textOf(root.get('document'));
  const data = mapOf(root.get('data'));
  if (kind === undefined) throw refuse('it does not say what it is');
  const name = textOf(data.get('name')) ?? textOf(data.get('module')) ?? '';
  if (kind === 'modulemd' && name === '') throw refuse('a module without a name');
  return {
    kind,
    text,
    name,
    stream: textOf(data.get('stream')),
    version: textOf(data.get('version')) ?? '',
    context: textOf(data.get('context')) ?? '',
    arch: textOf(data.get('arch')) ?? '',
    artifacts: (artifacts ?? listOf(mapOf(data.get('artifacts')).get('rpms'))).map(withEpoch),
    requires: kind === 'modulemd' ? requirementsOf(data.get('dependencies')) : [],
  };
}

/** Every value is text, a list or a map; nothing is taken for a number. */
function parse(text: string, refuse: Refuse): unknown {
  try {
    const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS({ mapAsMap: true, maxAliasCount: 0 });
  } catch (error) {
    // Too deep a nesting ends as a RangeError.
    throw refuse(reasonOf(error), error);
  }
}

function mapOf(value: unknown): ReadonlyMap<unknown, unknown> {
  return value instanceof Map ? value : new Map();
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A single text counts as a list of it. */
function listOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** Of version 2 a list of alternatives, of version 1 one map. */
function requirementsOf(value: unknown): ModuleRequirements[] {
  const alternatives: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return alternatives.map((alternative) => {
    const requires = mapOf(mapOf(alternative).get('requires'));
    return new Map([...requires].flatMap(([name, streams]) => (typeof name === 'string' ? [[name, listOf(streams)] as const] : [])));
  });
}

/** The epoch may be left out where it is 0. */
function withEpoch(nevra: string): string {
  const found = /^(.+)-([^-:]+-[^-]+)$/.exec(nevra);
  return found === null ? nevra : `${found[1]}-0:${found[2]}`;
}
