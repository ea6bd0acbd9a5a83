import { z } from 'zod';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { type Descriptor, parseJsonBy } from './descriptor.ts';
import { isDigest, looksLikeDigest } from './digest.ts';
import { digestInTag } from './digest-tags.ts';
import { parseManifest } from './manifest.ts';
import { isManifestType, MEDIA_TYPES } from './media-types.ts';
import { type ImageReference, isTag, parseReference } from './reference.ts';

/** Files of an OCI image layout (image specification, image-layout.md). */
export const LAYOUT_FILE = 'oci-layout';
export const LAYOUT_INDEX = 'index.json';
export const LAYOUT_BLOBS = 'blobs/';
export const LAYOUT_VERSION = '1.0.0';

/** Annotations that name an image in the index of a layout: of the specification, and of containerd and docker. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
export const CONTAINERD_NAME = 'io.containerd.image.name';
/** Annotations of hauler: what an entry is, and which manifest a signature is for. */
const KIND = 'kind';
const SUBJECT_DIGEST = 'hauler.dev/subject-digest';

const COSIGN_KIND = /\/(sig|att|sbom)s(?:\/|$)/;
const REFERRER_KIND = /\/referrers(?:\/|$)/;

/** Checks the file that says of which version a layout is. Throws ARCHIVE_INVALID. */
export function checkLayoutVersion(bytes: Uint8Array, what: string): void {
  const named = `the file ${LAYOUT_FILE} of ${what}`;
  const { imageLayoutVersion } = parseJsonBy(z.looseObject({ imageLayoutVersion: z.string() }), bytes, named);
  if (imageLayoutVersion !== LAYOUT_VERSION)
    throw new MirrorError(
      'ARCHIVE_INVALID',
      `${what} is an OCI layout of the version "${imageLayoutVersion}"; ${LAYOUT_VERSION} is understood`,
    );
}

/** The digest that a path below `blobs/` stands for; undefined where it is of an algorithm that is not known here. Throws ARCHIVE_INVALID for what is none. */
export function digestOfBlobPath(path: string, what: string): string | undefined {
  const text = path.slice(LAYOUT_BLOBS.length).replace('/', ':');
  if (isDigest(text)) return text;
  if (looksLikeDigest(text)) return undefined;
  throw new MirrorError('ARCHIVE_INVALID', `${what} has the entry "${path}", whose name is no digest`);
}

/** The path of a blob in a layout. */
export function blobPathOf(digest: string): string {
  return `${LAYOUT_BLOBS}${digest.replace(':', '/')}`;
}

/** One entry of a layout's index. */
export interface LayoutEntry {
  readonly descriptor: Descriptor;
  /** What names the image; undefined where nothing does. */
  readonly reference: ImageReference | undefined;
  /** Where its name is a tag alone, as skopeo and umoci write it. */
  readonly tag: string | undefined;
  /** Whether it belongs to another manifest and is no image of its own, and by which tag it is found then. */
  readonly attached: { readonly tag: string | undefined; readonly subject: string | undefined } | undefined;
}

/**
 * The manifests that a layout's index names. What is no manifest is passed over, as the specification has it.
 * Throws MANIFEST_INVALID.
 */
export function readLayoutIndex(bytes: Uint8Array, what: string): LayoutEntry[] {
  const { manifests } = parseManifest(bytes, MEDIA_TYPES.index, `the file ${LAYOUT_INDEX} of ${what}`);
  const entries = manifests.filter(({ mediaType }) => isManifestType(mediaType)).map(entryOf);
  const images = new Map<string, string>();
  for (const entry of entries) if (entry.attached === undefined) images.set(nameKey(entry), entry.descriptor.digest);
  return entries.map((entry) => withSubject(entry, images));
}

function entryOf(descriptor: Descriptor): LayoutEntry {
  const { annotations = {} } = descriptor;
  const refName = annotations[REF_NAME];
  const reference = [annotations[CONTAINERD_NAME], refName].map(fullReference).find((found) => found !== undefined);
  const tag = reference === undefined && refName !== undefined && isTag(refName) ? refName : undefined;
  return { descriptor, reference, tag, attached: attachmentOf(annotations, reference?.tag ?? tag) };
}

function attachmentOf(annotations: Readonly<Record<string, string>>, tag: string | undefined): LayoutEntry['attached'] {
  const kind = annotations[KIND] ?? '';
  if (REFERRER_KIND.test(kind)) return { tag: undefined, subject: undefined };
  if (COSIGN_KIND.test(kind)) return { tag: undefined, subject: annotations[SUBJECT_DIGEST] };
  const subject = tag === undefined ? undefined : digestInTag(tag);
  return subject === undefined ? undefined : { tag, subject };
}

/**
 * Hauler writes signatures under the name of the image that they are for; cosign finds them by a tag made of its digest.
 * @param images the digests of images by their names.
 */
function withSubject(entry: LayoutEntry, images: ReadonlyMap<string, string>): LayoutEntry {
  const [, extension] = COSIGN_KIND.exec(entry.descriptor.annotations?.[KIND] ?? '') ?? [];
  if (extension === undefined) return entry;
  const subject = entry.attached?.subject ?? images.get(nameKey(entry));
  return { ...entry, attached: { tag: subject === undefined ? undefined : `${subject.replace(':', '-')}.${extension}`, subject } };
}

function nameKey({ descriptor: { annotations = {} } }: LayoutEntry): string {
  return annotations[CONTAINERD_NAME] ?? annotations[REF_NAME] ?? '';
}

/** A name that says more than a tag. */
function fullReference(text: string | undefined): ImageReference | undefined {
  if (text === undefined || isTag(text)) return undefined;
  try {
    return parseReference(text);
  } catch (error) {
    if (!isMirrorError(error, 'REFERENCE_INVALID')) throw error;
    return undefined;
  }
}
