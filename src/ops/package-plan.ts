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

/** How many files a package is. */
export function fileCount({ furtherFiles }: Candidate): number {
  return 1 + (furtherFiles?.length ?? 0);
}
