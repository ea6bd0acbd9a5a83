import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { compress as zstdCompress } from '@mongodb-js/zstd';
import { compressStream as xzCompressStream } from '@napi-rs/lzma/xz';
import { asBuffer } from './byte-reader.ts';
import { blockOfXzStream, type XzBlock, xzFile } from './xz-file.ts';

const MiB = 1024 * 1024;
const DEFAULT_GZIP_LEVEL = 6;
const GZIP_OS_OFFSET = 9;
/** "Unknown": the same file on every operating system (RFC 1952, section 2.3.1). */
const GZIP_OS_UNKNOWN = 255;

/** Level 1: of what repositories publish, level 6 saves a fifth more for ten times the work. */
const XZ_PRESET = 1;
/** Fixed, so that the output does not depend on the number of processors. */
const XZ_PIECE = 8 * MiB;
/** What is given to the compressor at once: of a chunk of 1 MiB it never gives the memory back, of such it does. */
const XZ_CHUNK = 64 * 1024;
const ZSTD_FRAME = 8 * MiB;

const gzipAsync = promisify<Uint8Array, { level: number }, Buffer>(gzipCallback);

/** The bytes as one gzip member without name and time, so that equal bytes give equal files. Off the main thread. Level 1 to 9. */
export async function gzip(bytes: Uint8Array, level: number = DEFAULT_GZIP_LEVEL): Promise<Buffer> {
  const packed = await gzipAsync(bytes, { level });
  packed[GZIP_OS_OFFSET] = GZIP_OS_UNKNOWN;
  return packed;
}

/**
 * The bytes as an xz file of one stream, with a block for every 8 MiB; the blocks are compressed side by side on native threads.
 * Equal bytes give equal files.
 */
export async function xz(bytes: Uint8Array): Promise<Buffer> {
  const pieces = bytes.length === 0 ? [] : cut(bytes, XZ_PIECE);
  const blocks = await mapConcurrently(pieces, availableParallelism(), async (piece): Promise<XzBlock> => {
    return { packed: blockOfXzStream(await xzStream(piece, XZ_PRESET)), plainSize: piece.length };
  });
  const parts: Buffer[] = [];
  for await (const part of xzFile(inOrder(blocks))) parts.push(part);
  return Buffer.concat(parts);
}

/** The bytes as a complete xz stream of one block (none where there are no bytes), with CRC64 checks. Off the main thread. Preset 0 to 9. */
export async function xzStream(bytes: Uint8Array, preset: number): Promise<Buffer> {
  let at = 0;
  const input = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, at + XZ_CHUNK));
        else controller.close();
        at += XZ_CHUNK;
      },
    },
    { highWaterMark: 0 },
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of xzCompressStream(input, { preset })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The bytes as a zstd file of level 3: a frame for every 8 MiB, each with its content size. Off the main thread. */
export async function zstd(bytes: Uint8Array): Promise<Buffer> {
  const pieces = cut(bytes, ZSTD_FRAME);
  return Buffer.concat(await mapConcurrently(pieces, availableParallelism(), (piece) => zstdCompress(asBuffer(piece))));
}

/** At least one piece, of at most `size` bytes each. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** The results in the order of the items, with at most `limit` under way. */
async function mapConcurrently<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
