/** A blob that a repository of the registry has. */
export interface LinkedBlob {
  /** As its clients name it: `sha256:…` or `sha512:…`. */
  readonly digest: string;
  /** The file in the pool. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
  /** When it was last pushed, mounted, looked for by a client that may push, or named by a manifest that was pushed, in milliseconds since 1970. */
  readonly linkedAt: number;
}

/** What a manifest is kept with, so that it need not be read to be listed. */
export interface ManifestRecord {
  readonly digest: string;
  readonly mediaType: string;
  /** In bytes. */
  readonly size: number;
  /** Digest of the manifest that it refers to. */
  readonly subject?: string | undefined;
  /** What kind of artifact it is, as it is shown where referrers are listed. */
  readonly artifactType?: string | undefined;
  /** Kept of a manifest that refers to another only. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A manifest of a repository. */
export interface StoredManifest extends ManifestRecord {
  /** When it, or an index that lists it, was last pushed or looked for by a client that may push, in milliseconds since 1970. */
  readonly storedAt: number;
}

export interface StoredTag {
  readonly name: string;
  readonly digest: string;
  /** In milliseconds since 1970. */
  readonly taggedAt: number;
}

/** A blob that a repository is to have. */
export interface NewLink {
  readonly repository: string;
  readonly blob: LinkedBlob;
}

/** A manifest to be stored. */
export interface NewManifest {
  readonly repository: string;
  readonly record: StoredManifest;
  readonly bytes: Buffer;
  readonly tags: readonly string[];
  /** Digests of blobs that the repository must have for it. */
  readonly blobs: readonly string[];
  /** Digests of manifests that it lists, which need not be there. */
  readonly manifests: readonly string[];
}

/** Part of a list: at most `limit` entries, those that come after `last` in the order of their bytes. */
export interface Page {
  readonly last?: string | undefined;
  readonly limit: number;
}

/** What became of one of several writes that share a transaction. */
export type WriteOutcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * What the registry's repositories hold. Calls are synchronous, and durable when they return. Repositories are there from the first blob or manifest on.
 * Pages are in the order of bytes.
 */
export interface RegistryTables {
  /** Whether there is a repository, perhaps one from which all has been deleted. */
  hasRepository(name: string): boolean;
  /** Names of repositories that have a manifest. */
  repositories(page: Page): string[];
  /** Names of all repositories, those that have nothing but blobs included. */
  allRepositories(page: Page): string[];

  blob(repository: string, digest: string): LinkedBlob | undefined;
  /** Blobs of a repository, by digest. */
  blobs(repository: string, page: Page): LinkedBlob[];
  /** Repositories that have a blob, by name. */
  repositoriesWithBlob(digest: string): string[];
  /** One transaction, in which `inPool` must still be true of the file: a row names only files that are in the pool. False where it is not; nothing is changed then. */
  linkBlob(link: NewLink, inPool: (sha256: string) => boolean): boolean;
  /** Says that a blob is about to be used, for whoever looks for what is not. */
  touchBlob(repository: string, digest: string, now: number): void;
  unlinkBlob(repository: string, digest: string): boolean;
  /** As `unlinkBlob`, unless `linkedAt` is `since` or later. */
  unlinkUntouched(repository: string, digest: string, since: number): boolean;
  /** Whether any repository has a blob that is this file of the pool. */
  isLinked(sha256: string): boolean;
  /** Files of the pool that were a repository's, and are none's now. */
  unlinkedFiles(): { readonly sha256: string; readonly size: number }[];
  /**
   * Has a file of the pool removed, and forgotten as one that was a repository's, in a transaction in which none has it. A file that is another's is only forgotten.
   * @param remove gives whether the file is gone. It stays known where it is not.
   */
  removeUnlinked(sha256: string, remove: (() => boolean) | undefined): boolean;

  manifest(repository: string, digest: string): StoredManifest | undefined;
  /** The exact bytes. */
  manifestBytes(repository: string, digest: string): Buffer | undefined;
  /** Manifests of a repository, by digest. */
  manifests(repository: string, page: Page): StoredManifest[];
  /** Manifests of a repository that refer to one, by digest. */
  referrers(repository: string, subject: string, page: Page): StoredManifest[];
  /**
   * Stores a manifest with its tags in one transaction, and says of all that it names that it is in use. Gives the digests of blobs that the
   * repository lacks: where there are any, nothing is stored.
   */
  putManifest(manifest: NewManifest): string[];
  /** Says that a manifest is about to be used, for whoever looks for what is not. */
  touchManifest(repository: string, digest: string, now: number): void;
  /** Removes a manifest with the tags that stand for it. */
  deleteManifest(repository: string, digest: string): boolean;
  /**
   * As `deleteManifest`, unless `storedAt` is `since` or later, or a tag stands for it.
   * @param goesAlong tells of a tag that it does not keep the manifest, and goes with it.
   */
  deleteUntouched(repository: string, digest: string, since: number, goesAlong?: (tag: string) => boolean): boolean;

  tag(repository: string, name: string): StoredTag | undefined;
  tags(repository: string, page: Page): StoredTag[];
  deleteTag(repository: string, name: string): boolean;

  /** What was noted of an archive that images were seeded from, while it is the same file. */
  archiveOutline(path: string, identity: string): string | undefined;
  /** Replaces what was noted of the archive at the path. */
  noteArchive(path: string, identity: string, outline: string): void;

  /**
   * Removes the repository's row where it has neither blobs nor manifests. False where it has some.
   */
  dropRepository(name: string): boolean;
  /** Does several writes in one transaction, which waits for the disk once. One that throws changes nothing; the others hold. */
  together<T>(writes: readonly (() => T)[]): WriteOutcome<T>[];
}
