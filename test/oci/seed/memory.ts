import { MirrorError } from '../../../src/core/errors.ts';
import type { ImageContent, ImageSource, SourceImage } from '../../../src/oci/content.ts';
import type { Descriptor } from '../../../src/oci/format/descriptor.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import type { Platform } from '../../../src/oci/format/platform.ts';
import { parseReference } from '../../../src/oci/format/reference.ts';
import type { ManifestBytes, SeedTarget } from '../../../src/oci/seed/target.ts';

/** Content that is made in memory: blobs and manifests by their digests. */
export interface MadeContent {
  readonly content: ImageContent;
  readonly blobs: Map<string, Buffer>;
  /** Digests of the blobs that were read. */
  readonly read: string[];
  blob(text: string, mediaType?: string): Descriptor;
  image(layers: readonly string[], more?: Readonly<Record<string, unknown>>, platform?: Platform): Descriptor;
  index(manifests: readonly Descriptor[], more?: Readonly<Record<string, unknown>>): Descriptor;
  tag(name: string, descriptor: Descriptor): void;
}

export function makeContent(): MadeContent {
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, Descriptor>();
  const referrers = new Map<string, Descriptor[]>();
  const read: string[] = [];
  const put = (bytes: Buffer, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const document = (value: Readonly<Record<string, unknown>>, mediaType: string): Descriptor => {
    const descriptor = put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value })), mediaType);
    const subject = value['subject'] as Descriptor | undefined;
    if (subject !== undefined) referrers.set(subject.digest, [...(referrers.get(subject.digest) ?? []), descriptor]);
    return descriptor;
  };
  const there = (digest: string): Buffer => {
    const bytes = blobs.get(digest);
    if (bytes === undefined) throw new MirrorError('BLOB_MISSING', `no ${digest}`);
    return bytes;
  };
  return {
    blobs,
    read,
    content: {
      manifest: async ({ digest }) => there(digest),
      async *blob({ digest }, start) {
        read.push(digest);
        yield there(digest).subarray(start);
      },
      has: async (digest) => blobs.has(digest),
      referrers: async (digest) => referrers.get(digest) ?? [],
      tagged: async (tag) => tags.get(tag),
    },
    blob: (text, mediaType = MEDIA_TYPES.layer) => put(Buffer.from(text), mediaType),
    image(layers, more = {}, platform = { os: 'linux', architecture: 'amd64' }) {
      const config = put(Buffer.from(JSON.stringify({ ...platform, layers })), MEDIA_TYPES.config);
      const described = layers.map((text) => put(Buffer.from(text), MEDIA_TYPES.layer));
      return { ...document({ config, layers: described, ...more }, MEDIA_TYPES.manifest), platform };
    },
    index: (manifests, more = {}) => document({ manifests, ...more }, MEDIA_TYPES.index),
    tag: (name, descriptor) => void tags.set(name, descriptor),
  };
}

export function sourceImage(reference: string, root: Descriptor, content: ImageContent): SourceImage {
  return { reference: parseReference(reference), root, content };
}

export function sourceOf(images: readonly SourceImage[]): ImageSource {
  return { name: 'made', images, problems: [], close: async () => undefined };
}

/** The same images as a compressed archive has them: blobs only in one order. */
export function streamedSource(images: readonly SourceImage[], made: MadeContent, passes: string[][] = []): ImageSource {
  const unreadable: ImageContent['blob'] = () => {
    throw new Error('a compressed archive is not read in any order');
  };
  return {
    ...sourceOf(images.map((image) => ({ ...image, content: { ...image.content, blob: unreadable } }))),
    async *stream(wanted) {
      const pass: string[] = [];
      passes.push(pass);
      for (const [digest, bytes] of made.blobs) {
        if (!wanted(digest)) continue;
        pass.push(digest);
        yield { digest, size: bytes.length, content: [bytes] as unknown as AsyncIterable<Buffer> };
      }
    },
  };
}

/** A registry in memory, which writes down what is done to it, and is as strict as one about what must be there before. */
export interface MemoryTarget extends SeedTarget {
  readonly calls: string[];
  readonly blobs: Map<string, Set<string>>;
  readonly manifests: Map<string, ManifestBytes>;
}

export function memoryTarget(options: { readonly mounts?: boolean; readonly anywhere?: boolean } = {}): MemoryTarget {
  const blobs = new Map<string, Set<string>>();
  const manifests = new Map<string, ManifestBytes>();
  const calls: string[] = [];
  const of = (repository: string): Set<string> => {
    const found = blobs.get(repository) ?? new Set();
    blobs.set(repository, found);
    return found;
  };
  return {
    name: 'memory',
    mountsFromAnywhere: options.anywhere === true,
    calls,
    blobs,
    manifests,
    async resolve(repository, reference) {
      const found = manifests.get(`${repository} ${reference}`);
      return found === undefined ? undefined : { ...found, size: found.bytes.length };
    },
    hasBlob: async (repository, digest) => of(repository).has(digest),
    async mount(repository, digest, from) {
      const there = from === undefined ? [...blobs.values()].some((set) => set.has(digest)) : of(from).has(digest);
      if (options.mounts === false || !there) return undefined;
      calls.push(`mount ${repository} ${digest}`);
      of(repository).add(digest);
      return 'mounted';
    },
    async putBlob(repository, { digest }, content) {
      const pieces: Buffer[] = [];
      for await (const piece of content(0)) pieces.push(piece);
      if (digestOf(Buffer.concat(pieces)) !== digest) throw new MirrorError('CHECKSUM_MISMATCH', `not ${digest}`);
      calls.push(`put ${repository} ${digest}`);
      of(repository).add(digest);
    },
    async putManifest(repository, reference, manifest) {
      const {
        config,
        layers = [],
        manifests: members = [],
      } = JSON.parse(manifest.bytes.toString()) as {
        config?: Descriptor;
        layers?: Descriptor[];
        manifests?: Descriptor[];
      };
      const lacks = [...(config === undefined ? [] : [config]), ...layers].some(({ digest }) => !of(repository).has(digest));
      const lacksMember = members.some(({ digest }) => !manifests.has(`${repository} ${digest}`));
      if (lacks || lacksMember) throw new MirrorError('REGISTRY_REFUSED', `something of ${manifest.digest} is missing`);
      calls.push(`manifest ${repository} ${reference}`);
      for (const name of [reference, manifest.digest]) manifests.set(`${repository} ${name}`, manifest);
    },
    close: async () => undefined,
  };
}
