import { createRegistry, type Registry } from '../../../src/oci/registry/registry.ts';
import { type Pusher, pusherTo } from '../../oci/registry/registry-fixture.ts';
import { openWorkplace, type Workplace } from '../operation-context.ts';

/** A workplace with what pushes to its embedded registry. */
export interface EmbeddedWorkplace extends Workplace {
  readonly registry: Registry;
  readonly push: Pusher;
}

/** @param configuration YAML without `storage`. */
export async function openEmbedded(configuration = ''): Promise<EmbeddedWorkplace> {
  const workplace = await openWorkplace(configuration);
  const { catalogue, blobs, clock } = workplace.context;
  const registry = createRegistry({ catalogue, blobs, clock, openUploads: () => blobs.intake('uploads') });
  return {
    ...workplace,
    registry,
    push: pusherTo(registry),
    async close() {
      await registry.close();
      await workplace.close();
    },
  };
}

/** What operations on registries take besides. */
export function registrySettings(directory: string) {
  return { allowedRealms: [], environment: {}, platforms: [], referrers: true, directory };
}
