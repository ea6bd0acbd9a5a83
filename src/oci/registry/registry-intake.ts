import type { Clock } from '../../core/clock.ts';
import { MirrorError } from '../../core/errors.ts';
import type { Blob, BlobStore, Part } from '../../store/blobs.ts';
import type { RegistryTables } from '../../store/registry-tables.ts';
import type { BlobReceiver } from '../content.ts';
import { CLAIM_EVERY } from './claims.ts';
import { checkDigest, checkRepository } from './names.ts';

/** A blob that a repository is to have. */
export interface BlobLink {
  readonly repository: string;
  readonly digest: string;
}

/** Takes over a blob from where an interrupted run stopped. */
export interface ResumedBlob extends BlobReceiver {
  /** Bytes that are there already: what is written follows them. Where that is the whole blob, nothing is. */
  readonly held: number;
}

/**
 * Brings many blobs straight into the storage of the registry, without HTTP and beside a running server. Nothing of them is visible before `commit`,
 * which waits for the disk once for all of them. All calls throw STORAGE and STORAGE_FULL.
 */
export interface RegistryIntake {
  /**
   * Begins to take over a blob for a repository, from its first byte on. Undefined where there is nothing to bring: the repository has it, or it was brought by
   * this intake, or is in another repository; the repository has it then after the next commit.
   */
  receive(repository: string, digest: string, size: number): BlobReceiver | undefined;
  /** As `receive`, but goes on with what an interrupted run of the same scope left. */
  resume(repository: string, digest: string, size: number): Promise<ResumedBlob | undefined>;
  /** Makes every complete blob durable and gives it to its repositories, and these to whichever they name besides, in one transaction. Throws BLOB_MISSING where one is in no repository. */
  commit(further?: readonly BlobLink[]): Promise<void>;
  /** Commits, and removes what is left of blobs that were not completed. */
  finish(): Promise<void>;
  /** Gives up; what was received so far is gone on from by the next run of the scope. */
  abandon(): Promise<void>;
}

export interface RegistryIntakeOptions {
  readonly tables: () => RegistryTables;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

/** @param scope see `BlobStore.intake`: one process at a time uses it. */
export async function openRegistryIntake(scope: string, { tables, blobs, clock }: RegistryIntakeOptions): Promise<RegistryIntake> {
  const intake = await blobs.intake(scope);
  /** What was brought, by digest; in the pool after the next flush. */
  const brought = new Map<string, Blob>();
  let links: BlobLink[] = [];

  /** Whether there is nothing to bring but the link. */
  const isKnown = (repository: string, digest: string): boolean => {
    const there = tables().blob(repository, digest);
    if (there !== undefined && blobs.has(there.sha256)) {
      // A link that is about to be used is made anew, so that it is not removed as unused.
      if (there.linkedAt < clock.now().getTime() - CLAIM_EVERY) links.push({ repository, digest });
      return true;
    }
    const elsewhere = brought.has(digest) ? undefined : blobOf(tables(), digest);
    if (!brought.has(digest) && (elsewhere === undefined || !blobs.has(elsewhere.sha256))) return false;
    links.push({ repository, digest });
    return true;
  };

  const receiver = (link: BlobLink, part: Part): ResumedBlob => ({
    held: part.held,
    write: (chunk) => part.write(chunk),
    async complete() {
      await part.complete();
      brought.set(link.digest, part.blob);
      links.push(link);
    },
    async drop() {
      await part.restart();
      await part.keep();
    },
  });

  const open = async (repository: string, digest: string, size: number): Promise<ResumedBlob> => {
    const { algorithm, encoded } = checkDigest(digest);
    const part = await intake.open(encoded, { size, checksums: [{ algorithm, value: encoded }] });
    return receiver({ repository, digest }, part);
  };

  const commit = async (further: readonly BlobLink[] = []): Promise<void> => {
    for (const { repository, digest } of further) {
      checkRepository(repository);
      checkDigest(digest);
    }
    const all = [...links, ...further];
    links = [];
    await intake.flush();
    if (all.length === 0) return;
    const linkedAt = clock.now().getTime();
    const write = (): void => {
      for (const { repository, digest } of all) {
        const blob = brought.get(digest) ?? blobOf(tables(), digest);
        const linked =
          blob !== undefined && tables().linkBlob({ repository, blob: { digest, ...blob, linkedAt } }, (sha256) => blobs.has(sha256));
        if (!linked) throw new MirrorError('BLOB_MISSING', `the blob ${digest} for ${repository} is not in the registry`);
      }
    };
    const [outcome] = tables().together([write]);
    if (outcome !== undefined && 'error' in outcome) throw outcome.error;
  };

  return {
    receive(repository, digest, size) {
      checkRepository(repository);
      checkDigest(digest);
      return isKnown(repository, digest) ? undefined : fromTheBeginning(open(repository, digest, size));
    },
    async resume(repository, digest, size) {
      checkRepository(repository);
      checkDigest(digest);
      return isKnown(repository, digest) ? undefined : await open(repository, digest, size);
    },
    commit,
    async finish() {
      await commit();
      await intake.finish();
    },
    abandon: () => intake.abandon(),
  };
}

/** The file of a blob that some repository has. */
function blobOf(tables: RegistryTables, digest: string): Blob | undefined {
  const [repository] = tables.repositoriesWithBlob(digest);
  const blob = repository === undefined ? undefined : tables.blob(repository, digest);
  return blob === undefined ? undefined : { sha256: blob.sha256, size: blob.size };
}

/** Takes all bytes, of which those that are held already are passed over. */
function fromTheBeginning(opening: Promise<ResumedBlob>): BlobReceiver {
  let opened: ResumedBlob | undefined;
  let skip = 0;
  const ready = opening.then((resumed) => {
    opened = resumed;
    skip = resumed.held;
    return resumed;
  });
  // Whoever writes next hears of it.
  ready.catch(() => undefined);
  const add = (resumed: ResumedBlob, chunk: Buffer): Promise<void> | undefined => {
    const passed = Math.min(skip, chunk.length);
    skip -= passed;
    return passed === chunk.length ? undefined : resumed.write(chunk.subarray(passed));
  };
  return {
    write: (chunk) => (opened === undefined ? ready.then((resumed) => add(resumed, chunk)) : add(opened, chunk)),
    complete: async () => await (await ready).complete(),
    drop: async () => await (await ready).drop(),
  };
}
