import { isSourceArchitecture } from '../architecture.ts';
import { labelOf, type YumCandidate } from '../candidate.ts';

/**
 * What clients have installed, of what is available: a list with one package a line, as `name`, `name=[epoch:]version-release`, or as
 * `rpm -qa` prints it. A name alone stands for every version of it. Blank lines and those that begin with `#` do not count, and what is not
 * available is left out.
 */
export function installedCandidates(bytes: Buffer, available: readonly YumCandidate[]): YumCandidate[] {
  const lines = bytes.toString('utf8').split('\n');
  const listed = new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')));
  return available.filter((candidate) => {
    const { name, version, architecture } = candidate;
    if (isSourceArchitecture(architecture)) return false;
    const withoutEpoch = labelOf({ name, version: version.replace(/^\d+:/, ''), architecture });
    return [name, `${name}=${version}`, labelOf(candidate), withoutEpoch].some((text) => listed.has(text));
  });
}
