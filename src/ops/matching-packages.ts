import { MirrorError } from '../core/errors.ts';
import { nearestNames } from '../core/names.ts';
import { matcher } from '../query/matcher.ts';
import { missingNames } from '../query/missing-names.ts';
import { parseQuery } from '../query/parse.ts';
import type { Candidate } from '../solve/universe.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { companions, type NamedMirror } from './names.ts';
import { subjectsFor } from './query-subjects.ts';

/**
 * The packages of a mirror that its filter asks for. Throws PACKAGE_UNKNOWN when the filter names a package that neither the mirror has nor any other that has
 * the same filter and is published with it.
 */
export async function matchingPackages(
  mirror: NamedMirror,
  filter: string,
  own: readonly Candidate[],
  { config, blobs, load }: Pick<OperationContext, 'config' | 'blobs'> & { readonly load: (name: string) => Promise<readonly Candidate[]> },
): Promise<readonly Candidate[]> {
  const family = familyOf(mirror.config);
  const query = parseQuery(filter);
  const matches = matcher(query, family.compareVersions);
  const subjects = await subjectsFor([query], own, { family, blobs });
  const seeds = own.filter((candidate) => matches(subjects.subject(candidate)));

  // Several mirrors with one filter are one archive in parts (a release, its updates): a name may be in any of them.
  const parts = companions(config, mirror.name).filter((name) => name === mirror.name || config.mirrors[name]?.filter === filter);
  const offered: (readonly Candidate[])[] = [];
  for (const part of parts) offered.push(await load(part));
  const named = (name: string): boolean => offered.some((candidates) => candidates.some((candidate) => candidate.name === name));
  const satisfied = (name: string): boolean =>
    offered.some((candidates) => candidates.some((candidate) => family.subject(candidate).satisfies(name, undefined, undefined)));
  const missing = missingNames(query, (name) => named(name) || satisfied(name));
  if (missing.length > 0) {
    throw unknownPackages(mirror.name, missing, new Set(offered.flatMap((candidates) => candidates.map(({ name }) => name))));
  }
  return seeds;
}

function unknownPackages(mirror: string, missing: readonly string[], known: Iterable<string>): MirrorError {
  const all = [...known];
  const suggestions = missing.flatMap((name) => {
    const near = nearestNames(name, all);
    return near.length === 0 ? [] : [`${name}: did you mean ${near.join(' or ')}?`];
  });
  const names = missing.map((name) => `"${name}"`).join(', ');
  return new MirrorError('PACKAGE_UNKNOWN', `mirror "${mirror}": the filter asks for ${names}, which the upstream does not have`, {
    hint: suggestions.length > 0 ? suggestions.join(' ') : 'Correct the filter, or take the name out of it.',
    details: { packages: missing.join(' ') },
  });
}
