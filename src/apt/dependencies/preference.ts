import { compareText } from '../../core/order.ts';
import type { AptCandidate } from '../candidate.ts';
import { fieldOf, saysYes } from '../format/stanza.ts';
import { compareVersions } from '../format/version.ts';

/** From the most important to the least; what has none is `optional`. */
const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

/** Which of several packages apt would install for one that asks. */
export interface Preference {
  /** Packages of one name, best first: the higher version, then the earlier mirror, then the architecture of the package that asks. */
  versions(candidates: readonly AptCandidate[], architecture: string): AptCandidate[];
  /**
   * Packages of different names that provide the same, best first: those that no machine is without, then the architecture of the package that
   * asks, then by Priority. Between the others apt takes the one that its indexes mention last: here that is the last by name.
   */
  providers(candidates: readonly AptCandidate[], architecture: string): AptCandidate[];
}

/** The preference among some packages: mirrors rank in the order in which they come. */
export function createPreference(candidates: readonly AptCandidate[]): Preference {
  const mirrors = new Map<string, number>();
  for (const { mirror } of candidates) if (!mirrors.has(mirror)) mirrors.set(mirror, mirrors.size);
  const rank = ({ mirror }: AptCandidate): number => mirrors.get(mirror) ?? 0;
  const foreign = (candidate: AptCandidate, architecture: string): number => (candidate.architecture === architecture ? 0 : 1);

  const byVersion = (a: AptCandidate, b: AptCandidate, architecture: string): number =>
    compareVersions(b.version, a.version) ||
    rank(a) - rank(b) ||
    foreign(a, architecture) - foreign(b, architecture) ||
    compareText(a.architecture, b.architecture);

  return {
    versions(those, architecture) {
      return those.length < 2 ? [...those] : [...those].sort((a, b) => byVersion(a, b, architecture));
    },
    providers(those, architecture) {
      if (those.length < 2) return [...those];
      const weighed = those.map((candidate) => ({ candidate, weight: weightOf(candidate, architecture) }));
      const sorted = weighed.sort(
        (a, b) =>
          a.weight - b.weight || compareText(b.candidate.name, a.candidate.name) || byVersion(a.candidate, b.candidate, architecture),
      );
      return sorted.map(({ candidate }) => candidate);
    },
  };
}

/** Less is better. */
function weightOf({ stanza, architecture }: AptCandidate, wanted: string): number {
  const essential = saysYes(stanza, 'Essential') ? 0 : 4;
  const important = saysYes(stanza, 'Important') || saysYes(stanza, 'Protected') ? 0 : 2;
  const foreign = architecture === wanted || architecture === 'all' ? 0 : 1;
  const priority = PRIORITIES.indexOf(fieldOf(stanza, 'Priority')?.toLowerCase() ?? 'optional');
  return (essential + important + foreign) * PRIORITIES.length + (priority === -1 ? PRIORITIES.length - 1 : priority);
}
