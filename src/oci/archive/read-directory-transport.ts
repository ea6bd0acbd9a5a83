import { digestOf } from '../format/digest.ts';
import { parseManifest } from '../format/manifest.ts';
import type { ArchiveContents } from './contents.ts';
import type { TakenFile } from './file-intake.ts';
import { manifestsFrom } from './reachable.ts';

/**
 * What is in a directory as skopeo's `dir:` writes it: one manifest or index, and beside it all else under its digest. Throws MANIFEST_INVALID, ARCHIVE_INVALID.
 * @param manifest manifest.json.
 * @param blobs by digest.
 */
export function readDirectoryTransport(manifest: Buffer, blobs: ReadonlyMap<string, TakenFile>, what: string): ArchiveContents {
  const { mediaType } = parseManifest(manifest, undefined, `manifest.json of ${what}`);
  const root = { mediaType, digest: digestOf(manifest), size: manifest.length };
  return {
    images: [{ root, reference: undefined, tag: undefined }],
    attached: new Map(),
    roots: [root],
    manifests: manifestsFrom([root], blobs, what),
  };
}
