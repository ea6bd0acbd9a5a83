import { MirrorError } from '../../../src/core/errors.ts';
import type { ImageContent, SourceImage } from '../../../src/oci/content.ts';
import type { Descriptor } from '../../../src/oci/format/descriptor.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { parseReference } from '../../../src/oci/format/reference.ts';

/** An image in memory, to which signatures are added as a signer adds them to a registry. */
export interface MemoryImage extends SourceImage {
  blob(mediaType: string, bytes: Uint8Array | string, annotations?: Readonly<Record<string, string>>): Descriptor;
  manifest(document: object): Descriptor;
  tag(name: string, descriptor: Descriptor): void;
  /** A manifest that refers to the image. */
  refer(document: object): Descriptor;
}

export function memoryImage(name = 'registry.example.com/team/app:v1'): MemoryImage {
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, Descriptor>();
  const referrers: Descriptor[] = [];
  const put = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const stored = (digest: string): Buffer => {
    const bytes = blobs.get(digest);
    if (bytes === undefined) throw new MirrorError('BLOB_MISSING', `${digest} is missing`);
    return bytes;
  };
  const content: ImageContent = {
    manifest: async ({ digest }) => stored(digest),
    async *blob({ digest }, start) {
      yield stored(digest).subarray(start);
    },
    has: async (digest) => blobs.has(digest),
    referrers: async () => referrers,
    tagged: async (tag) => tags.get(tag),
  };
  const config = put(MEDIA_TYPES.config, Buffer.from('{}'));
  const manifest = (document: object): Descriptor =>
    put(MEDIA_TYPES.manifest, Buffer.from(JSON.stringify({ schemaVersion: 2, ...document })));
  const root = manifest({ mediaType: MEDIA_TYPES.manifest, config, layers: [] });
  return {
    reference: parseReference(name),
    root,
    content,
    blob: (mediaType, bytes, annotations) => ({
      ...put(mediaType, Buffer.from(bytes)),
      ...(annotations === undefined ? {} : { annotations }),
    }),
    manifest,
    tag: (tag, descriptor) => tags.set(tag, descriptor),
    refer(document) {
      const descriptor = manifest({ mediaType: MEDIA_TYPES.manifest, subject: root, ...document });
      referrers.push(descriptor);
      return descriptor;
    },
  };
}
