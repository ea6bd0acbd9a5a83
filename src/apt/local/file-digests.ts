import { createHash } from 'node:crypto';
import type { ListedFile } from '../format/listed-files.ts';

/** Size in bytes, and checksums in lower-case hex. */
export interface FileDigests {
  readonly size: number;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** Passes the bytes of a file on; when they have been read to their end, `digests` says what they were. */
export function digesting(source: AsyncIterable<Buffer>): { readonly stream: AsyncIterable<Buffer>; digests(): FileDigests } {
  const hashes = [createHash('md5'), createHash('sha1'), createHash('sha256')] as const;
  let size = 0;
  async function* stream(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      size += chunk.length;
      for (const hash of hashes) hash.update(chunk);
      yield chunk;
    }
  }
  return {
    stream: stream(),
    digests() {
      const [md5, sha1, sha256] = hashes;
      return { size, md5: md5.digest('hex'), sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
    },
  };
}

/** Reads a file to its end. */
export async function digestsOf(source: AsyncIterable<Buffer>): Promise<FileDigests> {
  const { stream, digests } = digesting(source);
  const reader = stream[Symbol.asyncIterator]();
  for (let next = await reader.next(); next.done !== true; ) next = await reader.next();
  return digests();
}

/** As an index lists the file. */
export function listedAs(name: string, { size, md5, sha1, sha256 }: FileDigests): ListedFile {
  return {
    name,
    size,
    checksums: [
      { algorithm: 'md5', value: md5 },
      { algorithm: 'sha1', value: sha1 },
      { algorithm: 'sha256', value: sha256 },
    ],
  };
}
