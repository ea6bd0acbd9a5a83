import type { Checksum } from '../core/digests.ts';

/** A further file of a package. */
export interface CandidateFile {
  /** Relative to the mirror's base URL, not yet checked for safety. */
  readonly location: string;
  /** In bytes. */
  readonly size: number;
  /** As the metadata states them; at least one. */
  readonly checksums: readonly Checksum[];
}

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
  /** What belongs to the package besides its own file: the archives of an apt source package. */
  readonly furtherFiles?: readonly CandidateFile[] | undefined;
}

/** One thing that a package needs: satisfied when any of the alternatives is. */
export interface Requirement {
  /** As the package states it, for messages. */
  readonly text: string;
  /** Candidates that satisfy each alternative, the alternatives in stated order, the candidates of one best first. */
  readonly alternatives: readonly (readonly Candidate[])[];
  /** It counts only where all of these are there, too. */
  readonly when?: readonly Candidate[] | undefined;
}

/** One package that another cannot be installed together with. */
export interface Conflict<C extends Candidate> {
  readonly with: C;
  /** It is one only where all of these are there, too. */
  readonly and?: readonly C[] | undefined;
  /** It is none where one of these is there, too. */
  readonly unless?: readonly C[] | undefined;
  /** Why, in words that go on after the name of the package that was asked about: `breaks b (<< 2)`. */
  readonly text: string;
}

/** Which dependencies a closure follows besides the strong ones. */
export interface ClosureOptions {
  readonly recommends: boolean;
  readonly suggests: boolean;
  /** Also the source package of each binary package. */
  readonly source: boolean;
  /** Every alternative and every provider, not only the best. */
  readonly allVariants: boolean;
  /** The only architecture that packages for all architectures are wanted for. Without it they are wanted for each there is. */
  readonly native?: string | undefined;
  /**
   * Requirements with a condition are given with it (`when`), to who knows what is there. Without this they are given as if the condition
   * held, as far as they can be satisfied, so that what they ask for is there whatever a machine has.
   */
  readonly conditional?: boolean | undefined;
}

/**
 * That a package is of one of some members of a group. Of a group a machine has one member at a time, so that packages are there together only
 * where they have one in common.
 */
export interface Membership {
  /** As sentences name it: `the module nodejs`. */
  readonly group: string;
  /** As sentences name them: `stream 10`. At least one; the first is preferred. */
  readonly members: readonly string[];
}

/** All candidates of one selection with the family's knowledge of what satisfies what. */
export interface Universe<C extends Candidate> {
  readonly candidates: readonly C[];
  /** What the candidate needs, in stated order. Requirements that are satisfied by definition (rpmlib(...)) are left out. */
  requirements(candidate: C, options: ClosureOptions): readonly Requirement[];
  /**
   * What the candidate cannot be installed together with: what it states itself, and what the family's package manager never installs
   * twice, such as two versions. What only the other one states is with the other. `native` is the machine's architecture where it is known.
   */
  conflicts(candidate: C, native?: string): readonly Conflict<C>[];
  /** The groups that a candidate is in, each once. None when left out. */
  memberships?(candidate: C): readonly Membership[];
  /** Packages that no machine is without, for the family that has such: one of each list, best first. `native` is the machine's architecture. */
  readonly essential?: (native: string | undefined) => readonly (readonly C[])[];
  /** Candidates that have or provide a name that the requirement asks for, whatever else it asks of them. For messages. */
  readonly similar?: (requirement: Requirement) => readonly C[];
}
