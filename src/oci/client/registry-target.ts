import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { parseJsonBy } from '../format/descriptor.ts';
import { digestOf } from '../format/digest.ts';
import { referrersTag } from '../format/digest-tags.ts';
import { artifactTypeOf, parseManifest } from '../format/manifest.ts';
import { isIndexType, MEDIA_TYPES } from '../format/media-types.ts';
import type { ManifestBytes, SeedTarget } from '../seed/target.ts';
import type { RegistryClient } from './registry-client.ts';
import type { RegistryRepository } from './repository.ts';

/** Any registry as a target of seeding. Where it does not keep the lists of referrers itself, they are kept at tags (distribution specification, "Referrers Tag Schema"). */
export function registryTarget(client: RegistryClient): SeedTarget {
  /** One list is changed by one at a time. */
  const changing = new Map<string, Promise<void>>();
  const addReferrer = async (repository: string, manifest: ManifestBytes): Promise<void> => {
    const parsed = parseManifest(manifest.bytes, manifest.mediaType, `the manifest ${manifest.digest}`);
    if (parsed.subject === undefined) return;
    const { digest: subject } = parsed.subject;
    const artifactType = artifactTypeOf(parsed);
    const referrer = {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(Object.keys(parsed.annotations).length === 0 ? {} : { annotations: parsed.annotations }),
    };
    const key = `${repository} ${subject}`;
    const before = changing.get(key) ?? Promise.resolve();
    const change = before.catch(() => undefined).then(() => addToList(client.repository(repository), subject, referrer));
    changing.set(key, change);
    try {
      await change;
    } finally {
      if (changing.get(key) === change) changing.delete(key);
    }
  };
  return {
    name: client.host,
    mountsFromAnywhere: false,
    resolve: (repository, reference) => client.repository(repository).resolve(reference, 'push'),
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

/** As it is: what others wrote into the list, known here or not, stays in it. */
const listSchema = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })).nullish() });

async function addToList(repository: RegistryRepository, subject: string, referrer: { readonly digest: string }): Promise<void> {
  const tag = referrersTag(subject);
  const there = await repository.manifestAt(tag);
  if (there !== undefined && !isIndexType(there.mediaType))
    throw new MirrorError(
      'MANIFEST_INVALID',
      `the tag ${tag} should be the list of what refers to ${subject}, and is a ${there.mediaType}`,
    );
  const list = there === undefined ? {} : parseJsonBy(listSchema, there.bytes, `the list of what refers to ${subject}`);
  const manifests = list.manifests ?? [];
  if (manifests.some(({ digest }) => digest === referrer.digest)) return;
  const changed = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, ...list, manifests: [...manifests, referrer] };
  const bytes = Buffer.from(JSON.stringify(changed));
  await repository.putManifest(tag, { mediaType: there?.mediaType ?? MEDIA_TYPES.index, digest: digestOf(bytes), bytes });
}
