import type { Clock } from '../../core/clock.ts';
import type { Blob, BlobStore } from '../../store/blobs.ts';
import type { RegistryTables } from '../../store/registry-tables.ts';
import type { BlobReceiver } from '../content.ts';
import { checkDigest, checkRepository } from './names.ts';

/** Takes over a blob from where an interrupted run stopped. */
export interface ResumedBlob extends BlobReceiver {
  /** Bytes that are there already: what is written follows them. Where that is the whole blob, nothing is. */
  readonly held: number;
  /** Closes it, and leaves its bytes for a later run of the same scope. */
  keep(): Promise<void>;
}

/**
 * Brings many blobs straight into the storage of the registry, without HTTP and beside a running server. Nothing of them is visible before `commit`,
 * which waits for the disk once for all of them. All calls throw STORAGE and STORAGE_FULL.
 */
export interface RegistryIntake {
  /** Begins to take over a blob from its first byte on; it is of no repository before it is linked. Undefined where it was brought, or is in the registry. */
  take(digest: string, size: number): BlobReceiver | undefined;
  /** As `take`, but goes on with what an interrupted run of the same scope left. */
  resume(digest: string, size: number): Promise<ResumedBlob | undefined>;
  /** Gives a repository a blob that was brought (`sent`) or is in another repository (`mounted`): it has it after the next commit. Undefined where it is nowhere. */
  link(repository: string, digest: string): 'mounted' | 'sent' | undefined;
  /** Makes every complete blob durable, and repositories have what they are linked to, in one transaction; not what a collection has removed meanwhile. */
  commit(): Promise<void>;
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

/** A blob that a repository is to have. */
interface Link {
  readonly repository: string;
  readonly digest: string;
}

/** @param scope see `BlobStore.intake`: one process at a time uses it. */
export async function openRegistryIntake(scope: string, { tables, blobs, clock }: RegistryIntakeOptions): Promise<RegistryIntake> {
  const intake = await blobs.intake(scope);
  /** What was brought, by digest; in the pool after the next flush. */
  const brought = new Map<string, Blob>();
  let links: Link[] = [];

  const isKnown = (digest: string): boolean => {
    if (brought.has(digest)) return true;
    const blob = blobOf(tables(), digest);
    return blob !== undefined && blobs.has(blob.sha256);
  };

  const open = async (digest: string, size: number): Promise<ResumedBlob> => {
    const { algorithm, encoded } = checkDigest(digest);
    const part = await intake.open(encoded, { size, checksums: [{ algorithm, value: encoded }] });
    return {
      held: part.held,
      write: (chunk) => part.write(chunk),
      async complete() {
        await part.complete();
        brought.set(digest, part.blob);
      },
      async drop() {
        await part.restart();
        await part.keep();
      },
      keep: () => part.keep(),
    };
  };

  const commit = async (): Promise<void> => {
    const all = links;
    links = [];
    await intake.flush();
    if (all.length === 0) return;
    const write =
      ({ repository, digest }: Link) =>
      (): void => {
        const blob = brought.get(digest) ?? blobOf(tables(), digest);
        const linkedAt = clock.now().getTime();
        const linked =
          blob !== undefined && tables().linkBlob({ repository, blob: { digest, ...blob, linkedAt } }, (sha256) => blobs.has(sha256));
        // It was removed as unused: the next to need it brings it again.
        if (!linked) brought.delete(digest);
      };
    for (const outcome of tables().together(all.map(write))) if ('error' in outcome) throw outcome.error;
  };

  return {
    take: (digest, size) => (isKnown(digest) ? undefined : fromTheBeginning(open(digest, size))),
    resume: async (digest, size) => (isKnown(digest) ? undefined : await open(digest, size)),
    link(repository, digest) {
      checkRepository(repository);
      checkDigest(digest);
      if (!isKnown(digest)) return undefined;
      links.push({ repository, digest });
      return brought.has(digest) ? 'sent' : 'mounted';
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
