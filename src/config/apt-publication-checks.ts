import { parseDuration } from '../core/duration.ts';
import type { Problem } from './environment.ts';
import { type Key, misplacedKeys, selectiveProblem, verbatimProblems } from './publication-keys.ts';
import { publicationDistribution, publicationSources } from './publications.ts';
import type { Config, PublicationConfig } from './schema.ts';
import type { KeyPath } from './yaml-source.ts';

/** Keys that say what stands in a Release. */
const OF_RELEASE: readonly Key[] = [
  'suite',
  'codename',
  'version',
  'description',
  'notAutomatic',
  'butAutomaticUpgrades',
  'signedBy',
  'validFor',
  'architectures',
];
const ONLY_YUM: readonly Key[] = ['compression', 'database'];
/** Keys that only apt publications have. */
export const ONLY_APT: readonly Key[] = ['distribution', 'component', 'components', ...OF_RELEASE];
const ONLY_REGENERATED: readonly Key[] = ['component', 'components', 'origin', 'label', ...OF_RELEASE];

/** What is wrong with the keys of an apt publication. */
export function aptPublicationChecks(config: Config, path: KeyPath, publication: PublicationConfig): Problem[] {
  const foreign = misplacedKeys(path, publication, {
    keys: ONLY_YUM,
    message: 'only a yum publication has it; this one is an APT archive',
  });
  if (publication.metadata === 'verbatim') return [...foreign, ...verbatimChecks(config, path, publication)];
  const problem = (key: Key, message: string, allowed: string): Problem => ({ path: [...path, key], part: 'key', message, allowed });
  const problems: Problem[] = [...foreign];
  if (publicationDistribution(config, publication) === undefined) {
    const allowed = 'a codename such as xenial; it may be left out only where all sources are mirrors of one suite';
    problems.push(problem('distribution', 'is missing', allowed));
  }
  if (publication.butAutomaticUpgrades && !publication.notAutomatic) {
    problems.push(problem('butAutomaticUpgrades', 'does nothing without notAutomatic', 'both, or neither'));
  }
  if (publication.signedBy?.includes('own') === true && config.signing === undefined) {
    problems.push(problem('signedBy', '"own" is the signing key, and there is none', 'fingerprints, or a signing key (signing.key)'));
  }
  if (publication.validFor !== undefined && parseDuration(publication.validFor) < 1000) {
    problems.push(problem('validFor', 'is shorter than the second that a Release can tell apart', 'a duration such as 14d'));
  }
  const other = publication.architectures?.find((architecture) => architecture === 'all' || architecture === 'source');
  if (other !== undefined) {
    const allowed = 'architectures of machines: packages for all of them and source packages are published with any';
    problems.push(problem('architectures', `"${other}" is no architecture of its own`, allowed));
  }
  return problems;
}

/** What is published as its upstream has it is one whole mirror, and has no keys that would change it. */
function verbatimChecks(config: Config, path: KeyPath, publication: PublicationConfig): Problem[] {
  const problems = verbatimProblems(path, publication, ONLY_REGENERATED);
  const [source = ''] = publicationSources(publication);
  const mirror = Object.hasOwn(config.mirrors, source) ? config.mirrors[source] : undefined;
  if (mirror?.type !== 'apt') return problems;
  if (mirror.filter !== undefined) problems.push(selectiveProblem(path, source, 'filter'));
  if (publication.distribution !== undefined && publication.distribution !== mirror.suite) {
    const message = `"${publication.distribution}" is not the suite that the upstream has signed`;
    problems.push({ path: [...path, 'distribution'], part: 'value', message, allowed: `${mirror.suite}, or none` });
  }
  return problems;
}
