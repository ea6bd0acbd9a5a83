import { createByteReader } from '../../codec/byte-reader.ts';
import { compressionOfBytes } from '../../codec/compression.ts';
import { decompress } from '../../codec/decompress.ts';
import { readTar, type TarEntry } from '../../codec/tar.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { ArchivedFile, Place } from './archived-file.ts';

const MAGIC = 6;
const PIECE = 256 * 1024;
const MAX_ENTRIES = 1_000_000;
/** What a compressed archive may unpack to: layers are mostly compressed already, and a plain one seldom shrinks to a hundredth. In bytes, and times. */
const EXPANSION_BASE = 64 * 1024 * 1024;
const MAX_EXPANSION = 200;

/** A tar archive, compressed or not, whose bytes come one after another. */
export interface TarStream {
  readonly content: AsyncIterable<Buffer>;
  /** As it is stored, in bytes. */
  readonly size: number;
  readonly place: Place;
  /** Names it in errors. */
  readonly what: string;
}

/**
 * The files and links of a tar archive, whatever it is compressed with. Directories are passed over. ARCHIVE_INVALID for devices, pipes, names that
 * lead out of the archive, and sizes that there cannot be; METADATA_INVALID and DECOMPRESS_* for what is damaged or cut short.
 */
export async function* tarFiles({ content, size, place, what }: TarStream): AsyncGenerator<ArchivedFile> {
  const { head, whole } = await peek(content, MAGIC);
  const compression = compressionOfBytes(head);
  const plain = compression === 'none';
  const length = plain ? size : EXPANSION_BASE + MAX_EXPANSION * size;
  const source = plain ? whole : decompress(whole, compression, { maxSize: length, what, pieceSize: PIECE });
  const base = plain ? place : { stream: `${place.stream}@${place.offset}`, offset: 0, direct: false };
  let entries = 0;
  for await (const entry of readTar(source, what, { strict: true })) {
    entries++;
    if (entries > MAX_ENTRIES) throw new MirrorError('ARCHIVE_INVALID', `${what} has more than ${MAX_ENTRIES} entries`);
    if (entry.type === 'directory') continue;
    yield fileOf(entry, { base, length, what });
  }
}

function fileOf(
  entry: TarEntry,
  { base, length, what }: { readonly base: Place; readonly length: number; readonly what: string },
): ArchivedFile {
  const name = nameOf(entry.path, what);
  const invalid = (why: string): MirrorError => new MirrorError('ARCHIVE_INVALID', `${what} has the entry "${name}", ${why}`);
  const { type, size, offset, target, content } = entry;
  if (type === 'directory' || type === 'fifo' || type === 'character' || type === 'block') throw invalid('which is a device or a pipe');
  if (offset + size > length) throw invalid(`which is said to have ${size} bytes, more than there are`);
  return { name, type, size, target: target.toString(), place: { ...base, offset: base.offset + offset }, content };
}

/** The name of an entry as text. Throws ARCHIVE_INVALID. */
function nameOf(path: Buffer, what: string): string {
  try {
    return safeRelativePath(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(path), what);
  } catch (cause) {
    throw new MirrorError('ARCHIVE_INVALID', cause instanceof MirrorError ? cause.message : `${what} has an entry whose name is no UTF-8`, {
      cause,
    });
  }
}

interface Peeked {
  /** The first bytes: fewer where the source has fewer. */
  readonly head: Buffer;
  /** All bytes, the first ones included. */
  readonly whole: AsyncIterable<Buffer>;
}

async function peek(source: AsyncIterable<Buffer>, count: number): Promise<Peeked> {
  const reader = createByteReader(source);
  const pieces: Buffer[] = [];
  for (let missing = count; missing > 0; ) {
    const piece = await reader.some(missing);
    if (piece === undefined) break;
    pieces.push(piece);
    missing -= piece.length;
  }
  const head = Buffer.concat(pieces);
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      yield head;
      for (let piece = await reader.some(Number.MAX_SAFE_INTEGER); piece !== undefined; piece = await reader.some(Number.MAX_SAFE_INTEGER))
        yield piece;
    } finally {
      await reader.release();
    }
  }
  return { head, whole: whole() };
}
