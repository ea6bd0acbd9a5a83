import type { Conflict } from '../../solve/universe.ts';
import { isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';

/**
 * The packages that only other streams of a package's modules have: a machine has one stream of a module. The lists are shared by the packages of a
 * stream and made when they are first asked for.
 */
export function moduleConflicts(candidates: readonly YumCandidate[]): (candidate: YumCandidate) => readonly Conflict<YumCandidate>[] {
  const members = new Map<string, Map<string, YumCandidate[]>>();
  for (const candidate of candidates) {
    if (isSourceArchitecture(candidate.architecture)) continue;
    for (const [name, streams] of streamsOf(candidate)) {
      const byStreams = members.get(name) ?? new Map<string, YumCandidate[]>();
      members.set(name, byStreams);
      const key = streams.join('\n');
      const list = byStreams.get(key);
      if (list === undefined) byStreams.set(key, [candidate]);
      else list.push(candidate);
    }
  }
  const known = new Map<string, readonly Conflict<YumCandidate>[]>();
  const ofModule = (name: string, streams: readonly string[]): readonly Conflict<YumCandidate>[] => {
    const key = `${name}\n${streams.join('\n')}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const text = `is of another stream of the module ${name}`;
    const apart = [...(members.get(name) ?? [])].filter(([others]) => !others.split('\n').some((stream) => streams.includes(stream)));
    const conflicts = apart.flatMap(([, list]) => list.map((other) => ({ with: other, text })));
    known.set(key, conflicts);
    return conflicts;
  };
  return (candidate) => {
    if (candidate.modules === undefined) return [];
    const [first = [], ...others] = [...streamsOf(candidate)].map(([name, streams]) => ofModule(name, streams));
    return others.length === 0 ? first : [...first, ...others.flat()];
  };
}

/** The streams of each module that a package belongs to, sorted. */
function streamsOf({ modules = [] }: YumCandidate): Map<string, readonly string[]> {
  const streams = new Map<string, Set<string>>();
  for (const { name, stream } of modules) {
    const known = streams.get(name);
    if (known === undefined) streams.set(name, new Set([stream]));
    else known.add(stream);
  }
  return new Map([...streams].map(([name, set]) => [name, [...set].sort()]));
}
