import type { Candidate } from '../solve/universe.ts';
import type { MirrorState } from '../store/catalogue.ts';
import type { NamedMirror } from './names.ts';
import type { OpenMirror } from './refresh.ts';
import type { Selection } from './selection.ts';

/** What a mirror is to have, and what is known for bringing it. */
export interface PackagePlan {
  readonly mirror: NamedMirror;
  readonly selection: Selection;
  /** Of every mirror that candidates come from, with the metadata that they were selected from. */
  readonly states: ReadonlyMap<string, MirrorState>;
  /** Where the files of a mirror are, and whom it trusts. */
  readonly opened: (name: string) => Promise<OpenMirror>;
  /** Packages that were checked before against the same keys, as `checkedAs` gives them. */
  readonly checkedBefore: ReadonlySet<string>;
  /** Ids of packages that were stored before, with their extras. */
  readonly storedBefore: ReadonlySet<number>;
}

/** What a check of a file has shown: that it is this package, and not only that its signature is good. */
export function checkedAs({ name, version, architecture }: Pick<Candidate, 'name' | 'version' | 'architecture'>, sha256: string): string {
  return `${sha256} ${name} ${version} ${architecture}`;
}

/** The detail of a SYNC_INCOMPLETE that names the mirrors, with blanks between them, whose files are not there or not what their metadata says. */
export const NOT_AS_LISTED = 'notAsListed';

/** How many files a package is. */
export function fileCount({ furtherFiles }: Candidate): number {
  return 1 + (furtherFiles?.length ?? 0);
}
