/** One document of metadata besides packages, unpacked. */
export interface MetadataDocument {
  readonly bytes: Buffer;
  /** Names it in errors and warnings. */
  readonly what: string;
}

/** Several documents of one type as one, cut to what is published. */
export interface CombinedMetadata {
  /** Unpacked; undefined when nothing is left. */
  readonly bytes: Buffer | undefined;
  /** What the sources disagree about and how that was decided: whole sentences. */
  readonly warnings: readonly string[];
}

const MOST_WARNINGS = 20;

/** Not so many that nobody reads them. */
export function firstWarnings(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= MOST_WARNINGS) return warnings;
  return [...warnings.slice(0, MOST_WARNINGS), `There are ${warnings.length - MOST_WARNINGS} more such differences.`];
}
