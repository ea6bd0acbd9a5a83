import { type Checksum, type ChecksumAlgorithm, checksum, type Expected } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import { parseStanzas } from './deb822.ts';
import { parseReleaseDate } from './release-date.ts';
import type { Stanza } from './stanza.ts';

/** A file that a Release vouches for: its exact size and at least one strong checksum. */
export interface ReleaseFile extends Expected {
  readonly size: number;
}

/** What is used of a Release file (https://wiki.debian.org/DebianRepository/Format). */
export interface Release {
  readonly origin: string | undefined;
  readonly label: string | undefined;
  readonly suite: string | undefined;
  readonly codename: string | undefined;
  readonly version: string | undefined;
  /** In milliseconds since 1970. */
  readonly date: number | undefined;
  /** In milliseconds since 1970. */
  readonly validUntil: number | undefined;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Whether every index is also to be had under a name made of its checksum. */
  readonly acquireByHash: boolean;
  /**
   * Whether packages for all architectures are in each architecture's index. An index for `all` is needed only where the Release names `all`
   * among its architectures and does not say otherwise; apt goes by the same rule.
   */
  readonly allInEachIndex: boolean;
  /**
   * Fingerprints of the keys that the next Release is to be signed with, upper-case hex; one with a `!` behind it is that of the very (sub)key.
   * Undefined where the Release does not say.
   */
  readonly signedBy: readonly string[] | undefined;
  /** By canonical path, relative to the Release file. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/** Fields of checksums that can vouch for a file. MD5Sum and SHA1 are too weak, so they are not read. */
const STRONG: readonly (readonly [field: string, algorithm: ChecksumAlgorithm])[] = [
  ['SHA256', 'sha256'],
  ['SHA512', 'sha512'],
];
/** Of the components, the architectures and the keys. The largest archives have some thirty. */
const MAX_WORDS = 1000;
const WEAK = ['MD5Sum', 'SHA1'];
const ENTRY = /^(?<value>[0-9A-Fa-f]+)\s+(?<size>\d{1,15})\s+(?<path>\S.*)$/;

/**
 * Reads a Release file. Throws METADATA_INVALID for one that is malformed or states checksums but no SHA-256 or SHA-512, and PATH_UNSAFE for one that
 * names a path outside of its directory.
 * @param bytes exactly the bytes whose signature was checked.
 * @param what names the document in errors.
 */
export function parseRelease(bytes: Buffer, what: string): Release {
  const [stanza, second] = parseStanzas(bytes, what);
  if (stanza === undefined) throw new MirrorError('METADATA_INVALID', `${what} is empty`);
  if (second !== undefined) throw invalid(what, `has a second stanza, on line ${second.line}`);
  return {
    origin: stanza.get('Origin'),
    label: stanza.get('Label'),
    suite: stanza.get('Suite'),
    codename: stanza.get('Codename'),
    version: stanza.get('Version'),
    date: dateOf(stanza, 'Date', what),
    validUntil: dateOf(stanza, 'Valid-Until', what),
    components: fewWords(stanza, 'Components', what),
    architectures: fewWords(stanza, 'Architectures', what),
    acquireByHash: stanza.get('Acquire-By-Hash')?.toLowerCase() === 'yes',
    allInEachIndex:
      words(stanza.get('No-Support-for-Architecture-all')).includes('Packages') || !words(stanza.get('Architectures')).includes('all'),
    signedBy: signedByOf(stanza, what),
    files: filesOf(stanza, what),
  };
}

/** What is not a fingerprint names no key. */
function signedByOf(stanza: Stanza, what: string): string[] | undefined {
  const entries = few(words(stanza.get('Signed-By')?.replaceAll(',', ' ')), 'Signed-By', what).map((entry) =>
    entry.replace(/^0x/i, '').toUpperCase(),
  );
  const fingerprints = entries.filter((entry) => /^(?:[0-9A-F]{40}|[0-9A-F]{64})!?$/.test(entry));
  return fingerprints.length === 0 ? undefined : fingerprints;
}

function filesOf(stanza: Stanza, what: string): Map<string, ReleaseFile> {
  const files = new Map<string, { size: number; checksums: Checksum[] }>();
  let blocks = 0;
  for (const [field, algorithm] of STRONG) {
    const block = stanza.get(field);
    if (block === undefined) continue;
    blocks += 1;
    for (const line of block.split('\n')) {
      if (line.trim() === '') continue;
      const entry = parseEntry(line.trim(), algorithm, what);
      const known = files.get(entry.path);
      if (known === undefined) files.set(entry.path, { size: entry.size, checksums: [entry.checksum] });
      else merge(known, entry, what);
    }
  }
  const weak = WEAK.filter((field) => stanza.get(field) !== undefined);
  if (blocks === 0 && weak.length > 0) {
    throw new MirrorError(
      'METADATA_INVALID',
      `${what} has only ${weak.join(' and ')} checksums; MD5 and SHA-1 are too weak to be trusted`,
      {
        hint: 'The upstream has to publish its Release file with SHA256 checksums.',
      },
    );
  }
  return files;
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly checksum: Checksum;
}

function parseEntry(line: string, algorithm: ChecksumAlgorithm, what: string): Entry {
  const groups = ENTRY.exec(line)?.groups;
  const value = checksum(algorithm, groups?.['value'] ?? '');
  if (groups === undefined || value === undefined) {
    throw invalid(what, `has the line "${line.slice(0, 200)}" among its ${algorithm} checksums, which is not "checksum size path"`);
  }
  return { path: safeRelativePath(groups['path'] ?? '', what), size: Number(groups['size']), checksum: value };
}

function merge(known: { readonly size: number; readonly checksums: Checksum[] }, entry: Entry, what: string): void {
  const same = known.checksums.find((other) => other.algorithm === entry.checksum.algorithm);
  if (known.size !== entry.size || (same !== undefined && same.value !== entry.checksum.value)) {
    throw invalid(what, `states two different sizes or checksums for "${entry.path}"`);
  }
  if (same === undefined) known.checksums.push(entry.checksum);
}

function dateOf(stanza: Stanza, field: string, what: string): number | undefined {
  const text = stanza.get(field);
  if (text === undefined) return undefined;
  const time = parseReleaseDate(text);
  if (time === undefined) {
    throw invalid(what, `has the ${field} "${text.slice(0, 100)}", which is not of the form "Sat, 08 Jun 2024 09:12:01 UTC"`);
  }
  return time;
}

/** Every one of the words is looked for later, so there may not be any number of them. */
function fewWords(stanza: Stanza, field: string, what: string): string[] {
  return few(words(stanza.get(field)), field, what);
}

function few(found: string[], field: string, what: string): string[] {
  if (found.length > MAX_WORDS) throw invalid(what, `has ${found.length} words in its ${field}, more than ${MAX_WORDS}`);
  return found;
}

function words(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(/\s+/).filter((word) => word !== ''))];
}

function invalid(what: string, why: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} ${why}`);
}
