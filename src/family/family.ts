import type { FamilyName, MirrorConfig, PublicationConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Reporter } from '../core/events.ts';
import type { Keyring, Signer } from '../openpgp/types.ts';
import type { FieldTest } from '../query/field-tests.ts';
import type { QuerySubject } from '../query/subject.ts';
import type { Candidate, Universe } from '../solve/universe.ts';
import type { Acquirer } from '../store/acquire.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import type { PackageRecord, PublicKey, ReleaseNames, StoredPackage, Supplement, UpstreamState } from '../store/catalogue.ts';
import type { TreeEntry, TreeWriter } from '../store/generations.ts';
import type { LocalPackages } from './local-packages.ts';

/** What a family is given to read one upstream with. */
export interface UpstreamContext<M extends MirrorConfig> {
  readonly name: string;
  readonly config: M;
  readonly acquirer: Acquirer;
  readonly blobs: BlobStore;
  /** The trusted keys; undefined when nothing is to be verified. */
  readonly keyring: Keyring | undefined;
  /** Whether the metadata is to be published as it is, so that everything of it is needed that a client may ask for. */
  readonly verbatim: boolean;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** A source of a publication, in the order of the configuration, after merging. */
export interface PublishedComponent {
  readonly name: string;
  /** Sorted by name, then architecture, then id. May be iterated more than once. */
  readonly packages: readonly StoredPackage[];
  /** What its sources have besides packages. */
  readonly supplements: readonly Supplement[];
}

/** What a family is given to write one repository tree with. */
export interface PublishContext {
  readonly name: string;
  readonly config: PublicationConfig;
  readonly components: readonly PublishedComponent[];
  /** For reading what the sources have besides packages. */
  readonly blobs: BlobStore;
  readonly writer: TreeWriter;
  /** A directory for files that are made on the way. It need not be there; whoever makes it removes it, also what an earlier run left of it. */
  readonly scratch: string;
  readonly signer: Signer | undefined;
  /** The keys that the sources' metadata was checked against: what clients need of a verbatim publication. */
  readonly sourceKeys: readonly PublicKey[];
  /** What is published now, by path; undefined at first. */
  readonly previous?: Pick<ReadonlyMap<string, TreeEntry>, 'get'> | undefined;
  /** The Date or revision that clients see; never before that of the last generation. */
  readonly time: Date;
  /** One kind of extra of some packages, in the order of the ids. */
  extras(ids: readonly number[], kind: string): IterableIterator<{ readonly id: number; readonly data: Buffer | undefined }>;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** What the tree turned out to be, for the publication's state. */
export interface PublishedTree {
  readonly distribution?: string | undefined;
  readonly release?: ReleaseNames | undefined;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Who signed metadata that is published as it is, in place of the signing key; see PublicationState. */
  readonly signedBy?: string | undefined;
  readonly publicKey?: string | undefined;
}

/** What queries see of packages. */
export interface Subjects<C extends Candidate> {
  subject(candidate: C): QuerySubject;
}

/** Names the stream that a package is of; empty where there is only one. */
export type StreamOf = (entry: Pick<Candidate, 'name' | 'version' | 'architecture'>) => string;

/**
 * What apt and yum each give to operations; a third family would be one more value of this type.
 * The order in a sync: refresh, load, universe (over all mirrors of a selection), files fetched by operations,
 * verifyPackage, records, extras.
 */
export interface Family<M extends MirrorConfig, C extends Candidate> {
  readonly name: FamilyName;
  /** Base URLs of the upstream, each ending in `/`: variables expanded, mirror lists fetched. */
  bases(name: string, config: M, fetchList: (url: string) => Promise<Buffer>): Promise<readonly string[]>;
  /**
   * Fetches and verifies the upstream's metadata, indexes included, into the pool. Returns `previous` itself when the upstream has not
   * changed: then nothing but the signed document was fetched.
   */
  refresh(context: UpstreamContext<M>, previous: UpstreamState | undefined): Promise<UpstreamState>;
  /** The packages that the stored indexes list, cut to the configuration's components and architectures. */
  load(name: string, config: M, upstream: UpstreamState, blobs: BlobStore, report: Reporter): Promise<readonly C[]>;
  /** Whether a filter may choose the candidate and a whole mirror has it; otherwise it comes only as a dependency. Every one may when left out. */
  isSelectable?(config: M, candidate: C): boolean;
  /** Of what a filter takes, the versions that the configuration wants. All when left out. */
  versions?(config: M, taken: readonly C[]): readonly C[];
  /** What belongs to selected packages besides their dependencies, of all that is offered. Nothing when left out. */
  accompanying?(config: M, selected: readonly C[], offered: readonly C[]): readonly C[];
  /** Whether packages of different architectures are for different machines, and not for one that takes packages of several. */
  readonly hasMachineArchitectures: boolean;
  /** The machines that packages of these architectures are for, each by those that it takes packages of, its own first; none for a single kind of machine. */
  machines(architectures: readonly string[]): readonly (readonly string[])[];
  /** How well packages of an architecture suit a machine that takes them, the lower the better; all alike where it is left out. */
  architectureRank?(architecture: string): number;
  /** Whether machines install it: source packages and those of the Debian installer they do not. */
  isInstallable(candidate: C): boolean;
  /** Several mirrors' candidates as one world in which dependencies are resolved. */
  universe(candidates: readonly C[], blobs: BlobStore): Promise<Universe<C>>;
  /**
   * What a file says that clients have installed, as candidates: those of `available`, and such as have no file where the family can tell
   * enough of them. `what` names the file in errors, which are CONFIG_INVALID.
   */
  installed(bytes: Buffer, what: string, available: readonly C[]): readonly C[];
  /** The URLs of a candidate's file, best first, and its path made safe. */
  urls(candidate: C, bases: readonly string[]): readonly string[];
  /** The same of each of a candidate's further files, in their order. */
  furtherUrls(candidate: C, bases: readonly string[]): readonly (readonly string[])[];
  /** Checks a package file in the pool against the keyring; throws PACKAGE_UNSIGNED, SIGNATURE_INVALID or METADATA_INVALID. */
  verifyPackage(candidate: C, file: Blob, blobs: BlobStore, keyring: Keyring, now: Date): Promise<void>;
  /** What is stored of a candidate whose files are in the pool; the further ones in their order. */
  record(candidate: C, file: Blob, further: readonly Blob[]): PackageRecord;
  /**
   * A stored package as a candidate of what it was found in: a mirror, repo, snapshot or publication. `extra` reads one kind of its extras,
   * without which what only these say is not known.
   */
  candidate(stored: StoredPackage, source: string, extra?: (kind: string) => Buffer | undefined): C;
  /** Candidates of stored packages with what the supplements of their source say of them, in their order. Nothing is added when left out. */
  supplemented?(candidates: readonly C[], supplements: readonly Supplement[], blobs: BlobStore): Promise<readonly C[]>;
  /**
   * Which packages of one name and architecture are versions of each other: those for which the answer, by the supplements of their sources, is
   * the same, such as those of one stream of a module. All are when left out.
   */
  streams?(supplements: readonly Supplement[], blobs: BlobStore): Promise<StreamOf>;
  /** Large texts of the selected candidates, by their index in `selected`. Streams. */
  extras(
    selected: readonly C[],
    upstream: UpstreamState,
    blobs: BlobStore,
  ): AsyncIterable<{ readonly index: number; readonly kind: string; readonly data: Buffer }>;
  /** Reads packages from files for local repositories. */
  readonly localPackages: LocalPackages;
  subject(candidate: C): QuerySubject;
  /**
   * As `subject`, for queries that ask these things of fields: reads what of these candidates `subject` does not know, because it is too large to be
   * held. Left out where that knows everything.
   */
  subjects?(candidates: readonly C[], tests: readonly FieldTest[], blobs: BlobStore): Promise<Subjects<C>>;
  /** All that the metadata says of a package, for people: lines of `Field: value`, the last with its line break. */
  describe(candidate: C): string;
  compareVersions(a: string, b: string): number;
  /** How a person names one package: `name_version_architecture` or `name-[epoch:]version-release.arch`. */
  label(entry: Pick<Candidate, 'name' | 'version' | 'architecture'>): string;
  /** Writes the repository tree of a publication, signatures included. */
  publish(context: PublishContext): Promise<PublishedTree>;
}
