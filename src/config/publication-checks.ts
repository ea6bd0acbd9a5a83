import { aptPublicationChecks } from './apt-publication-checks.ts';
import type { Problem } from './environment.ts';
import { publicationDistribution, publicationPath, publicationSources, sourceFamily } from './publications.ts';
import type { Config, FamilyName, PublicationConfig } from './schema.ts';
import type { KeyPath } from './yaml-source.ts';
import { yumPublicationChecks } from './yum-publication-checks.ts';

/** First segments of paths that are the server's own. */
const RESERVED = new Set(['v2', 'api', '-', 'metrics', 'healthz', 'readyz']);

/** What each family keeps at the top of its tree, which another publication's path may not hide. */
const TREE: Readonly<Record<FamilyName, readonly string[]>> = { apt: ['dists', 'pool'], yum: ['repodata', 'Packages'] };

interface Known {
  readonly name: string;
  readonly publication: PublicationConfig;
  readonly family: FamilyName;
  readonly path: string;
}

/** What is wrong with publications: sources, the keys of each family, paths. */
export function publicationChecks(config: Config): Problem[] {
  const problems: Problem[] = [];
  const known: Known[] = [];
  for (const [name, publication] of Object.entries(config.publications)) {
    const path: KeyPath = ['publications', name];
    problems.push(...sourceChecks(config, path, publication), ...pathChecks(path, name, publication));
    const family = sourceFamily(config, publicationSources(publication)[0] ?? '');
    if (family === undefined) continue;
    problems.push(...(family === 'yum' ? yumPublicationChecks : aptPublicationChecks)(config, path, publication));
    known.push({ name, publication, family, path: publicationPath(name, publication) });
  }
  return [...problems, ...conflicts(config, known)];
}

function sourceChecks(config: Config, path: KeyPath, publication: PublicationConfig): Problem[] {
  if (publication.from === undefined && publication.components === undefined) {
    return [
      {
        path,
        part: 'key',
        message: 'it does not say what it is made from',
        allowed: 'from: [MIRROR, …], or components: { NAME: [MIRROR, …] }',
      },
    ];
  }
  const problems: Problem[] = [];
  if (publication.from !== undefined && publication.components !== undefined) {
    const allowed = 'from (with component), or components alone';
    problems.push({ path: [...path, 'components'], part: 'key', message: 'cannot stand beside from', allowed });
  }
  if (publication.component !== undefined && publication.components !== undefined) {
    problems.push({ path: [...path, 'component'], part: 'key', message: 'cannot stand beside components', allowed: 'one of the two' });
  }
  const lists: (readonly [KeyPath, readonly string[]])[] = Object.entries(publication.components ?? {}).map(
    ([component, names]) => [[...path, 'components', component], names] as const,
  );
  if (publication.from !== undefined) lists.push([[...path, 'from'], publication.from]);
  const first = publicationSources(publication)
    .map((name) => ({ name, family: sourceFamily(config, name) }))
    .find((source) => source.family !== undefined);
  for (const [listPath, names] of lists) {
    for (const [index, name] of names.entries()) problems.push(...sourceProblems(config, [...listPath, index], name, first));
  }
  return problems;
}

function sourceProblems(
  config: Config,
  path: KeyPath,
  name: string,
  first: { readonly name: string; readonly family: FamilyName | undefined } | undefined,
): Problem[] {
  const family = sourceFamily(config, name);
  if (family === undefined) {
    const members = Object.hasOwn(config.groups, name) ? config.groups[name] : undefined;
    if (members !== undefined)
      return [{ path, part: 'value', message: `"${name}" is a group`, allowed: `its mirrors: ${members.join(', ')}` }];
    // It may be a snapshot, which the state knows and not the configuration: publishing tells.
    return [];
  }
  if (first?.family === undefined || first.family === family) return [];
  const message = `"${name}" is of the ${family} family and "${first.name}" of the ${first.family} family`;
  return [{ path, part: 'value', message, allowed: 'sources of one family in one publication' }];
}

function pathChecks(path: KeyPath, name: string, publication: PublicationConfig): Problem[] {
  const where = publicationPath(name, publication);
  const at: KeyPath = publication.path === undefined ? path : [...path, 'path'];
  const part = publication.path === undefined ? 'key' : 'value';
  const segments = where.split('/').slice(1);
  if (RESERVED.has(segments[0] ?? '')) {
    return [
      {
        path: at,
        part,
        message: `the path ${where} is the server's own`,
        allowed: `a path outside ${[...RESERVED].map((segment) => `/${segment}`).join(', ')}`,
      },
    ];
  }
  if (where !== '/' && !segments.every((segment) => /^[A-Za-z0-9._~+@-]+$/.test(segment) && segment !== '.' && segment !== '..')) {
    return [
      {
        path: at,
        part,
        message: `"${where}" cannot be a path`,
        allowed: 'segments of letters, digits and . _ ~ + @ -, none of them . or ..',
      },
    ];
  }
  return [];
}

function conflicts(config: Config, known: readonly Known[]): Problem[] {
  const problems: Problem[] = [];
  for (const [index, one] of known.entries()) {
    const path: KeyPath = ['publications', one.name, ...(one.publication.path === undefined ? [] : ['path'])];
    const part = one.publication.path === undefined ? 'key' : 'value';
    for (const other of known.slice(0, index)) {
      if (one.path === other.path && !mayShare(config, one, other)) {
        const allowed = 'a path of its own; only apt publications of different distributions may share one';
        problems.push({ path, part, message: `the path ${one.path} is that of the publication ${other.name}`, allowed });
      }
    }
    for (const other of known) {
      const hidden = TREE[other.family].find((top) => isWithin(one.path, other.path === '/' ? `/${top}` : `${other.path}/${top}`));
      if (hidden !== undefined) {
        const allowed = `a path that is not within ${other.path === '/' ? '' : other.path}/${hidden}`;
        problems.push({ path, part, message: `the path ${one.path} would hide files of the publication ${other.name}`, allowed });
      }
    }
  }
  return problems;
}

function mayShare(config: Config, one: Known, other: Known): boolean {
  if (one.family !== 'apt' || other.family !== 'apt') return false;
  return publicationDistribution(config, one.publication) !== publicationDistribution(config, other.publication);
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
