/** A command to measure. */
export interface Step {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that is ready to be measured, in a folder of its own. */
export interface Prepared {
  readonly steps: Readonly<Record<string, Step>>;
  /** How many packages it has after its step `sync`: a benchmark must not take a failure for speed. */
  readonly packages?: () => Promise<number>;
  /** Ends what it has started. */
  readonly close?: () => Promise<void>;
}

/** The program that a comparison is with, or this one. Each is made anew, in an empty folder, for each run. */
export type Side = (folder: string) => Promise<Prepared>;
