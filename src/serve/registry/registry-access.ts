import type { Clock } from '../../core/clock.ts';
import { isMirrorError, reasonOf } from '../../core/errors.ts';
import { registryProblem } from '../../oci/registry/problem.ts';
import { createRegistry, type Registry } from '../../oci/registry/registry.ts';
import type { BlobStore, Intake } from '../../store/blobs.ts';
import type { Catalogue } from '../../store/catalogue.ts';
import { acquireLock, type Lock } from '../../store/locks.ts';
import { hasState, openCatalogue } from '../../store/state.ts';
import type { Log } from '../log.ts';

export interface RegistryAccessOptions {
  /** The storage directory. */
  readonly storage: string;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Identifies the file that the state database is in, so that one put in its place is noticed; undefined while there is none. */
  readonly catalogueIdentity: () => string | undefined;
}

/** The embedded registry of a server. The state database is opened when it is first needed, for writing where the storage can be written to. */
export interface RegistryAccess {
  /** Throws STORAGE where there is no state that could be read. */
  reading(): Registry;
  /** Throws the problem `read-only` where the storage cannot be written to. */
  writing(): Registry;
  /** Leaves uploads to the next process. */
  close(): Promise<void>;
}

interface OpenState {
  readonly catalogue: Catalogue;
  readonly identity: string | undefined;
  /** Why nothing can be written; undefined where it can. */
  readonly readOnly: string | undefined;
}

/** How long a write may keep the whole server waiting for another process, in milliseconds; the registry tries again by itself. */
const PATIENCE = 50;
/** How often a storage that could not be written to is tried again, in milliseconds. */
const RETRY_EVERY = 5000;
/** Servers on one storage at once that take uploads. */
const MAX_SCOPES = 16;

export function createRegistryAccess(options: RegistryAccessOptions): RegistryAccess {
  const { storage, blobs, clock, log, catalogueIdentity } = options;
  let state: OpenState | undefined;
  let triedAt = 0;
  let lock: Lock | undefined;

  const reopen = (): OpenState => {
    state?.catalogue.close();
    state = undefined;
    triedAt = performance.now();
    state = openState(storage, catalogueIdentity);
    if (state.readOnly !== undefined) log.warn('nothing can be pushed to the registry', { reason: state.readOnly });
    return state;
  };
  const current = (): OpenState => (state === undefined || catalogueIdentity() !== state.identity ? reopen() : state);
  const writable = (): OpenState => {
    const found = current();
    return found.readOnly !== undefined && performance.now() - triedAt > RETRY_EVERY ? reopen() : found;
  };

  const registry = createRegistry({
    catalogue: {
      get registry() {
        return current().catalogue.registry;
      },
    },
    blobs,
    clock,
    async openUploads() {
      const opened = await openScope(storage, blobs);
      lock = opened.lock;
      return opened.intake;
    },
  });
  return {
    reading() {
      current();
      return registry;
    },
    writing() {
      if (writable().readOnly !== undefined) throw registryProblem('read-only', 'The storage of this server cannot be written to.');
      return registry;
    },
    async close() {
      await registry.close();
      lock?.release();
      state?.catalogue.close();
      state = undefined;
    },
  };
}

function openState(storage: string, identity: () => string | undefined): OpenState {
  try {
    const catalogue = openCatalogue(storage, { patience: PATIENCE });
    return { catalogue, identity: identity(), readOnly: undefined };
  } catch (error) {
    if (!isMirrorError(error, 'STORAGE') || !hasState(storage)) throw error;
    const catalogue = openCatalogue(storage, { readOnly: true });
    return { catalogue, identity: identity(), readOnly: reasonOf(error) };
  }
}

/** Each server on the storage has a folder of its own for uploads: the one that its predecessor left, where that is free. */
async function openScope(storage: string, blobs: BlobStore): Promise<{ readonly intake: Intake; readonly lock: Lock }> {
  for (let number = 1; ; number++) {
    const scope = `registry-uploads-${number}`;
    try {
      const lock = await acquireLock(storage, scope, 'uploads to the registry');
      try {
        return { intake: await blobs.intake(scope), lock };
      } catch (error) {
        lock.release();
        throw error;
      }
    } catch (error) {
      if (!isMirrorError(error, 'LOCKED') || number >= MAX_SCOPES) throw error;
    }
  }
}
