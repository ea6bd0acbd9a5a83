import { collect } from '../codec/decompress.ts';
import { MirrorError } from '../core/errors.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import { type AptCandidate, labelOf } from './candidate.ts';

/** How every .deb begins (deb(5)): an ar archive whose first member is called debian-binary. */
const MAGIC = Buffer.from('!<arch>\ndebian-binary');

/**
 * Checks that a package file in the pool is a Debian package at all. Who made it is not checked here: what vouches for it is the signed
 * index that states its checksum. Throws METADATA_INVALID.
 */
export async function checkPackageFile(candidate: AptCandidate, file: Blob, blobs: BlobStore): Promise<void> {
  const what = `mirror ${candidate.mirror}: package ${labelOf(candidate)}`;
  const head =
    file.size < MAGIC.length ? undefined : await collect(blobs.read(file.sha256, { start: 0, end: MAGIC.length - 1 }), MAGIC.length, what);
  if (head?.equals(MAGIC) !== true) {
    throw new MirrorError('METADATA_INVALID', `${what} is not a Debian package: its file does not begin as one`);
  }
}
