import { MirrorError } from '../../core/errors.ts';
import type { BlobSink } from '../content.ts';
import { isDigest } from '../format/digest.ts';
import { registryProblemOf } from '../registry/problem.ts';
import type { Registry } from '../registry/registry.ts';
import type { RegistryIntake, ResumedBlob } from '../registry/registry-intake.ts';
import type { SeedTarget } from './target.ts';

/** The embedded registry as a target, whose storage is written to without a server in between. */
export interface EmbeddedTarget extends SeedTarget {
  /** Takes blobs of an archive over while it is read. */
  readonly sink: BlobSink;
  /** Ends the work: what is left of blobs that nobody needed is removed. */
  finish(): Promise<void>;
}

/** @param intake of this target alone. */
export function embeddedTarget(registry: Registry, intake: RegistryIntake): EmbeddedTarget {
  const commit = shared(() => intake.commit());
  return {
    name: 'the embedded registry',
    mountsFromAnywhere: true,
    sink: { begin: (digest, size) => intake.take(digest, size) },
    resolve: async (repository, reference) =>
      isDigest(reference) ? await registry.claimManifest(repository, reference) : registry.manifest(repository, reference),
    hasBlob: async (repository, digest) => (await registry.claimBlob(repository, digest)) !== undefined,
    mount: async (repository, digest) => intake.link(repository, digest),
    async putBlob(repository, { digest, size }, content) {
      const part = await intake.resume(digest, size);
      if (part !== undefined) await receive(part, content);
      intake.link(repository, digest);
    },
    async putManifest(repository, reference, { digest, mediaType, bytes }) {
      await commit();
      try {
        await registry.putManifest(repository, { reference, mediaType, bytes });
      } catch (error) {
        // All its blobs were brought, or were there.
        if (COLLECTED.has(registryProblemOf(error))) throw collected(repository, digest, error);
        throw error;
      }
    },
    finish: () => intake.finish(),
    close: () => intake.abandon(),
  };
}

/** What came before it broke off is gone on from by a later run. */
async function receive(part: ResumedBlob, content: (start: number) => AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of content(part.held)) await part.write(chunk);
  } catch (error) {
    await part.keep();
    throw error;
  }
  await part.complete();
}

const COLLECTED: ReadonlySet<string | undefined> = new Set(['manifest-blob-unknown', 'collected']);

function collected(repository: string, digest: string, cause: unknown): MirrorError {
  return new MirrorError('BLOB_MISSING', `what belongs to ${digest} was removed from ${repository} while it was seeded`, {
    hint: 'Run it again. `mirror registry gc` leaves what is being seeded with a --grace that is longer than that takes.',
    cause,
  });
}

/** Runs a task for all who ask at the same time: who comes while it runs shares the run after it. */
function shared(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return task();
      });
    running = next;
    return next;
  };
}
