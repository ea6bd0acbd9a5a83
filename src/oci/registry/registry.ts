import type { Readable } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import type { Blob, BlobStore, Intake } from '../../store/blobs.ts';
import type { Catalogue } from '../../store/catalogue.ts';
import type { LinkedBlob, RegistryTables, StoredManifest } from '../../store/registry-tables.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { isDigest } from '../format/digest.ts';
import { acceptManifest, type PushedManifest } from './accept-manifest.ts';
import { CLAIM_EVERY } from './claims.ts';
import { checkDigest, checkRepository } from './names.ts';
import { registryProblem } from './problem.ts';
import { createRecentManifests } from './recent-manifests.ts';
import { listReferrers, type ReferrersPage, type ReferrersQuery } from './referrers.ts';
import { openRegistryIntake, type RegistryIntake } from './registry-intake.ts';
import { createUploads, type Uploads } from './uploads.ts';
import { createWriteQueue } from './writes.ts';

/** Which part of a list is asked for. */
export interface ListQuery {
  /** Entries that come after this one, in the order of bytes. */
  readonly last?: string | undefined;
  /** At most so many; there is a ceiling on it. */
  readonly n?: number | undefined;
}

export interface ListPage {
  readonly entries: readonly string[];
  /** Whether there are more, where some were asked for. */
  readonly more: boolean;
}

/** A manifest that was stored. */
export interface PutManifest {
  readonly digest: string;
  /** What it refers to, where it does. */
  readonly subject: string | undefined;
  /** Tags that stand for it now. */
  readonly tags: readonly string[];
}

/** Uploads that end as a blob of their repository. */
export type RegistryUploads = Pick<Uploads, 'begin' | 'status' | 'append' | 'cancel'> & {
  /** See `Uploads.finish`; the repository has the blob then. */
  finish: (...values: Parameters<Uploads['finish']>) => Promise<LinkedBlob>;
};

/**
 * The embedded registry, by the rules of the OCI Distribution Specification 1.1 but without HTTP. What it refuses is thrown as a `registryProblem`;
 * names that nothing can have are refused as `name-invalid`, `tag-invalid` and `digest-invalid`. All calls throw STORAGE and STORAGE_FULL.
 */
export interface Registry {
  /** Names of repositories that have a manifest. */
  repositories(query?: ListQuery): ListPage;
  /** Undefined where there is no such repository. */
  tags(repository: string, query?: ListQuery): ListPage | undefined;
  /** What a tag or digest stands for; undefined where the repository does not have it. */
  manifest(repository: string, reference: string): StoredManifest | undefined;
  /** As `manifest` of a digest, for a client that is about to push what needs it: it is not removed as unused in the next time. */
  claimManifest(repository: string, digest: string): Promise<StoredManifest | undefined>;
  /** The exact bytes of a manifest. */
  manifestBytes(repository: string, digest: string): Buffer | undefined;
  /**
   * Stores a manifest with its tags, byte for byte. A subject and what an index lists need not be there; the blobs of an image must, but for those
   * that are not to be passed on. Throws `collected` where a member of an index was removed since it was pushed here or found here. Throws also `manifest-blob-unknown`, `manifest-invalid` and `manifest-too-large`.
   */
  putManifest(repository: string, manifest: PushedManifest): Promise<PutManifest>;
  /** Removes a manifest, and the tags that stand for it. False where there is none. */
  deleteManifest(repository: string, digest: string): Promise<boolean>;
  deleteTag(repository: string, tag: string): Promise<boolean>;
  /** What refers to a manifest, which need not be there. */
  referrers(repository: string, digest: string, query?: ReferrersQuery): ReferrersPage;

  /** A blob of the repository; undefined where it has none, though other repositories may. */
  blob(repository: string, digest: string): LinkedBlob | undefined;
  /** As `blob`, for a client that is about to push what needs it: it is not removed as unused in the next time. */
  claimBlob(repository: string, digest: string): Promise<LinkedBlob | undefined>;
  /** Its bytes from an offset on. */
  readBlob(blob: Blob, start?: number): Readable;
  /** A whole blob at once. Throws `digest-invalid`. */
  putBlob(repository: string, digest: string, body: AsyncIterable<Buffer>): Promise<LinkedBlob>;
  /**
   * Gives the repository a blob that another one has; undefined where it finds none.
   * @param from the other one; undefined for any.
   * @param mayRead whether a repository's blobs may be passed on to whoever asks.
   */
  mountBlob(
    repository: string,
    digest: string,
    from: string | undefined,
    mayRead: (repository: string) => boolean | Promise<boolean>,
  ): Promise<LinkedBlob | undefined>;
  deleteBlob(repository: string, digest: string): Promise<boolean>;
  readonly uploads: RegistryUploads;
  /** Begins to bring many blobs straight into the storage. One process at a time uses a scope, which the caller's lock ensures. */
  openIntake(scope: string): Promise<RegistryIntake>;
  /** Leaves uploads for the next process. The catalogue stays open. */
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly catalogue: Pick<Catalogue, 'registry'>;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Where uploads are kept; opened when the first one begins. Without it they are refused as `read-only`. */
  readonly openUploads?: (() => Promise<Intake>) | undefined;
}

/** Most tags of one answer. Clients that do not follow links get all of any usual repository. */
const MAX_TAGS = 10_000;
/** Most repositories of one answer. */
const MAX_REPOSITORIES = 1000;

export function createRegistry({ catalogue, blobs, clock, openUploads }: RegistryOptions): Registry {
  const tables = (): RegistryTables => catalogue.registry;
  const write = createWriteQueue(tables);
  const uploads = createUploads(
    openUploads ?? (() => Promise.reject(registryProblem('read-only', 'nothing can be uploaded to this registry'))),
    clock,
  );

  const link = async (repository: string, digest: string, { sha256, size }: Blob): Promise<LinkedBlob> => {
    const linked = await write(() => {
      // The time at which nobody else writes: a collection sees what was written before it began, and keeps what came later.
      const blob = { digest, sha256, size, linkedAt: clock.now().getTime() };
      return tables().linkBlob({ repository, blob }, (name) => blobs.has(name)) ? blob : undefined;
    });
    if (linked !== undefined) return linked;
    throw registryProblem('collected', `the blob ${digest} was removed as unused while ${repository} was given it: send it again`);
  };

  const recent = createRecentManifests(clock);
  const isOld = (time: number): boolean => time < clock.now().getTime() - CLAIM_EVERY;
  const lacking = (digests: readonly string[]): never => {
    throw registryProblem('manifest-blob-unknown', `the repository lacks blobs of the manifest: ${digests.slice(0, 5).join(', ')}`);
  };
  /** Refuses a manifest whose blobs are of another size than it says, or are not in the pool as they should be. */
  const checkBlobs = (repository: string, wanted: readonly Descriptor[]): void => {
    for (const { digest, size } of wanted) {
      const blob = tables().blob(repository, digest);
      if (blob === undefined || !blobs.has(blob.sha256)) lacking([digest]);
      else if (blob.size !== size)
        throw registryProblem('manifest-invalid', `the blob ${digest} has ${blob.size} bytes, the manifest says ${size}`);
    }
  };

  /** Within the transaction that stores an index: its members are kept from then on. */
  const lostMembers = (repository: string, digests: readonly string[]): string[] =>
    recent.among(repository, digests).filter((digest) => tables().manifest(repository, digest) === undefined);
  const refuseLost = (repository: string, digests: readonly string[]): void => {
    if (digests.length === 0) return;
    throw registryProblem('collected', `${digests.slice(0, 5).join(', ')} was removed from ${repository} as unused: push it again`);
  };

  return {
    repositories: (query) => page(query, MAX_REPOSITORIES, (wanted) => tables().repositories(wanted)),
    tags(repository, query) {
      if (!tables().hasRepository(repository)) return undefined;
      return page(query, MAX_TAGS, (wanted) =>
        tables()
          .tags(repository, wanted)
          .map(({ name }) => name),
      );
    },
    manifest(repository, reference) {
      const digest = isDigest(reference) ? reference : tables().tag(repository, reference)?.digest;
      return digest === undefined ? undefined : tables().manifest(repository, digest);
    },
    manifestBytes: (repository, digest) => tables().manifestBytes(repository, digest),
    async claimManifest(repository, digest) {
      const manifest = tables().manifest(repository, digest);
      if (manifest !== undefined) recent.note(repository, digest);
      if (manifest === undefined || !isOld(manifest.storedAt)) return manifest;
      return await write(() => {
        tables().touchManifest(repository, digest, clock.now().getTime());
        return tables().manifest(repository, digest);
      });
    },
    async putManifest(repository, manifest) {
      checkRepository(repository);
      const { record, tags, blobs: wanted, manifests } = acceptManifest(manifest);
      checkBlobs(repository, wanted);
      const digests = wanted.map(({ digest }) => digest);
      const { bytes } = manifest;
      const missing = await write(() => {
        refuseLost(repository, lostMembers(repository, manifests));
        const stored = { ...record, storedAt: clock.now().getTime() };
        return tables().putManifest({ repository, record: stored, bytes, tags, blobs: digests, manifests });
      });
      // They were there a moment ago.
      if (missing.length > 0) lacking(missing);
      recent.note(repository, record.digest);
      return { digest: record.digest, subject: record.subject, tags };
    },
    deleteManifest(repository, digest) {
      recent.forget(repository, digest);
      return write(() => tables().deleteManifest(repository, digest));
    },
    deleteTag: (repository, tag) => write(() => tables().deleteTag(repository, tag)),
    referrers: (repository, digest, query = {}) => listReferrers(tables(), repository, digest, query),

    blob: (repository, digest) => tables().blob(repository, digest),
    async claimBlob(repository, digest) {
      const blob = tables().blob(repository, digest);
      if (blob === undefined || !isOld(blob.linkedAt)) return blob;
      return await write(() => {
        tables().touchBlob(repository, digest, clock.now().getTime());
        return tables().blob(repository, digest);
      });
    },
    readBlob: ({ sha256, size }, start = 0) => blobs.read(sha256, start === 0 ? undefined : { start, end: size - 1 }),
    async putBlob(repository, digest, body) {
      checkRepository(repository);
      return await link(repository, digest, await uploads.receive(digest, body));
    },
    async mountBlob(repository, digest, from, mayRead) {
      checkRepository(repository);
      checkDigest(digest);
      const candidates = from === undefined ? tables().repositoriesWithBlob(digest) : [from];
      for (const source of candidates) {
        const blob = tables().blob(source, digest);
        if (blob !== undefined && blobs.has(blob.sha256) && (source === repository || (await mayRead(source))))
          return await link(repository, digest, blob);
      }
      return undefined;
    },
    deleteBlob: (repository, digest) => write(() => tables().unlinkBlob(repository, digest)),
    uploads: {
      async begin(repository, algorithm) {
        checkRepository(repository);
        return await uploads.begin(repository, algorithm);
      },
      status: uploads.status,
      append: uploads.append,
      cancel: uploads.cancel,
      finish: async (repository, id, digest, chunk) => await link(repository, digest, await uploads.finish(repository, id, digest, chunk)),
    },
    openIntake: (scope) => openRegistryIntake(scope, { tables, blobs, clock }),
    close: () => uploads.close(),
  };
}

/** One more than is wanted is read, to know whether there are more. */
function page(
  { last, n }: ListQuery = {},
  ceiling: number,
  read: (page: { readonly last: string | undefined; readonly limit: number }) => string[],
): ListPage {
  const limit = Math.min(n ?? ceiling, ceiling);
  if (limit === 0) return { entries: [], more: false };
  const found = read({ last, limit: limit + 1 });
  return { entries: found.slice(0, limit), more: found.length > limit };
}
