import type { RelationKind } from '../repodata/relations.ts';

/** One relation as metadata lists it. */
export interface RpmRelation {
  readonly name: string;
  /** `LT`, `GT`, `EQ`, `LE`, `GE`; undefined for any version, and then so is the rest. */
  readonly flags: string | undefined;
  readonly epoch: string | undefined;
  readonly version: string | undefined;
  /** Undefined where the relation states none. */
  readonly release: string | undefined;
  /** Of a requirement: whether it must be there before the package's scripts run. */
  readonly pre: boolean;
}

/** One file of a package's list. */
export interface RpmFile {
  /** Absolute; of a source package, the name alone. */
  readonly path: string;
  /** A directory that is a ghost, too, is a directory. */
  readonly kind: 'file' | 'dir' | 'ghost';
}

export interface RpmChangelog {
  readonly author: string;
  /** In seconds since 1970. */
  readonly date: number;
  readonly text: string;
}

/**
 * What the headers of an RPM package say, as metadata has it: relations without what metadata leaves out, in the order of createrepo_c.
 * Every text is valid XML text once it is escaped. It may be a part of the text of the whole header, which is kept as long as any of these is. What the package does not state is an empty text or 0.
 */
export interface RpmPackage {
  readonly name: string;
  /** `0` where there is none. */
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  /** `src` for source packages, whatever they were built on. */
  readonly architecture: string;
  readonly summary: string;
  readonly description: string;
  readonly packager: string;
  readonly url: string;
  readonly license: string;
  readonly vendor: string;
  readonly group: string;
  readonly buildHost: string;
  readonly sourceRpm: string;
  /** In seconds since 1970. */
  readonly buildTime: number;
  /** Of the installed files, in bytes. */
  readonly installedSize: number;
  /** Of the unpacked payload, in bytes. */
  readonly archiveSize: number;
  /** Where the main header begins and ends in the file, in bytes. */
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly relations: Readonly<Record<RelationKind, readonly RpmRelation[]>>;
  /** In the order of the header. */
  readonly files: readonly RpmFile[];
  /** All of them as the header has them, newest first; metadata has them as `changelogEntries` gives them. */
  readonly changelogs: readonly RpmChangelog[];
}
