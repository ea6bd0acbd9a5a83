import type { Descriptor } from '../format/descriptor.ts';
import { digestOf } from '../format/digest.ts';
import { artifactTypeOf, parseManifest, referrersTag } from '../format/manifest.ts';
import { MEDIA_TYPES } from '../format/media-types.ts';
import type { ManifestBytes, SeedTarget } from '../seed/target.ts';
import type { RegistryClient } from './registry-client.ts';
import type { RegistryRepository } from './repository.ts';

/** Any registry as a target of seeding. Where it does not keep the lists of referrers itself, they are kept at tags (distribution specification, "Referrers Tag Schema"). */
export function registryTarget(client: RegistryClient): SeedTarget {
  /** One list is changed by one at a time. */
  const changing = new Map<string, Promise<void>>();
  const addReferrer = async (repository: string, manifest: ManifestBytes): Promise<void> => {
    const { subject, annotations, ...parsed } = parseManifest(manifest.bytes, manifest.mediaType, `the manifest ${manifest.digest}`);
    if (subject === undefined) return;
    const artifactType = artifactTypeOf({ ...parsed, annotations });
    const referrer: Descriptor = {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    };
    const key = `${repository} ${subject.digest}`;
    const before = changing.get(key) ?? Promise.resolve();
    const change = before.catch(() => undefined).then(() => addToList(client.repository(repository), subject.digest, referrer));
    changing.set(key, change);
    await change;
  };
  return {
    name: client.host,
    mountsFromAnywhere: false,
    resolve: (repository, reference) => client.repository(repository).resolve(reference),
    hasBlob: (repository, digest) => client.repository(repository).hasBlob(digest),
    async mount(repository, digest, from) {
      return from !== undefined && (await client.repository(repository).mount(digest, from)) ? 'mounted' : undefined;
    },
    putBlob: (repository, descriptor, content) => client.repository(repository).putBlob(descriptor, content),
    async putManifest(repository, reference, manifest) {
      const { keepsReferrers } = await client.repository(repository).putManifest(reference, manifest);
      if (!keepsReferrers) await addReferrer(repository, manifest);
    },
    close: () => client.close(),
  };
}

async function addToList(repository: RegistryRepository, subject: string, referrer: Descriptor): Promise<void> {
  const there = (await repository.fallbackReferrers(subject)) ?? [];
  if (there.some(({ digest }) => digest === referrer.digest)) return;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [...there, referrer] }));
  await repository.putManifest(referrersTag(subject), { mediaType: MEDIA_TYPES.index, digest: digestOf(bytes), bytes });
}
