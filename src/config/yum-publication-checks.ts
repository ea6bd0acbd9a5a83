import { ONLY_APT } from './apt-publication-checks.ts';
import type { Problem } from './environment.ts';
import { type Key, misplacedKeys, selectiveProblem, verbatimProblems } from './publication-keys.ts';
import { publicationSources } from './publications.ts';
import type { Config, PublicationConfig } from './schema.ts';
import type { KeyPath } from './yaml-source.ts';

/** Keys that say how metadata is written. */
const ONLY_REGENERATED: readonly Key[] = ['compression', 'database'];

/** What is wrong with the keys of a yum publication. */
export function yumPublicationChecks(config: Config, path: KeyPath, publication: PublicationConfig): Problem[] {
  const foreign = misplacedKeys(path, publication, {
    keys: ONLY_APT,
    message: 'only an apt publication has it; this one is a yum repository',
  });
  return publication.metadata === 'verbatim' ? [...foreign, ...verbatimChecks(config, path, publication)] : foreign;
}

/** What is published as its upstream has it is one whole mirror. */
function verbatimChecks(config: Config, path: KeyPath, publication: PublicationConfig): Problem[] {
  const problems = verbatimProblems(path, publication, ONLY_REGENERATED);
  const [source = ''] = publicationSources(publication);
  const mirror = Object.hasOwn(config.mirrors, source) ? config.mirrors[source] : undefined;
  if (mirror?.type !== 'yum') return problems;
  if (mirror.filter !== undefined) problems.push(selectiveProblem(path, source, 'filter'));
  if (mirror.newestOnly) problems.push(selectiveProblem(path, source, 'newestOnly'));
  if (mirror.keepVersions !== undefined) problems.push(selectiveProblem(path, source, 'keepVersions'));
  if (mirror.architectures !== undefined) problems.push(selectiveProblem(path, source, 'architectures'));
  return problems;
}
