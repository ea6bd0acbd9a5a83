import { MirrorError } from '../../core/errors.ts';
import { completeReference, formatReference } from '../../oci/format/reference.ts';
import { createRegistry } from '../../oci/registry/registry.ts';
import type { OperationContext } from '../context.ts';
import { type ImagePlace, lookedUpBy, parseImagePlace } from './image-place.ts';
import { createRegistries, type Registries, type RegistryAccess } from './registries.ts';

export interface DeletedImage {
  readonly image: string;
  /** Whether a tag was removed, which leaves the manifest to be used by its digest, or the manifest with all its tags. */
  readonly removed: 'tag' | 'manifest';
}

/**
 * Deletes tags, and manifests that are named by their digests, from the embedded registry or any other. Blobs stay until they are collected. Names are all read before
 * anything is deleted. Throws USAGE for a name without tag and digest, IMAGE_UNKNOWN for what is not there.
 */
export async function deleteImages(texts: readonly string[], context: OperationContext, access: RegistryAccess): Promise<DeletedImage[]> {
  const places = texts.map((text) => ({ text, ...parseImagePlace(text, true) }));
  const registries = createRegistries(context, access);
  const deleted: DeletedImage[] = [];
  try {
    for (const { text, registry, reference } of places) {
      if (!(await remove({ registry, reference }, context, registries)))
        throw new MirrorError('IMAGE_UNKNOWN', `there is no ${text}`, { hint: notAll(deleted) });
      deleted.push({ image: formatReference(reference), removed: reference.digest === undefined ? 'tag' : 'manifest' });
    }
    return deleted;
  } finally {
    await registries.close();
  }
}

/** False where it is not there. */
async function remove({ registry, reference }: ImagePlace, context: OperationContext, registries: Registries): Promise<boolean> {
  if (registry === undefined) {
    const own = createRegistry(context);
    const { repository, digest, tag = '' } = reference;
    return digest === undefined ? await own.deleteTag(repository, tag) : await own.deleteManifest(repository, digest);
  }
  const complete = completeReference(reference);
  return await (await registries.at(registry)).repository(complete.repository).delete(lookedUpBy(complete));
}

function notAll(deleted: readonly DeletedImage[]): string | undefined {
  return deleted.length === 0 ? undefined : `Deleted before it: ${deleted.map(({ image }) => image).join(', ')}.`;
}
