import type { Descriptor } from '../format/descriptor.ts';

/** What a tag or digest stands for in a repository. */
export interface ResolvedManifest {
  readonly digest: string;
  readonly mediaType: string;
  /** In bytes. */
  readonly size: number;
}

/** Where a blob was that was not sent: in another repository, or on its way since the archive was read. */
export type MountOutcome = 'mounted' | 'sent';

/** A manifest to be stored, byte for byte. */
export interface ManifestBytes {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** A registry that images are brought to: the embedded one or any other. All calls throw what fails as a MirrorError. */
export interface SeedTarget {
  /** For messages: its host, or that it is the embedded one. */
  readonly name: string;
  /** Whether `mount` finds a blob wherever in the registry it is, without being told a repository that has it. */
  readonly mountsFromAnywhere: boolean;
  /** What a tag or digest stands for; undefined where the repository does not have it. */
  resolve(repository: string, reference: string): Promise<ResolvedManifest | undefined>;
  /** Whether the repository has a blob. A blob of another repository of the registry does not count. */
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /**
   * Gives the repository a blob without its bytes being sent now. Undefined where the registry does not do that, or does not have it there.
   * @param from a repository that has it; undefined where `mountsFromAnywhere`.
   */
  mount(repository: string, digest: string, from: string | undefined): Promise<MountOutcome | undefined>;
  /** Brings a blob. `content` gives its bytes from an offset on and may be called again, to go on or to begin anew. Nothing of it is visible before it is whole and right. */
  putBlob(repository: string, descriptor: Descriptor, content: (start: number) => AsyncIterable<Buffer>): Promise<void>;
  /** Stores a manifest by a tag or by its digest; what it refers to must be there. Keeps the list of referrers where the registry does not do that itself. */
  putManifest(repository: string, reference: string, manifest: ManifestBytes): Promise<void>;
  close(): Promise<void>;
}
