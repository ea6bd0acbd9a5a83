import { type Checksum, type ChecksumAlgorithm, checksum, type Expected } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import type { Stanza } from './stanza.ts';

/** A file that a .dsc, a .changes or a stanza of a Sources index names. */
export interface ListedFile extends Expected {
  /** A bare file name: without a slash, blanks, or control characters, and not one that begins with a dot. */
  readonly name: string;
  readonly size: number;
  /** Weakest first. At least one. */
  readonly checksums: readonly Checksum[];
}

/** The fields that list files, and their algorithms. */
export const FILE_FIELDS: readonly (readonly [field: string, algorithm: ChecksumAlgorithm])[] = [
  ['Files', 'md5'],
  ['Checksums-Sha1', 'sha1'],
  ['Checksums-Sha256', 'sha256'],
  ['Checksums-Sha512', 'sha512'],
];
const MAX_FILES = 10_000;
/** Whether it is one line `checksum size name`, or, in a .changes, `checksum size section priority name`. */
const LINE = /^(?<value>[0-9A-Fa-f]+)[ \t]+(?<size>\d{1,15})(?:[ \t]+\S+[ \t]+\S+)?[ \t]+(?<name>\S+)$/;
const NAME = /^[^/\p{Cc}\s.\\][^/\p{Cc}\s\\]*$/u;

/**
 * The files that a stanza lists in its fields Files and Checksums-*, in the order of their first mention. METADATA_INVALID when a line is malformed, names no bare file, or
 * contradicts another one, and when there is no field that lists any.
 * @param what names the document in errors.
 */
export function parseListedFiles(stanza: Stanza, what: string): ListedFile[] {
  const files = new Map<string, { readonly name: string; readonly size: number; readonly checksums: Checksum[] }>();
  for (const [field, algorithm] of FILE_FIELDS) {
    for (const text of (stanza.get(field) ?? '').split('\n')) {
      const line = text.trim();
      if (line === '') continue;
      const { name, size, sum } = parseLine(line, { field, algorithm, what });
      const known = files.get(name);
      if (known === undefined) files.set(name, { name, size, checksums: [sum] });
      else {
        if (known.size !== size || known.checksums.some((other) => other.algorithm === algorithm))
          throw invalid(what, `lists "${name}" twice, or with two sizes`);
        known.checksums.push(sum);
      }
      if (files.size > MAX_FILES) throw invalid(what, `lists more than ${MAX_FILES} files`);
    }
  }
  if (files.size === 0) throw invalid(what, 'lists no files');
  return [...files.values()];
}

/** Whether its checksums say enough of a file to recognize it. */
export function isStrong(file: ListedFile): boolean {
  return file.checksums.some(({ algorithm }) => algorithm === 'sha256' || algorithm === 'sha512');
}

interface FieldOf {
  readonly field: string;
  readonly algorithm: ChecksumAlgorithm;
  readonly what: string;
}

function parseLine(
  line: string,
  { field, algorithm, what }: FieldOf,
): { readonly name: string; readonly size: number; readonly sum: Checksum } {
  const groups = LINE.exec(line)?.groups;
  const sum = checksum(algorithm, groups?.['value'] ?? '');
  const name = groups?.['name'] ?? '';
  if (groups === undefined || sum === undefined)
    throw invalid(what, `has the line "${line.slice(0, 200)}" in its ${field}, which is not "checksum size name"`);
  if (name.length > 255 || !NAME.test(name)) {
    throw new MirrorError('PATH_UNSAFE', `${what} lists the file "${name.slice(0, 200)}", which is not a bare file name`);
  }
  return { name, size: Number(groups['size']), sum };
}

function invalid(what: string, why: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} ${why}`);
}
