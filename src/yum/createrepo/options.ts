import type { ChecksumAlgorithm } from '../../core/digests.ts';
import type { RepomdTags } from '../format/repodata/repomd.ts';

/** How metadata can be compressed. */
export type MetadataCompression = 'gz' | 'xz' | 'zst';

/** What becomes of files of the metadata that was there. */
export type Retention =
  /** Those that the old repomd.xml names go. */
  | { readonly kind: 'none' }
  /** Nothing goes. */
  | { readonly kind: 'all' }
  /** The newest of each of the three documents and their databases stay, as createrepo had it. */
  | { readonly kind: 'newest'; readonly count: number }
  /** What was changed longer ago goes, in milliseconds. */
  | { readonly kind: 'age'; readonly milliseconds: number };

/** A kind of checksum, and what metadata calls it: `sha1` has an old name. */
export interface NamedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly name: string;
}

/** What `mirror createrepo` is asked for. Paths are absolute. */
export interface CreaterepoOptions {
  /** Where the packages are. */
  readonly directory: string;
  /** Where repodata is to be; locations stay relative to `directory`. */
  readonly outputDirectory: string;
  /** Take over what the metadata that is there says of packages that have not changed. */
  readonly update: boolean;
  /** With `update`: whoever has the same name has not changed. */
  readonly skipStat: boolean;
  readonly excludes: readonly string[];
  readonly skipSymlinks: boolean;
  /** A file that lists packages, one in a line; only these are listed. */
  readonly packageList: string | undefined;
  /** Further packages; where there are any, or a list, only these are listed. */
  readonly includePackages: readonly string[];
  readonly groupFile: string | undefined;
  /** Of primary, filelists and other. */
  readonly compression: MetadataCompression;
  /** Of everything else. */
  readonly furtherCompression: MetadataCompression;
  /** Of packages. */
  readonly checksum: NamedChecksum;
  /** Of the files of metadata. */
  readonly metadataChecksum: NamedChecksum;
  /** A file to be written: the packages that were read, in lines, as they are located below `directory`. */
  readonly readList: string | undefined;
  readonly baseUrl: string | undefined;
  readonly locationPrefix: string;
  readonly cutDirs: number;
  /** Default: the time. */
  readonly revision: string | undefined;
  /** The timestamps of all files are the revision, in seconds since 1970. */
  readonly timestampFromRevision: boolean;
  readonly retention: Retention;
  readonly uniqueNames: boolean;
  readonly database: boolean;
  readonly workers: number;
  /** Changes of each package; undefined for all. */
  readonly changelogLimit: number | undefined;
  readonly tags: RepomdTags;
  /** With `update`: whether metadata besides packages is kept. */
  readonly keepFurther: boolean;
  /** When this is, for revision and timestamps. */
  readonly time: Date;
}

/** Several packages that are one and the same, or say so. */
export interface Duplicate {
  /** name-epoch:version-release.architecture, or the checksum of the file. */
  readonly key: string;
  /** Their locations. */
  readonly paths: readonly string[];
}

/** What was done. */
export interface CreaterepoReport {
  readonly directory: string;
  /** The path of repomd.xml. */
  readonly repomd: string;
  readonly revision: string;
  /** In the metadata. */
  readonly packages: number;
  /** Whose files were read. */
  readonly read: number;
  /** Taken over from the metadata that was there. */
  readonly reused: number;
  /** Whether the metadata that was there was left as it is. */
  readonly unchanged: boolean;
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  readonly duplicates: { readonly sameName: readonly Duplicate[]; readonly sameContent: readonly Duplicate[] };
  /** Types of the metadata that was there and is not any more. */
  readonly lost: readonly string[];
  /** What repomd.xml names, by type. */
  readonly files: readonly { readonly type: string; readonly path: string; readonly size: number | undefined }[];
}
