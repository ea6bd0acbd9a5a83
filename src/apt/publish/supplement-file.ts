import { posix } from 'node:path';
import { compressionOf } from '../../codec/compression.ts';
import type { PublishContext } from '../../family/family.ts';
import { measured } from '../../family/supplement-content.ts';
import type { Blob } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { ListedFile } from '../format/release-text.ts';
import { writeIndexForms } from './index-forms.ts';

/** Where the files that a Release names are published. */
export interface ReleasePlace {
  /** The directory of the Release file, relative to the root of the publication. */
  readonly root: string;
}

/** The bare name of an upstream's file without the extension of its compression: `Translation-en`. */
export function plainName({ path }: Pick<Supplement, 'path'>): string {
  const name = posix.basename(path);
  return name.slice(0, name.length - compressedExtension(path).length);
}

function compressedExtension(path: string): string {
  return compressionOf(path) === 'none' ? '' : posix.extname(path);
}

/**
 * Publishes an upstream's file as it is, also by hash. The Release lists it, and the same without its compression, by which apt knows that
 * there is such an index.
 * @param path of the plain file, relative to the Release.
 * @param plain what the file unpacks to.
 */
export function linkWhole(
  { writer }: PublishContext,
  { root }: ReleasePlace,
  { path, supplement, plain }: { readonly path: string; readonly supplement: Supplement; readonly plain: Blob },
): ListedFile[] {
  const { sha256, size } = supplement;
  const named = `${path}${compressedExtension(supplement.path)}`;
  writer.link(`${root}/${named}`, { sha256, size }, 'current');
  writer.link(`${root}/${posix.dirname(path)}/by-hash/SHA256/${sha256}`, { sha256, size });
  const listed = { path: named, sha256, size };
  return named === path ? [listed] : [{ path, ...plain }, listed];
}

/** Writes an index in some compressed forms. The Release also lists the plain one, which is not there. */
export async function writePacked(
  { writer }: PublishContext,
  { root }: ReleasePlace,
  index: {
    readonly path: string;
    readonly text: AsyncIterable<Uint8Array>;
    readonly separator: '\n\n' | '\n';
    readonly compressions: readonly ('gz' | 'xz')[];
  },
): Promise<ListedFile[]> {
  const plain = measured(index.text);
  const forms = await writeIndexForms(writer, { ...index, root, text: plain.text });
  return [{ path: index.path, ...plain.blob() }, ...forms];
}
