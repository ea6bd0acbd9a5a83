import type { FamilyName } from '../config/schema.ts';
import type { RegistryTables } from './registry-tables.ts';

/** A further file of a package, a blob of the pool. */
export interface PackageFile {
  /** Its bare name. */
  readonly name: string;
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/** What the state database stores of one package: what every family has, and the family's own text of it. */
export interface PackageRecord {
  readonly name: string;
  /** apt: the whole version; yum: [epoch:]version-release, epoch 0 left out. */
  readonly version: string;
  readonly architecture: string;
  /** The package file, a blob of the pool. */
  readonly sha256: string;
  /** Of the package file, in bytes. */
  readonly size: number;
  /** Where the upstream keeps the file, relative and safe, or its bare name. A layout may use it or not. */
  readonly location: string;
  /** The family's text of the package, as the upstream has it: an apt stanza, a yum `<package>` element of primary. */
  readonly record: Buffer;
  /** What belongs to the package besides its own file: the archives of an apt source package. */
  readonly files?: readonly PackageFile[] | undefined;
}

export interface StoredPackage extends PackageRecord {
  readonly id: number;
}

/** Further texts of a package that are large and seldom needed, by kind (yum: `filelists`, `other`). */
export interface PackageExtra {
  readonly id: number;
  readonly kind: string;
  readonly data: Buffer;
}

/** An immutable set of packages: what a mirror has, what a snapshot is. */
export interface PackageList {
  readonly id: number;
  readonly family: FamilyName;
  /** SHA-256 over the members' identities in sorted order: equal on two sites exactly when the lists are. */
  readonly digest: string;
  readonly count: number;
  /** Sum of the sizes of the packages' files, further ones included, in bytes. */
  readonly bytes: number;
}

/** An index file of an upstream that is kept in the pool. */
export interface StoredIndex {
  /** Its path as the signed metadata names it. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** Metadata of an upstream besides its packages, kept in the pool as it is. What is published is cut to the packages that are. */
export interface Supplement extends StoredIndex {
  /** The family's own word for what it is (apt: `translation`, `contents`, `dep11`, ...). */
  readonly kind: string;
  /** The mirror that it is of. */
  readonly mirror: string;
  /** apt: the upstream's component. */
  readonly component?: string | undefined;
}

/** What was checked against keys. */
export interface Checked {
  readonly metadata: boolean;
  readonly packages: boolean;
  /** What was accepted although it is broken or nearly so, in the words of the configuration. Nothing when left out. */
  readonly weak?: readonly string[] | undefined;
}

/** How the upstream's signature was checked. */
export interface Verification extends Checked {
  /** Fingerprint of the key that signed the metadata, upper-case hex. */
  readonly signedBy?: string | undefined;
}

/** What is known of an upstream as of its last accepted metadata. */
export interface UpstreamState {
  /** Equal exactly when the upstream has not changed: the SHA-256 of InRelease, Release or repomd.xml. */
  readonly revision: string;
  /** The date that the signed metadata states, in milliseconds since 1970; what is older than it is a rollback. */
  readonly date: number;
  /** From when the metadata must not be used any more, in milliseconds since 1970. */
  readonly validUntil?: number | undefined;
  /** Of the packages. */
  readonly indexes: readonly StoredIndex[];
  readonly supplements: readonly Supplement[];
  readonly verification: Verification;
  /** The family's own particulars, JSON. */
  readonly particulars: Readonly<Record<string, unknown>>;
}

/** A public key that clients or later checks need. */
export interface PublicKey {
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  readonly armored: string;
}

/** One thing that was asked for and could not be had, with the chain of packages that asked for it. */
export interface Unsatisfied {
  readonly requirement: string;
  /** Outermost first: the package that was asked for by name, ..., the one that has the requirement. */
  readonly chain: readonly string[];
}

/** Packages with what they were checked by: what a mirror has, what a snapshot and a repo are. */
export interface Contents {
  readonly list: PackageList;
  readonly supplements: readonly Supplement[];
  /**
   * How these packages were checked, which may be otherwise than the metadata that was accepted since. Where they come from several places,
   * what holds for all of them.
   */
  readonly checked: Checked;
  /** The keys that they were checked against. */
  readonly keys: readonly PublicKey[];
}

/** What a mirror has, as of its last complete sync. */
export interface MirrorContents extends Contents {
  /** Equal exactly when the same selection was made: over the configuration that bears on it and the upstreams it was made from. */
  readonly selection: string;
  readonly unsatisfied: readonly Unsatisfied[];
  /** When the sync ended, or last found them to be up to date, in milliseconds since 1970. */
  readonly syncedAt: number;
}

/** What is known of a mirror: the metadata that was accepted last, and the packages. */
export interface MirrorState {
  readonly name: string;
  readonly family: FamilyName;
  readonly upstream: UpstreamState;
  /** The keys that the upstream's metadata was checked against; empty when nothing was verified. */
  readonly keys: readonly PublicKey[];
  /** Undefined before the first complete sync. */
  readonly contents?: MirrorContents | undefined;
}

/** What a snapshot was made from. */
export interface SourceReference {
  readonly kind: 'mirror' | 'repo' | 'snapshot' | 'publication';
  readonly name: string;
}

/** An immutable, named list of packages. */
export interface SnapshotState {
  readonly name: string;
  readonly family: FamilyName;
  readonly contents: Contents;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  /** How it was made, for people: "filter: nginx". */
  readonly description: string;
  readonly from: readonly SourceReference[];
}

/** A local repository: packages added by hand. */
export interface RepoState {
  readonly name: string;
  readonly family: FamilyName;
  readonly contents: Contents;
  /** In milliseconds since 1970. */
  readonly changedAt: number;
}

/** What one component of a generation was made from, and from which it can be published again. */
export interface GenerationPart {
  readonly component: string;
  /** Id of the package list. */
  readonly list: number;
  readonly supplements: readonly Supplement[];
}

/** One immutable state of a publication. */
export interface Generation {
  readonly publication: string;
  /** Counts from 1. */
  readonly number: number;
  /** SHA-256 of the map, which is a blob: two sites with this digest in common publish the same bytes. */
  readonly digest: string;
  /** The Date (apt) or revision (yum) that clients see, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** Equal exactly when publishing again would make the same content. */
  readonly inputs: string;
  /** What it was made from, after merging. */
  readonly parts: readonly GenerationPart[];
}

/** How an apt Release calls itself: what clients can pin by. */
export interface ReleaseNames {
  readonly origin?: string | undefined;
  readonly label?: string | undefined;
  readonly suite?: string | undefined;
  readonly codename?: string | undefined;
}

/** A published repository: what the server needs to know of it, without the configuration. */
export interface PublicationState {
  readonly name: string;
  readonly family: FamilyName;
  /** On the server, from the first `/`, without a last one except for the root. */
  readonly path: string;
  /** apt only. */
  readonly distribution?: string | undefined;
  /** apt only. */
  readonly release?: ReleaseNames | undefined;
  readonly components: readonly string[];
  /** Of the packages; apt: with `source` where there are source packages. */
  readonly architectures: readonly string[];
  readonly from: readonly string[];
  /** Whether every package in it was verified, by metadata or package signature. */
  readonly verified: boolean;
  /** yum: whether every package carries a signature that was verified (clients can have gpgcheck=1). */
  readonly packagesSigned: boolean;
  /** Fingerprint of the signing key; undefined when it is not signed. */
  readonly signedBy?: string | undefined;
  /** The armored public key that clients need. */
  readonly publicKey?: string | undefined;
  /** The upstreams' keys that clients need: those that signed the packages (yum), or the metadata where it is published as it is. */
  readonly packageKeys: readonly PublicKey[];
  readonly packages: number;
  readonly bytes: number;
  readonly generation: Generation;
}

/** A key that was fetched from a URL and is trusted since. */
export interface PinnedKey {
  readonly source: string;
  /** Fingerprints of the primary keys, upper-case hex, sorted. */
  readonly fingerprints: readonly string[];
  readonly armored: string;
  readonly pinnedAt: number;
}

/** That the file with a checksum is the blob with a SHA-256. */
export interface DigestAlias {
  readonly algorithm: string;
  /** Lower-case hex. */
  readonly value: string;
  readonly sha256: string;
}

/** Where in a blob a block of an index stands that was packed to it. */
export interface PackedBlock {
  /** SHA-256 of what was packed, and how. */
  readonly key: Buffer;
  /** The blob. */
  readonly sha256: string;
  /** In bytes from its beginning. */
  readonly position: number;
  /** In bytes. */
  readonly length: number;
  /** SHA-256 of the packed bytes. */
  readonly digest: Buffer;
}

/**
 * The state database. Calls are synchronous and durable when they return. Rows name only blobs that are in the pool:
 * callers flush their intake first.
 */
export interface Catalogue {
  /** Stores packages that are not there yet (same family, file, and record text) and gives the ids of all, in order. One transaction. */
  addPackages(family: FamilyName, records: readonly PackageRecord[]): number[];
  /**
   * One transaction. An extra that is there already stays, unless `replace` is set: for what verified metadata says, which goes before what
   * any other upstream of the same package may have said.
   */
  addExtras(extras: readonly PackageExtra[], options?: { readonly replace: boolean }): void;
  /** Stores a list, or finds the one with the same members. Order and repetition of ids do not matter. */
  saveList(family: FamilyName, ids: readonly number[]): PackageList;
  /** The list, or undefined. */
  list(id: number): PackageList | undefined;
  /** The packages of a list, sorted by name, then architecture, then id. Streams from the database. */
  packages(listId: number): IterableIterator<StoredPackage>;
  /** As `packages`, all at once, but each record is read when it is asked for and not kept: for going through many packages in little memory. */
  deferredPackages(listId: number): StoredPackage[];
  /** One kind of extra of some packages, in the order of the ids; undefined data where there is none. */
  extras(ids: readonly number[], kind: string): IterableIterator<{ readonly id: number; readonly data: Buffer | undefined }>;

  mirror(name: string): MirrorState | undefined;
  mirrors(): MirrorState[];
  /** Replaces the state of the mirror. */
  putMirror(state: MirrorState): void;

  snapshot(name: string): SnapshotState | undefined;
  /** By name. */
  snapshots(): SnapshotState[];
  /** Stores a new snapshot. Throws NAME_TAKEN when there is one of this name. */
  addSnapshot(state: SnapshotState): void;
  /** Gives a snapshot another name, also where other snapshots say what they were made from. Throws NAME_TAKEN. */
  renameSnapshot(from: string, to: string): boolean;
  dropSnapshot(name: string): boolean;

  repo(name: string): RepoState | undefined;
  /** By name. */
  repos(): RepoState[];
  /** Replaces the state of the repo. */
  putRepo(state: RepoState): void;

  publication(name: string): PublicationState | undefined;
  publications(): PublicationState[];
  /** Adds the generation and points the publication at it, in one transaction. */
  publish(state: PublicationState): void;
  /** A publication as it was in one of its kept generations. */
  publicationAt(name: string, generation: number): PublicationState | undefined;
  /** Generations of a publication that are kept, newest first. */
  generations(publication: string): Generation[];
  dropPublication(name: string): boolean;

  pinnedKey(source: string): PinnedKey | undefined;
  pinKey(key: PinnedKey): void;
  unpinKey(source: string): boolean;

  /** The SHA-256 of a file that metadata names by another checksum, if it was brought in before. */
  sha256For(algorithm: string, value: string): string | undefined;
  /** One transaction. */
  rememberDigests(aliases: readonly DigestAlias[]): void;

  /** Where a packed block was last seen; the blob may be gone since. */
  packedBlock(key: Buffer): PackedBlock | undefined;
  /** One transaction. */
  rememberPackedBlocks(blocks: readonly PackedBlock[]): void;

  /** What the embedded registry holds. */
  readonly registry: RegistryTables;

  /** Which of some blobs anything but the registry names: packages, indexes, generations (not what these have in them). */
  namedBlobs(wanted: ReadonlySet<string>): Set<string>;

  /** A number that grows with every change made by any process; cheap, for polling. */
  changes(): number;
  close(): void;
}
