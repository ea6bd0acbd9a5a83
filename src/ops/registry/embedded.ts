import { createRegistry } from '../../oci/registry/registry.ts';
import { type EmbeddedTarget, embeddedTarget } from '../../oci/seed/embedded-target.ts';
import { acquireLock } from '../../store/locks.ts';
import type { OperationContext } from '../context.ts';

/** The lock, and the place in `tmp`, of what is brought into the embedded registry from the command line. */
const SCOPE = 'registry-seed';

/**
 * Brings something into the embedded registry by writing its storage, beside a server that may be running. What an interrupted run received is gone on from.
 * Throws LOCKED where another one is doing that.
 */
export async function withEmbeddedTarget<T>(
  { catalogue, blobs, clock, storage, signal }: OperationContext,
  use: (target: EmbeddedTarget) => Promise<T>,
): Promise<T> {
  using _lock = await acquireLock(storage, SCOPE, 'seeding the registry', { signal });
  const registry = createRegistry({ catalogue, blobs, clock });
  const target = embeddedTarget(registry, await registry.openIntake(SCOPE));
  let finished = false;
  try {
    const result = await use(target);
    await target.finish();
    finished = true;
    return result;
  } finally {
    if (!finished) await target.close();
    await registry.close();
  }
}
