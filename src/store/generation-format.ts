import { isAscii, isUtf8 } from 'node:buffer';
import { zstd } from '../codec/compress.ts';
import { collect, decompress } from '../codec/decompress.ts';
import { isSha256 } from '../core/digests.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { compareBytes, compareText, SURROGATE } from '../core/order.ts';
import { safeRelativePath } from '../core/paths.ts';
import type { Permanence, TreeEntry } from './generations.ts';

const HEADER = 'mirror-generation 1\n';
const MiB = 1024 * 1024;
/** Most bytes of a map unpacked: 60,000 entries take 10 MiB. Longer than 512 MiB no text can be. */
const MAX_UNPACKED = 511 * MiB;

const DIGEST_LENGTH = 64;
/** What comes before the path in a line, and its end: a digest, two numbers of up to 16 digits, a letter, and what separates them. */
const LONGEST_FIELDS = DIGEST_LENGTH + 2 * 16 + 1 + 5;
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** The entries in the order of the bytes of their paths. */
export function sortEntries<T extends { readonly path: string }>(entries: Iterable<T>): T[] {
  const all = [...entries];
  // Comparing is most of the work: each path is looked at once, and not at each comparison.
  if (all.some(({ path }) => SURROGATE.test(path))) return all.sort((a, b) => compareBytes(a.path, b.path));
  return all.sort((a, b) => compareText(a.path, b.path));
}

/**
 * The stored form of a generation: zstd over a header line `mirror-generation 1` and a line `SHA256 SIZE MODIFIED f|c PATH` for each entry,
 * sorted by the bytes of the path (f: fixed, c: current). Equal entries give equal bytes: the digest covers the compression, which therefore never
 * changes within a version of the format. The paths must be canonical and different.
 */
export async function encodeGeneration(entries: Iterable<TreeEntry>): Promise<Buffer> {
  const sorted = sortEntries(entries);
  const most = sorted.reduce((sum, { path }) => sum + LONGEST_FIELDS + 3 * path.length, HEADER.length);
  const text = Buffer.allocUnsafeSlow(most);
  let end = text.write(HEADER);
  for (const { path, blob, modified, permanence } of sorted) {
    end += text.write(`${blob.sha256} ${blob.size} ${modified} ${permanence === 'fixed' ? 'f' : 'c'} ${path}\n`, end);
  }
  return await zstd(text.subarray(0, end));
}

/** The entries of a stored generation by path, in its order. Throws BLOB_CORRUPT on anything that `encodeGeneration` would not write. */
export async function decodeGeneration(packed: Uint8Array): Promise<Map<string, TreeEntry>> {
  const entries = new Map<string, TreeEntry>();
  for (const entry of await readGeneration(packed)) entries.set(entry.path, entry);
  return entries;
}

/**
 * The entries of a stored generation in its order, each made when it is asked for: for going through them in little memory, as often as
 * wanted. Throws BLOB_CORRUPT as `decodeGeneration`, in part only while they are gone through.
 */
export async function readGeneration(packed: Uint8Array): Promise<Iterable<TreeEntry>> {
  const text = await unpack(packed);
  if (!text.startsWith(HEADER)) throw damaged(1, 'the header is wrong or of another version');
  return { [Symbol.iterator]: () => parseLines(text) };
}

function* parseLines(text: string): Generator<TreeEntry> {
  let previous = '';
  let number = 1;
  for (let start = HEADER.length; start < text.length; ) {
    number++;
    const end = text.indexOf('\n', start);
    if (end < 0) throw damaged(number, 'it is cut short');
    const entry = parseLine(text, start, end, number);
    if (compareBytes(previous, entry.path) >= 0) throw damaged(number, 'it is out of order');
    previous = entry.path;
    yield entry;
    start = end + 1;
  }
}

async function unpack(packed: Uint8Array): Promise<string> {
  const what = 'the map of a generation';
  try {
    const bytes = await collect(decompress(once(packed), 'zst', { maxSize: MAX_UNPACKED, what }), MAX_UNPACKED, what);
    if (isAscii(bytes)) return bytes.toString('latin1');
    if (isUtf8(bytes)) return bytes.toString('utf8');
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    throw new MirrorError('BLOB_CORRUPT', reasonOf(error), { cause: error });
  }
  throw new MirrorError('BLOB_CORRUPT', `${what} is not in UTF-8`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** One line, of which the fields are where the separators have to be. */
function parseLine(text: string, start: number, end: number, number: number): TreeEntry {
  const sizeAt = start + DIGEST_LENGTH + 1;
  const modifiedAt = text.indexOf(' ', sizeAt) + 1;
  const kindAt = text.indexOf(' ', modifiedAt) + 1;
  const pathAt = kindAt + 2;
  if (modifiedAt === 0 || kindAt === 0 || pathAt >= end || text[sizeAt - 1] !== ' ' || text[pathAt - 1] !== ' ') {
    throw damaged(number, 'it does not have five fields');
  }
  const sha256 = text.slice(start, start + DIGEST_LENGTH);
  if (!isSha256(sha256)) throw damaged(number, 'the SHA-256 is none');
  const size = parseNumber(text.slice(sizeAt, modifiedAt - 1), number);
  const modified = parseNumber(text.slice(modifiedAt, kindAt - 1), number);
  const path = text.slice(pathAt, end);
  checkPath(path, number);
  return { path, blob: { sha256, size }, modified, permanence: parsePermanence(text[kindAt], number) };
}

function parseNumber(text: string, number: number): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw damaged(number, `"${text.slice(0, 40)}" is not a number`);
  return value;
}

function parsePermanence(letter: string | undefined, number: number): Permanence {
  if (letter === 'f') return 'fixed';
  if (letter === 'c') return 'current';
  throw damaged(number, 'it is neither fixed nor current');
}

function checkPath(path: string, number: number): void {
  let canonical: string;
  try {
    canonical = safeRelativePath(path, 'the map of a generation');
  } catch (error) {
    throw damaged(number, reasonOf(error));
  }
  if (canonical !== path) throw damaged(number, `the path "${path}" is not canonical`);
}

function damaged(line: number, why: string): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `the map of a generation is damaged in line ${line}: ${why}`, {
    hint: 'Publish again, or go back to another generation.',
  });
}
