import type { ModuleRequirements } from '../format/repodata/modulemd.ts';

/** A module that a package belongs to. One value for all packages of the module. */
export interface CandidateModule {
  readonly name: string;
  /** As it is written: `1.10` is not `1.1`. */
  readonly stream: string;
  readonly version: string;
  readonly context: string;
  /** Whether it is the stream that clients have of the module unless they choose another. */
  readonly isDefault: boolean;
  /** What it needs of other modules; one of these is to be satisfied. */
  readonly requires: readonly ModuleRequirements[];
}

/** `name:stream:version:context`. */
export function moduleLabel({ name, stream, version, context }: CandidateModule): string {
  return `${name}:${stream}:${version}:${context}`;
}
