import { compileGlob } from './glob.ts';
import { compilePattern } from './pattern.ts';
import type { Query, QueryCondition, QueryDependency, QueryField, QueryGlob, QueryReference } from './query.ts';
import type { CompareVersions, QuerySubject, Relation } from './subject.ts';

type Predicate = (subject: QuerySubject) => boolean;

/** Fields whose `=` compares versions, so that `1.0` equals `0:1.0`. */
const VERSION_FIELDS: ReadonlySet<string> = new Set(['Version', '$SourceVersion']);
/** What packages are called that suit every architecture: apt, yum. */
const EVERY_ARCHITECTURE: ReadonlySet<string> = new Set(['all', 'noarch']);

/**
 * Whether packages match the query. Compiled once, so that what is left for each package is cheap.
 *
 * - A name matches packages that satisfy a dependency on it: by their own name or by one that they provide. So does one with a condition.
 *   `%` and `~` compare the version of the package of that name. `{amd64}` asks for the architecture or one for all.
 *   `name-version-release.arch`, as yum lists packages, matches that package.
 * - A glob matches own names (and `name_version_architecture` where it has two `_`).
 * - A field that is a list matches when one of its entries does.
 * - A field: `<<`, `<=`, `>=` and `>>` order the values as versions. `=` is equality of text, except of the fields that hold a version.
 *   (aptly compares versions there, too, and so takes `0:x` for `x` in any field.) `%` is a glob over the whole value, in which `*` does not
 *   match `/`; `~` is a regular expression of RE2 that may match anywhere in the value. A missing field matches no condition.
 * - `$Version` compares the version with the rules of a dependency on the package's own name; `$Architecture (= x)` matches packages for
 *   every architecture, too, and `%` and `~` do not.
 * - A name that begins with a capital reads as a field. Where the package has no such field, it is taken as a name after all
 *   (`NetworkManager`).
 */
export function matcher(query: Query, compareVersions: CompareVersions): Predicate {
  switch (query.kind) {
    case 'and': {
      const all = query.operands.map((operand) => matcher(operand, compareVersions));
      return (subject) => all.every((predicate) => predicate(subject));
    }
    case 'or':
      return anyOf(query.operands, compareVersions);
    case 'not': {
      const inner = matcher(query.operand, compareVersions);
      return (subject) => !inner(subject);
    }
    case 'field':
      return fieldPredicate(query, compareVersions);
    case 'dependency':
      return isPlainName(query) ? plainNames([query.name]) : dependencyPredicate(query);
    case 'glob':
      return globPredicate(query);
    case 'reference':
      return referencePredicate(query);
  }
}

/** The plain names, of which there may be many, are looked up together. */
function anyOf(operands: readonly Query[], compareVersions: CompareVersions): Predicate {
  const names: string[] = [];
  const others: Predicate[] = [];
  for (const operand of operands) {
    if (operand.kind === 'dependency' && isPlainName(operand)) names.push(operand.name);
    else others.push(matcher(operand, compareVersions));
  }
  if (names.length > 0) others.unshift(plainNames(names));
  return (subject) => others.some((predicate) => predicate(subject));
}

function isPlainName(query: QueryDependency): boolean {
  return query.condition === undefined && query.architecture === undefined;
}

function plainNames(names: readonly string[]): Predicate {
  const wanted = new Set(names);
  const full = new Set(names.filter((name) => /.-[^-]+-[^-]+\.[^-.]+$/.test(name)));
  return (subject) =>
    wanted.has(subject.name) ||
    (subject.satisfiesAny?.(wanted) ?? names.some((name) => subject.satisfies(name, undefined, undefined))) ||
    (full.size > 0 && full.has(`${subject.name}-${subject.version}.${subject.architecture}`));
}

function dependencyPredicate({ name, condition, architecture }: QueryDependency): Predicate {
  const version = versionOf(condition, name);
  const suits = architecturePredicate(architecture);
  return (subject) => suits(subject) && version(subject);
}

/** Whether the package satisfies the name in a version that the condition asks for. */
function versionOf(condition: QueryCondition | undefined, name: string): Predicate {
  const relation = relationOf(condition);
  if (condition === undefined || relation !== undefined) return (subject) => subject.satisfies(name, relation, condition?.value);
  const test = textTest(condition);
  return (subject) => subject.name === name && test(subject.version);
}

function globPredicate({ pattern, condition, architecture }: QueryGlob): Predicate {
  const name = compileGlob(pattern);
  const reference = pattern.split('_').length > 2;
  const suits = architecturePredicate(architecture);
  const version = ownVersion(condition);
  return (subject) => (name(subject.name) || (reference && name(referenceText(subject)))) && suits(subject) && version(subject);
}

function referencePredicate({ name, version, architecture }: QueryReference): Predicate {
  // A name may have two "_" itself.
  const otherwise = plainNames([`${name}_${version}_${architecture}`]);
  return (subject) => (subject.name === name && subject.version === version && subject.architecture === architecture) || otherwise(subject);
}

function referenceText(subject: QuerySubject): string {
  return `${subject.name}_${subject.version}_${subject.architecture}`;
}

function architecturePredicate(wanted: string | undefined): Predicate {
  if (wanted === undefined) return () => true;
  return ({ architecture }) => architecture === wanted || (wanted !== 'source' && EVERY_ARCHITECTURE.has(architecture));
}

/** Whether the package's own version is as the condition asks. */
function ownVersion(condition: QueryCondition | undefined): Predicate {
  if (condition === undefined) return () => true;
  const relation = relationOf(condition);
  if (relation !== undefined) return (subject) => subject.satisfies(subject.name, relation, condition.value);
  const test = textTest(condition);
  return (subject) => test(subject.version);
}

function fieldPredicate({ field, condition }: QueryField, compareVersions: CompareVersions): Predicate {
  if (field === '$Version') return ownVersion(condition);
  if (field === '$Architecture' && condition?.operator === '=') return architecturePredicate(condition.value);
  const value = fieldReader(field);
  const test = condition === undefined ? (text: string) => text !== '' : valueTest(field, condition, compareVersions);
  const relation = relationOf(condition);
  const mayBeName = !field.startsWith('$') && (condition === undefined || relation !== undefined);
  return (subject) => {
    const list = condition === undefined ? undefined : subject.values?.(field);
    if (list !== undefined) return list.some(test);
    const text = value(subject);
    if (text !== undefined) return test(text);
    return mayBeName && subject.satisfies(field, relation, condition?.value);
  };
}

function fieldReader(field: string): (subject: QuerySubject) => string | undefined {
  switch (field) {
    case 'Name':
    case 'Package':
      return (subject) => subject.name;
    case 'Version':
      return (subject) => subject.version;
    case 'Architecture':
      return (subject) => subject.field('Architecture') ?? subject.architecture;
    case '$Architecture':
      return (subject) => subject.architecture;
    default:
      return (subject) => subject.field(field);
  }
}

/** Whether a value is as a condition on the field asks. */
export function valueTest(field: string, condition: QueryCondition, compareVersions: CompareVersions): (text: string) => boolean {
  const { operator, value } = condition;
  switch (operator) {
    case '=':
      return VERSION_FIELDS.has(field) ? (text) => compareVersions(text, value) === 0 : (text) => text === value;
    case '<<':
      return (text) => compareVersions(text, value) < 0;
    case '<=':
      return (text) => compareVersions(text, value) <= 0;
    case '>=':
      return (text) => compareVersions(text, value) >= 0;
    case '>>':
      return (text) => compareVersions(text, value) > 0;
    default:
      return textTest(condition);
  }
}

/** The operator where it compares versions. */
function relationOf(condition: QueryCondition | undefined): Relation | undefined {
  return condition === undefined || condition.operator === '%' || condition.operator === '~' ? undefined : condition.operator;
}

function textTest({ operator, value }: QueryCondition): (text: string) => boolean {
  return operator === '%' ? compileGlob(value) : compilePattern(value);
}
