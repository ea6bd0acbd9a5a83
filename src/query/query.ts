import type { Relation } from './subject.ts';

/** How a value is compared: as versions are, `%` by a glob, `~` by a regular expression. */
export type QueryOperator = Relation | '%' | '~';

export interface QueryCondition {
  readonly operator: QueryOperator;
  readonly value: string;
}

/** Every operand, or any of them. At least two. */
interface QueryOperands {
  readonly kind: 'and' | 'or';
  readonly operands: readonly Query[];
}

interface QueryNegation {
  readonly kind: 'not';
  readonly operand: Query;
}

/** A field of the package, or a special one that begins with `$`. Without a condition: the field is there and not empty. */
export interface QueryField {
  readonly kind: 'field';
  readonly field: string;
  readonly condition?: QueryCondition | undefined;
}

/** What satisfies a dependency on the name. */
export interface QueryDependency {
  readonly kind: 'dependency';
  readonly name: string;
  readonly condition?: QueryCondition | undefined;
  readonly architecture?: string | undefined;
}

/** Packages whose own name matches the glob. */
export interface QueryGlob {
  readonly kind: 'glob';
  readonly pattern: string;
  readonly condition?: QueryCondition | undefined;
  readonly architecture?: string | undefined;
}

/** Exactly one package: `name_version_architecture`. */
export interface QueryReference {
  readonly kind: 'reference';
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** A parsed query: see parseQuery for the language, matcher for what it means. */
export type Query = QueryOperands | QueryNegation | QueryField | QueryDependency | QueryGlob | QueryReference;

/** The special fields. */
export const SPECIAL_FIELDS = ['$Version', '$Architecture', '$Source', '$SourceVersion', '$PackageType'] as const;
