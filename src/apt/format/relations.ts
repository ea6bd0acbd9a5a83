import { MirrorError } from '../../core/errors.ts';
import type { Relation } from '../../query/subject.ts';
import { versionMatches } from './version.ts';

/** One package that a relationship field names, with what is asked of it. */
export interface PackageRelation {
  readonly name: string;
  /** After the name's colon: `any`, `native` or an architecture. */
  readonly qualifier?: string | undefined;
  readonly relation?: Relation | undefined;
  /** There exactly when `relation` is. */
  readonly version?: string | undefined;
  /** The terms in `[...]`, for source packages' fields: each an architecture or wildcard, negated ones with their `!`. */
  readonly architectures?: readonly string[] | undefined;
  /** The terms of each `<...>`, for source packages' fields: negated ones with their `!`. */
  readonly profiles?: readonly (readonly string[])[] | undefined;
}

/** Alternatives of which one is enough, in stated order. */
export interface RelationGroup {
  /** As stated, on one line. */
  readonly text: string;
  readonly alternatives: readonly PackageRelation[];
}

/** The name and the version that a package provides besides its own. */
export interface ProvidedName {
  readonly name: string;
  readonly qualifier?: string | undefined;
  /** Without one it satisfies no relation that names a version. */
  readonly version?: string | undefined;
}

const OPERATORS: Readonly<Record<string, Relation>> = {
  '<<': '<<',
  '<=': '<=',
  '=': '=',
  '>=': '>=',
  '>>': '>>',
  // Long deprecated, and by definition not strict.
  '<': '<=',
  '>': '>=',
};

/**
 * name, :qualifier, (operator version), [architectures], <profiles> ... in this order. Blanks are single ones by then, so that matching
 * takes time in proportion to the length.
 */
const TERM =
  /^(?<name>[^ :()[\]<>|,]+)(?::(?<qualifier>[a-zA-Z0-9-]+))? ?(?:\( ?(?<operator><<|<=|>=|>>|=|<|>) ?(?<version>[^ ()<>=]+) ?\))? ?(?:\[(?<architectures>[^\]]*)\])? ?(?<profiles>(?:<[^<>]*> ?)*)$/;

/**
 * Parses a relationship field such as Depends (Debian policy 7.1): groups between commas, alternatives between `|`. Empty groups, as
 * from a comma at the end, are left out.
 * @param what names the package and the field in the error, which is METADATA_INVALID.
 */
export function parseRelations(text: string, what: string): RelationGroup[] {
  return groupTexts(text).map((group) => parseGroup(group, what));
}

/** The texts of a relationship field's groups, each on one line with single blanks. */
export function groupTexts(text: string): string[] {
  return text
    .replace(/\s+/g, ' ')
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
}

/** Parses one of the texts that `groupTexts` gives; see `parseRelations`. */
export function parseGroup(text: string, what: string): RelationGroup {
  return { text, alternatives: text.split('|').map((alternative) => parseTerm(alternative.trim(), what)) };
}

/** Whether a version is as a relation wants it. What has none, as a name that is provided without one, satisfies no relation that asks for one. */
export function isVersionWanted(
  { relation, version: wanted }: Pick<PackageRelation, 'relation' | 'version'>,
  version: string | undefined,
): boolean {
  if (relation === undefined || wanted === undefined) return true;
  return version !== undefined && versionMatches(version, relation, wanted);
}

/** What most terms of a Provides field look like: a name, and perhaps the version. */
const PLAIN_PROVIDED = /^([^ :()[\]<>|,]+)(?: \(= ([^ ()<>=]+)\))?$/;

/** Parses a Provides field. A provided name with a relation other than `=` is left out, as apt does. */
export function parseProvides(text: string, what: string): ProvidedName[] {
  const provided: ProvidedName[] = [];
  for (const group of groupTexts(text)) {
    const plain = PLAIN_PROVIDED.exec(group);
    if (plain !== null) {
      provided.push({ name: plain[1] ?? '', qualifier: undefined, version: plain[2] });
      continue;
    }
    for (const { name, qualifier, relation, version } of parseGroup(group, what).alternatives) {
      if (relation === undefined || relation === '=') provided.push({ name, qualifier, version });
    }
  }
  return provided;
}

function parseTerm(term: string, what: string): PackageRelation {
  const groups = TERM.exec(term)?.groups;
  const name = groups?.['name'];
  if (groups === undefined || name === undefined) {
    throw new MirrorError('METADATA_INVALID', `${what} has "${term.slice(0, 200)}", which is not of the form "name (>= version)"`);
  }
  const operator = groups['operator'];
  const profiles = groups['profiles'] ?? '';
  return {
    name,
    qualifier: groups['qualifier'],
    relation: operator === undefined ? undefined : OPERATORS[operator],
    version: groups['version'],
    architectures: groups['architectures'] === undefined ? undefined : words(groups['architectures']),
    profiles: profiles === '' ? undefined : [...profiles.matchAll(/<([^<>]*)>/g)].map((match) => words(match[1] ?? '')),
  };
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
