import { registryTarget } from '../../oci/client/registry-target.ts';
import type { EmbeddedTarget } from '../../oci/seed/embedded-target.ts';
import type { SeedTarget } from '../../oci/seed/target.ts';
import type { OperationContext } from '../context.ts';
import { withEmbeddedTarget } from './embedded.ts';
import type { Registries, RegistryPlace } from './registries.ts';

export interface TargetTools {
  readonly context: OperationContext;
  readonly registries: Registries;
}

/**
 * Brings something to the registry at a place: the embedded one where none is named, to which `embedded` is more than a target. Throws what `use` throws, and LOCKED where
 * another seeding into the embedded registry is under way.
 */
export async function withTarget<T>(
  { registry }: { readonly registry: RegistryPlace | undefined },
  { context, registries }: TargetTools,
  use: (target: SeedTarget, embedded: EmbeddedTarget | undefined) => Promise<T>,
): Promise<T> {
  if (registry !== undefined) return await use(registryTarget(await registries.at(registry)), undefined);
  return await withEmbeddedTarget(context, (target) => use(target, target));
}
