import type { Checksum } from '../core/digests.ts';

/** A package that an upstream offers, as far as every family has it. */
export interface Candidate {
  /** The mirror that offers it. */
  readonly mirror: string;
  readonly name: string;
  /** apt: the whole version; yum: [epoch:]version-release, epoch 0 left out. */
  readonly version: string;
  readonly architecture: string;
  /** Of the file, relative to the mirror's base URL, not yet checked for safety. */
  readonly location: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** Of the file, as the metadata states them; at least one. */
  readonly checksums: readonly Checksum[];
}

/** One thing that a package needs: satisfied when any of the alternatives is. */
export interface Requirement {
  /** As the package states it, for messages. */
  readonly text: string;
  /** Candidates that satisfy each alternative, the alternatives in stated order, the candidates of one best first. */
  readonly alternatives: readonly (readonly Candidate[])[];
}

/** Which dependencies a closure follows besides the strong ones. */
export interface ClosureOptions {
  readonly recommends: boolean;
  readonly suggests: boolean;
  /** Also the source package of each binary package. */
  readonly source: boolean;
  /** Every alternative and every provider, not only the best. */
  readonly allVariants: boolean;
}

/** All candidates of one selection with the family's knowledge of what satisfies what. */
export interface Universe<C extends Candidate> {
  readonly candidates: readonly C[];
  /** What the candidate needs, in stated order. Requirements that are satisfied by definition (rpmlib(...)) are left out. */
  requirements(candidate: C, options: ClosureOptions): readonly Requirement[];
}
