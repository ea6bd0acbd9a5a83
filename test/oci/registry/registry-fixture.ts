import { afterEach } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { createRegistry, type Registry } from '../../../src/oci/registry/registry.ts';
import type { BlobStore } from '../../../src/store/blobs.ts';
import type { Catalogue } from '../../../src/store/catalogue.ts';
import { openPool } from '../../../src/store/pool.ts';
import { temporaryCatalogue } from '../../store/catalogue-fixture.ts';

const open: Registry[] = [];

afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
});

export interface RegistryFixture {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly catalogue: Catalogue;
  readonly storage: string;
  /** What the registry's clock shows; can be set. */
  readonly clock: { at: Date };
}

/** An empty registry of its own, closed after the test. */
export async function temporaryRegistry(): Promise<RegistryFixture> {
  const { catalogue, storage } = await temporaryCatalogue();
  const blobs = await openPool(storage);
  const clock = { at: new Date('2026-01-01T00:00:00Z') };
  const registry = createRegistry({ catalogue, blobs, clock: { now: () => clock.at }, openUploads: () => blobs.intake('uploads') });
  open.push(registry);
  return { registry, blobs, catalogue, storage, clock };
}

export async function* body(...pieces: readonly (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** Pushes the blob `{}` and an image of it. */
export async function pushImage(registry: Registry, repository: string, tag: string): Promise<string> {
  const config = digestOf(Buffer.from('{}'));
  await registry.putBlob(repository, config, body('{}'));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.empty, digest: config, size: 2 },
    layers: [],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return (await registry.putManifest(repository, { reference: tag, mediaType: undefined, bytes })).digest;
}

/** The descriptor of something that was pushed. */
export interface Pushed {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}

export interface Pusher {
  blob(repository: string, text: string): Promise<Pushed>;
  /** An image of layers with these texts; by its digest where there is no tag. What `more` has goes into the manifest. */
  image(repository: string, layers: readonly string[], tag?: string, more?: Readonly<Record<string, unknown>>): Promise<Pushed>;
  index(repository: string, manifests: readonly Pushed[], tag?: string): Promise<Pushed>;
}

export function pusherTo(registry: Registry): Pusher {
  const manifest = async (
    repository: string,
    value: Readonly<Record<string, unknown>>,
    mediaType: string,
    tag?: string,
  ): Promise<Pushed> => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
    const digest = digestOf(bytes);
    await registry.putManifest(repository, { reference: tag ?? digest, mediaType, bytes });
    return { digest, mediaType, size: bytes.length };
  };
  const blob = async (repository: string, text: string, mediaType: string): Promise<Pushed> => {
    const bytes = Buffer.from(text);
    await registry.putBlob(repository, digestOf(bytes), body(bytes));
    return { digest: digestOf(bytes), mediaType, size: bytes.length };
  };
  return {
    blob: (repository, text) => blob(repository, text, MEDIA_TYPES.layer),
    async image(repository, layers, tag, more = {}) {
      const config = await blob(repository, JSON.stringify({ os: 'linux', architecture: 'amd64', layers }), MEDIA_TYPES.config);
      const pushed = await Promise.all(layers.map((layer) => blob(repository, layer, MEDIA_TYPES.layer)));
      return await manifest(repository, { config, layers: pushed, ...more }, MEDIA_TYPES.manifest, tag);
    },
    index: (repository, manifests, tag) => manifest(repository, { manifests }, MEDIA_TYPES.index, tag),
  };
}
