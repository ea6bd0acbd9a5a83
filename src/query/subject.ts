/** What a query can ask of a package; each family gives its own reading. */
export interface QuerySubject {
  readonly name: string;
  readonly version: string;
  /** `source` for source packages. */
  readonly architecture: string;
  /** The value of a field, undefined when the package lacks it. Special fields begin with `$` and are the query's own. */
  field(name: string): string | undefined;
  /** The entries of a field that is a list: a condition on it holds where it holds for one of them. Undefined for other fields. */
  readonly values?: (name: string) => readonly string[] | undefined;
  /** Whether the package, by its own name or one that it provides, satisfies `name (relation version)`; no relation: any version. */
  satisfies(name: string, relation: Relation | undefined, version: string | undefined): boolean;
  /** Whether it satisfies one of the names in any version; for families where that is faster than to ask for each. */
  readonly satisfiesAny?: (names: ReadonlySet<string>) => boolean;
}

/** `<=` and `>=` include equality; `<<` and `>>` do not. */
export type Relation = '<<' | '<=' | '=' | '>=' | '>>';

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export type CompareVersions = (a: string, b: string) => number;
