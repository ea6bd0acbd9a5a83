import type { ServerResponse } from 'node:http';
import { drained } from '../core/drained.ts';
import type { Blob, BlobStore, ByteRange } from '../store/blobs.ts';
import type { TreeEntry } from '../store/generations.ts';
import type { MemoryCache } from './memory-cache.ts';

/** The bytes of one published file. */
export interface FileContent {
  /** Writes some of the bytes to a response and waits while the client is slow. Throws when the client has gone or the file ends early. */
  write(response: ServerResponse, range: ByteRange): Promise<void>;
}

/** Opens published files; undefined where the pool does not have the blob as it should be. */
export type FileOpener = (entry: TreeEntry) => Promise<FileContent | undefined>;

/** Files up to this size are read, and checked, in one piece. */
const IN_ONE_PIECE = 256 * 1024;
/** Indexes and signed documents up to this size are held in memory: every client asks for them. */
const CACHED = 4 * 1024 * 1024;
const PACKAGE = /\.(?:u?deb|ddeb|d?rpm)$/;

export function createFileOpener(blobs: BlobStore, cache: MemoryCache): FileOpener {
  return async ({ path, blob }) => {
    if (blob.size > CACHED || PACKAGE.test(path)) return await openBlob(blobs, blob);
    const held = cache.get(blob.sha256);
    if (held !== undefined) return fromMemory(held);
    if ((await blobs.stat(blob.sha256)) !== blob.size) return undefined;
    const bytes = await blobs.readWhole(blob.sha256, blob.size);
    cache.set(blob.sha256, bytes);
    return fromMemory(bytes);
  };
}

/** A blob of the pool; undefined where the pool does not have it as it should be. */
export async function openBlob(blobs: BlobStore, blob: Blob): Promise<FileContent | undefined> {
  if ((await blobs.stat(blob.sha256)) !== blob.size) return undefined;
  return blob.size > IN_ONE_PIECE ? fromPool(blobs, blob) : fromMemory(await blobs.readWhole(blob.sha256, blob.size));
}

function fromMemory(bytes: Buffer): FileContent {
  return { write: (response, { start, end }) => send(response, bytes.subarray(start, end + 1)) };
}

function fromPool(blobs: BlobStore, blob: Blob): FileContent {
  return {
    async write(response, range) {
      // Leaving the loop in any way closes the file.
      for await (const piece of blobs.pieces(blob.sha256, range)) await sendWhole(response, piece);
    },
  };
}

/** Thrown while sending when the client has closed the connection: nothing is wrong on this side. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

async function send(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (!response.destroyed && !response.write(chunk)) await drained(response);
  if (response.destroyed) throw new ClientGone('the client closed the connection');
}

/** Sends bytes whose memory is used again afterwards: waits until the system has them. */
async function sendWhole(response: ServerResponse, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    if (response.destroyed) done();
    else response.write(piece, done);
  });
  if (response.destroyed) throw new ClientGone('the client closed the connection');
}
