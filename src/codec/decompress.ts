import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { decompressStream as lzmaDecompressStream } from '@napi-rs/lzma/lzma';
import { decompressStream as xzDecompressStream } from '@napi-rs/lzma/xz';
import { MirrorError, reasonOf } from '../core/errors.ts';
import { bunzip2 } from './bunzip2.ts';
import { asBuffer, createByteReader } from './byte-reader.ts';
import type { Compression } from './compression.ts';
import { boundedLzma } from './lzma-header.ts';
import { through } from './through.ts';
import { throughWeb } from './through-web.ts';
import { boundedXz } from './xz-blocks.ts';
import { zstdFrames } from './zstd-frames.ts';

/** What bounds a decompression and names it in errors. */
export interface DecompressLimit {
  /** Most bytes that may come out. */
  readonly maxSize: number;
  /** The file, for messages: a URL or a path. */
  readonly what: string;
  /** How much is unpacked at once, in bytes: more is faster for large files, and takes more memory. Of gz and zst. */
  readonly pieceSize?: number | undefined;
}

const OUTPUT_CHUNK = 64 * 1024;

/**
 * The bytes of a compressed file. Files of several members, streams or frames are read to their end. Every error of the source
 * comes through as it is; DECOMPRESS_FAILED when the file is damaged, cut short or followed by something else;
 * DECOMPRESS_TOO_LARGE as soon as more than `maxSize` bytes have come out. A consumer that stops early ends the source.
 * Bytes after the end of an `lzma` file, which has no trailer, are not noticed.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  limit: DecompressLimit,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of unpacked(source, compression, limit)) {
    size += chunk.length;
    if (size > limit.maxSize) throw tooLarge(limit.what, limit.maxSize);
    yield chunk;
  }
}

/** All bytes of a source that must have at most `maxSize` of them: DECOMPRESS_TOO_LARGE otherwise. */
export async function collect(source: AsyncIterable<Uint8Array>, maxSize: number, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxSize) throw tooLarge(what, maxSize);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? asBuffer(chunks[0]) : Buffer.concat(chunks, size);
}

function unpacked(source: AsyncIterable<Uint8Array>, compression: Compression, limit: DecompressLimit): AsyncIterable<Buffer> {
  const { what, pieceSize: chunkSize = OUTPUT_CHUNK } = limit;
  const failure = (cause: unknown): MirrorError => decompressFailed(what, compression, reasonOf(cause), cause);
  switch (compression) {
    case 'none':
      return asBuffers(source);
    case 'gz':
      return gunzip(source, { what, chunkSize, failure });
    case 'xz':
      return throughWeb(boundedXz(source, what), xzDecompressStream, failure);
    case 'lzma':
      return throughWeb(boundedLzma(source, what), lzmaDecompressStream, failure);
    case 'bz2':
      return bunzip2(source, what);
    case 'zst':
      return unzstd(source, { what, chunkSize, failure });
  }
}

async function* asBuffers(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of source) yield asBuffer(chunk);
}

interface Unpacking {
  readonly what: string;
  readonly chunkSize: number;
  readonly failure: (cause: unknown) => MirrorError;
}

function gunzip(source: AsyncIterable<Uint8Array>, { what, chunkSize, failure }: Unpacking): AsyncIterable<Buffer> {
  const transform = createGunzip({ chunkSize });
  const atEnd = (bytesGiven: number): void => {
    // zlib itself is silent about what follows the last member when that begins with a zero byte.
    if (transform.bytesWritten !== bytesGiven) throw decompressFailed(what, 'gz', 'something else follows its last member');
  };
  return through(source, transform, { failure, atEnd });
}

/** zlib's own zstd stream ends silently after the first frame, so that each frame gets a decoder. */
async function* unzstd(source: AsyncIterable<Uint8Array>, { what, chunkSize, failure }: Unpacking): AsyncGenerator<Buffer> {
  const reader = createByteReader(source);
  try {
    for await (const frame of zstdFrames(reader, what)) {
      const decoder = createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: 27 } });
      yield* through(frame, decoder, { failure });
    }
  } finally {
    await reader.release();
  }
}

function decompressFailed(what: string, compression: Compression, why: string, cause?: unknown): MirrorError {
  return new MirrorError('DECOMPRESS_FAILED', `${what} cannot be decompressed as ${compression}: ${why}`, { cause });
}

function tooLarge(what: string, maxSize: number): MirrorError {
  return new MirrorError('DECOMPRESS_TOO_LARGE', `${what} has more than the ${maxSize} bytes that are allowed for it`, {
    hint: 'The file is not what its metadata promises, or a decompression bomb; check the upstream.',
  });
}
