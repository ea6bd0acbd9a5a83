import type { SourceProblem } from '../content.ts';
import { type BundleName, decodeBundleName } from '../format/bundle-name.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { formatReference, type ImageReference } from '../format/reference.ts';
import type { FoundImage } from './contents.ts';

/** An image and what it is called. */
export interface NamedImage {
  readonly reference: ImageReference;
  readonly root: Descriptor;
}

export interface Naming {
  readonly named: readonly NamedImage[];
  readonly problems: readonly SourceProblem[];
}

/** Names the image of an archive in a bundle by the name of its file. */
export function nameInBundle(images: readonly FoundImage[], reference: ImageReference, entry: string): Naming {
  const [image] = images;
  if (image !== undefined && images.length === 1) return { named: [{ reference, root: image.root }], problems: [] };
  return { named: [], problems: [{ what: entry, reason: `it has ${images.length} images, and its name stands for one` }] };
}

/**
 * Names the images of an archive of its own. What the caller says goes before what the archive says where there is one image; where there are more, it is
 * the repository of those that have a tag only. The name of the file is the last to be asked, and only about a single image.
 * @param file without directories.
 */
export function nameImages(
  images: readonly FoundImage[],
  { file, given }: { readonly file: string; readonly given: ImageReference | undefined },
): Naming {
  const single = images.length === 1;
  const fromFile = decodeBundleName(file);
  const named: NamedImage[] = [];
  const problems: SourceProblem[] = [];
  for (const image of images) {
    const reference =
      (single ? completed(given, image.tag) : undefined) ??
      image.reference ??
      tagged(given, image.tag) ??
      (single ? ofFile(fromFile) : undefined);
    if (reference === undefined) problems.push({ what: image.tag ?? image.root.digest, reason: nameless(image) });
    else named.push({ reference, root: image.root });
  }
  return { named, problems };
}

function completed(given: ImageReference | undefined, tag: string | undefined): ImageReference | undefined {
  if (given === undefined) return undefined;
  return given.tag === undefined && tag !== undefined ? { ...given, tag } : given;
}

function tagged(given: ImageReference | undefined, tag: string | undefined): ImageReference | undefined {
  return given === undefined || tag === undefined ? undefined : { host: given.host, repository: given.repository, tag };
}

function ofFile(name: BundleName): ImageReference | undefined {
  return 'reference' in name ? name.reference : undefined;
}

function nameless({ tag }: FoundImage): string {
  return tag === undefined
    ? 'the archive does not name this image: write its name behind the file, as oci-archive:FILE:team/app:v1'
    : `"${tag}" is a tag: write the repository that it is of behind the file, as oci-archive:FILE:team/app`;
}

/** The images with each name once. A name that stands for two is told of as a pair. */
export function withoutRepeats(images: readonly NamedImage[]): {
  readonly images: readonly NamedImage[];
  readonly conflict: string | undefined;
} {
  const byName = new Map<string, NamedImage>();
  for (const image of images) {
    const name = formatReference(image.reference);
    const before = byName.get(name);
    if (before !== undefined && before.root.digest !== image.root.digest) return { images: [], conflict: name };
    byName.set(name, before ?? image);
  }
  return { images: [...byName.values()], conflict: undefined };
}
