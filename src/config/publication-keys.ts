import type { Problem } from './environment.ts';
import { publicationSources } from './publications.ts';
import type { PublicationConfig } from './schema.ts';
import type { KeyPath } from './yaml-source.ts';

export type Key = keyof PublicationConfig;

/** A problem for each of the keys that the publication has. Switches count where they are on. */
export function misplacedKeys(
  path: KeyPath,
  publication: PublicationConfig,
  { keys, message }: { readonly keys: readonly Key[]; readonly message: string },
): Problem[] {
  const present = keys.filter((key) => publication[key] !== undefined && publication[key] !== false);
  return present.map((key) => ({ path: [...path, key], part: 'key', message }));
}

/**
 * What is wrong with a publication whose metadata is that of its upstream, in every family: it has one source, and no keys that would change anything.
 * @param keys that say what stands in metadata.
 */
export function verbatimProblems(path: KeyPath, publication: PublicationConfig, keys: readonly Key[]): Problem[] {
  const message = 'cannot stand beside metadata: verbatim, which publishes what the upstream says';
  const problems = misplacedKeys(path, publication, { keys, message });
  if (publicationSources(publication).length > 1) {
    const several = 'several sources cannot be published with metadata: verbatim';
    problems.push({ path: [...path, 'from'], part: 'value', message: several, allowed: 'one mirror' });
  }
  return problems;
}

/** That a mirror does not have all that its upstream's metadata lists, because it has this key. */
export function selectiveProblem(path: KeyPath, mirror: string, key: string): Problem {
  const message = `mirror "${mirror}" has a ${key}, so that the upstream's metadata would list packages that are not there`;
  return { path: [...path, 'metadata'], part: 'value', message, allowed: `metadata: regenerate, or a mirror without ${key}` };
}
