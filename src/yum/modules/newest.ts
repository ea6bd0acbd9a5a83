import type { YumCandidate } from '../candidate.ts';
import { compareModuleVersions } from '../format/repodata/modules.ts';
import { compareEvr, parseEvr } from '../format/version.ts';

/**
 * Of packages the newest versions, in the order that they have. Of those that belong to no module `keep` of each name and architecture. Of each
 * stream of a module whole versions: the `keep` newest, and the newest in which each of the `keep` newest of its packages of a name and
 * architecture is; so does `dnf reposync --newest-only`, with one.
 */
export function newestPackages(candidates: readonly YumCandidate[], keep: number): readonly YumCandidate[] {
  const plain = candidates.filter(({ modules }) => modules === undefined);
  const kept = new Set(newestOfEach(plain, keep));
  for (const versions of streamsOf(candidates)) for (const candidate of newestOfStream(versions, keep)) kept.add(candidate);
  return candidates.filter((candidate) => kept.has(candidate));
}

/** The versions of a stream, with the packages of each. */
type Versions = ReadonlyMap<string, readonly YumCandidate[]>;

function streamsOf(candidates: readonly YumCandidate[]): Iterable<Versions> {
  const streams = new Map<string, Map<string, YumCandidate[]>>();
  for (const candidate of candidates) {
    for (const { name, stream, version } of candidate.modules ?? []) {
      const key = `${name}:${stream}`;
      const versions = streams.get(key) ?? new Map<string, YumCandidate[]>();
      streams.set(key, versions);
      const members = versions.get(version);
      if (members === undefined) versions.set(version, [candidate]);
      else members.push(candidate);
    }
  }
  return streams.values();
}

function newestOfStream(versions: Versions, keep: number): readonly YumCandidate[] {
  const ordered = [...versions.keys()].sort((a, b) => compareModuleVersions(b, a));
  const wanted = new Set(ordered.slice(0, keep));
  const newest = new Set(newestOfEach([...new Set([...versions.values()].flat())], keep));
  for (const version of ordered) {
    for (const member of versions.get(version) ?? []) {
      // The highest version that it is in, as these are in order.
      if (newest.delete(member)) wanted.add(version);
    }
  }
  return [...wanted].flatMap((version) => versions.get(version) ?? []);
}

/** All of the `keep` highest versions of each name and architecture. */
function newestOfEach(candidates: readonly YumCandidate[], keep: number): YumCandidate[] {
  const groups = Map.groupBy(candidates, ({ name, architecture }) => `${name} ${architecture}`);
  return [...groups.values()].flatMap((group) => {
    if (group.length <= keep) return group;
    const versioned = group.map((candidate) => ({ candidate, evr: parseEvr(candidate.version) }));
    versioned.sort((a, b) => compareEvr(b.evr, a.evr));
    let versions = 0;
    return versioned
      .filter(({ evr }, index) => {
        const before = versioned[index - 1];
        if (before === undefined || compareEvr(before.evr, evr) !== 0) versions++;
        return versions <= keep;
      })
      .map(({ candidate }) => candidate);
  });
}
