import type { StreamedBlob } from '../content.ts';
import { archiveFiles } from './archive-files.ts';
import { type ArchivedFile, placeKey } from './archived-file.ts';
import type { Reading } from './file-bytes.ts';
import { tarFiles } from './walk-tar.ts';

/** What is known of an archive that was read before. */
export interface KnownArchive {
  readonly path: string;
  /** The places of the archives in it. */
  readonly inner: ReadonlySet<string>;
  /** The digests of its blobs, by their places. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Reads an archive again from its beginning, and gives the blobs that are wanted in the order in which they come, until there is none left. Their bytes
 * are not checked again. ARCHIVE_INVALID, DECOMPRESS_*, FILE_MISSING.
 */
export async function* streamBlobs(
  { path, inner, digests }: KnownArchive,
  wanted: (digest: string) => boolean,
  reading: Reading,
): AsyncGenerator<StreamedBlob> {
  const left = new Set(digests.values());
  for (const digest of left) if (!wanted(digest)) left.delete(digest);

  function* asBlob({ place, size, content }: ArchivedFile): Generator<StreamedBlob> {
    const digest = digests.get(placeKey(place));
    if (digest !== undefined && left.delete(digest) && wanted(digest)) yield { digest, size, content };
  }

  if (left.size === 0) return;
  for await (const file of archiveFiles(path, reading)) {
    const { content, size, place, name } = file;
    if (inner.has(placeKey(place))) {
      for await (const within of tarFiles({ content, size, place, what: `${path}: ${name}` })) {
        yield* asBlob(within);
        if (left.size === 0) return;
      }
    } else yield* asBlob(file);
    if (left.size === 0) return;
  }
}
