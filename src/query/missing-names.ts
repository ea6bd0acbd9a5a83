import type { Query } from './query.ts';

/**
 * Fields that packages of either family have, in lower case. A term without a condition that begins with a capital asks for one of these,
 * or else names a package.
 */
const KNOWN_FIELDS: ReadonlySet<string> = new Set(
  `architecture auto-built-package breaks bugs build-essential build-ids built-using checksum cnf-extra-commands cnf-ignore-commands
  cnf-visible-pkgname conflicts depends description description-md5 efi-vendor enhances essential filename ghc-package gstreamer-decoders
  gstreamer-elements gstreamer-encoders gstreamer-uri-sinks gstreamer-uri-sources gstreamer-version homepage important installed-size
  kernel-version license location lua-versions maintainer modaliases multi-arch name obsoletes origin original-maintainer package packager
  package-type phased-update-percentage pre-depends priority protected provides python-egg-name python-version recommends replaces requires
  ruby-versions section size source static-built-using suggests summary supplements supported tag task url vendor version`.split(/\s+/),
);

/** Of the package names that a query asks for, those that do not exist, each once, in the order of the query. Globs and what is negated ask for none. */
export function missingNames(query: Query, has: (name: string) => boolean): string[] {
  const missing = new Set<string>();
  for (const names of askedNames(query)) {
    const [first] = names;
    if (first !== undefined && !names.some(has)) missing.add(first);
  }
  return [...missing];
}

/** For each term that asks for a package, the names that it may mean, as written first. */
function* askedNames(query: Query): Generator<readonly string[]> {
  switch (query.kind) {
    case 'and':
    case 'or':
      for (const operand of query.operands) yield* askedNames(operand);
      break;
    case 'dependency':
      yield [query.name, ...ownName(query.name)];
      break;
    case 'reference': {
      const whole = `${query.name}_${query.version}_${query.architecture}`;
      yield [whole, query.name, ...ownName(whole)];
      break;
    }
    case 'field':
      if (query.condition === undefined && !isKnownField(query.field)) yield [query.field, ...ownName(query.field)];
      break;
    case 'glob':
    case 'not':
      break;
  }
}

function isKnownField(field: string): boolean {
  return field.startsWith('$') || KNOWN_FIELDS.has(field.toLowerCase()) || /^X[A-Z]*-/.test(field);
}

/** The name in `name-version-release.architecture`. */
function ownName(text: string): string[] {
  const match = /^(.+)-[^-]+-[^-]+\.[^-.]+$/.exec(text);
  return match?.[1] === undefined ? [] : [match[1]];
}
