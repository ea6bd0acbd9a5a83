import { MirrorError } from '../../core/errors.ts';
import { parseStanzas } from './deb822.ts';
import type { Stanza } from './stanza.ts';

/** How a source names the keys that it trusts. */
type SignedBy =
  | {
      /** Absolute paths of keyring files. */
      readonly paths: readonly string[];
      /** Upper-case hex, of keys in the machine's own keyrings. */
      readonly fingerprints: readonly string[];
    }
  | {
      /** An armored block of public keys. */
      readonly inlineKey: string;
    };

/** One entry of apt's sources (sources.list(5)), whichever way it was written. `$(ARCH)` stays in it. */
export interface AptSource {
  /** `deb`, `deb-src` or both. */
  readonly types: readonly string[];
  readonly uris: readonly string[];
  /** A suite, or a path ending in `/` for a flat repository. */
  readonly suites: readonly string[];
  /** Empty for a flat repository. */
  readonly components: readonly string[];
  readonly architectures?: readonly string[] | undefined;
  readonly signedBy?: SignedBy | undefined;
  readonly trusted?: boolean | undefined;
  readonly enabled: boolean;
  /** Every other option, by its lower-case name as .list files have it (`lang`, `by-hash`, `arch-`). */
  readonly options: Readonly<Record<string, string>>;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Names of deb822 fields that are called otherwise in .list files. */
const ONE_LINE_NAMES: Readonly<Record<string, string>> = { architectures: 'arch', languages: 'lang', targets: 'target' };

/**
 * Reads a .list file: `deb [option=value ...] uri suite component...`. Lines that are commented out are passed over.
 * Throws CONFIG_INVALID with file and line for a line that apt would not take either.
 */
export function parseOneLineSources(text: string, file: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const content = whole.replace(/#.*$/, '').trim();
    if (content === '') continue;
    sources.push(oneLineSource(content, file, index + 1));
  }
  return sources;
}

/** Reads a .sources file (deb822 style). Entries with `Enabled: no` are given, too. Throws CONFIG_INVALID with file and line. */
export function parseDeb822Sources(text: string, file: string): AptSource[] {
  return [...parseStanzas(Buffer.from(text), file, { comments: true })].map((stanza) => deb822Source(stanza, file));
}

function oneLineSource(content: string, file: string, line: number): AptSource {
  const [type = '', ...rest] = splitWords(content);
  if (type !== 'deb' && type !== 'deb-src') throw malformed(file, line, `begins with "${type}" instead of deb or deb-src`);
  const bracketed = rest[0]?.startsWith('[') === true ? rest.shift() : undefined;
  if (bracketed !== undefined && !bracketed.endsWith(']')) throw malformed(file, line, 'has options that no ] ends');
  const [uri, suite, ...components] = rest;
  if (uri === undefined || suite === undefined) throw malformed(file, line, 'lacks a URI or a suite');
  checkSuite(suite, components, { file, line });
  const options = bracketed === undefined ? new Map<string, string>() : oneLineOptions(bracketed.slice(1, -1), file, line);
  return { types: [type], uris: [uri], suites: [suite], components, enabled: true, ...readOptions(options, { file, line }), file, line };
}

/** Words between blanks; what is in brackets or double quotes stays together. */
function splitWords(content: string): string[] {
  return content.match(/(?:\[[^\]]*\]?|"[^"]*"?|[^\s["])+/g) ?? [];
}

function oneLineOptions(text: string, file: string, line: number): Map<string, string> {
  const options = new Map<string, string>();
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const match = /^(?<name>[^=]+?)=(?<value>.*)$/.exec(word)?.groups;
    if (match === undefined) throw malformed(file, line, `has the option "${word}", which is not of the form name=value`);
    options.set((match['name'] ?? '').toLowerCase(), (match['value'] ?? '').replace(/^"(.*)"$/, '$1'));
  }
  return options;
}

function deb822Source(stanza: Stanza, file: string): AptSource {
  const at = { file, line: stanza.line };
  const required = (field: string): string[] => {
    const found = words(stanza.get(field));
    if (found.length === 0) throw malformed(file, stanza.line, `has no ${field}`);
    return found;
  };
  const types = required('Types');
  const wrong = types.find((type) => type !== 'deb' && type !== 'deb-src');
  if (wrong !== undefined) throw malformed(file, stanza.line, `has the type "${wrong}" instead of deb or deb-src`);
  const suites = required('Suites');
  const components = words(stanza.get('Components'));
  for (const suite of suites) checkSuite(suite, components, at);
  const options = new Map<string, string>();
  for (const [name, value] of stanza.fields()) {
    const lower = name.toLowerCase();
    if (!['types', 'uris', 'suites', 'components', 'enabled'].includes(lower)) options.set(oneLineName(lower), value);
  }
  return {
    types,
    uris: required('URIs'),
    suites,
    components,
    enabled: yesOrNo(stanza.get('Enabled')) ?? true,
    ...readOptions(options, at),
    ...at,
  };
}

/** `architectures-remove` is `arch-` in .list files, and so on. */
function oneLineName(field: string): string {
  const [, base = field, change] = /^(.*?)(-add|-remove)?$/.exec(field) ?? [];
  const sign = change === '-add' ? '+' : '-';
  return `${ONE_LINE_NAMES[base] ?? base}${change === undefined ? '' : sign}`;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** Takes what has a place of its own in AptSource out of the options. */
function readOptions(options: Map<string, string>, at: Place): Pick<AptSource, 'architectures' | 'signedBy' | 'trusted' | 'options'> {
  const architectures = options.get('arch');
  const trusted = options.get('trusted');
  const signedBy = options.get('signed-by');
  for (const name of ['arch', 'trusted', 'signed-by']) options.delete(name);
  return {
    architectures: architectures === undefined ? undefined : words(architectures.replaceAll(',', ' ')),
    trusted: yesOrNo(trusted),
    signedBy: signedBy === undefined ? undefined : readSignedBy(signedBy, at),
    options: Object.fromEntries(options),
  };
}

function readSignedBy(value: string, at: Place): SignedBy {
  if (value.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
    const lines = value.split('\n').map((line) => line.trim());
    return { inlineKey: `${lines.map((line) => (line === '.' ? '' : line)).join('\n')}\n` };
  }
  const paths: string[] = [];
  const fingerprints: string[] = [];
  for (const word of words(value.replaceAll(',', ' '))) {
    if (word.startsWith('/')) paths.push(word);
    else if (/^[0-9A-Fa-f]{40,64}!?$/.test(word)) fingerprints.push(word.replace('!', '').toUpperCase());
    else throw malformed(at.file, at.line, `is signed by "${word}", which is neither an absolute path nor a fingerprint`);
  }
  return { paths, fingerprints };
}

function checkSuite(suite: string, components: readonly string[], at: Place): void {
  const flat = suite.endsWith('/');
  if (flat && components.length > 0) throw malformed(at.file, at.line, `has components although "${suite}" is a flat repository`);
  if (!flat && components.length === 0) throw malformed(at.file, at.line, `names no component of "${suite}"`);
}

/** As apt reads it: yes, true, on, with, enable, 1 and their opposites; anything else says nothing. */
function yesOrNo(text: string | undefined): boolean | undefined {
  const word = text?.trim().toLowerCase() ?? '';
  if (['yes', 'true', 'on', 'with', 'enable', '1'].includes(word)) return true;
  if (['no', 'false', 'off', 'without', 'disable', '0'].includes(word)) return false;
  return undefined;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function malformed(file: string, line: number, why: string): MirrorError {
  return new MirrorError('CONFIG_INVALID', `${file}, line ${line}: the entry ${why}`, { details: { file, line } });
}
