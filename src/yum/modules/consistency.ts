import { allowsStream } from '../format/repodata/modules.ts';
import { type CandidateModule, moduleLabel } from './candidate-module.ts';

/** What is known of the modules of a package; one that belongs to none goes with everything. */
export interface OfModules {
  readonly modules?: readonly CandidateModule[] | undefined;
}

/**
 * Whether what one package requires may be taken from another: of its own modules only the same streams, and within a version the same context,
 * and of the modules that its own require only the streams that will do. A machine has one stream of a module.
 */
export function mayRequire({ modules: own }: OfModules, { modules: other }: OfModules): boolean {
  if (own === undefined || other === undefined || own === other) return true;
  return own.some((one) => other.some((two) => (one.name === two.name ? isSameStream(one, two) : requiresStream(one, two) !== false)));
}

/** How near a package is to another by modules, the nearest first: of the same one; of one that it requires; of none or of a default stream. */
export function moduleRank({ modules: own = [] }: OfModules, { modules: other }: OfModules): number {
  if (other === undefined) return 2;
  if (own.some((one) => other.includes(one))) return 0;
  if (own.some((one) => other.some((two) => isSameStream(one, two) || requiresStream(one, two) === true))) return 1;
  return other.some(({ isDefault }) => isDefault) ? 2 : 3;
}

/** Packages of a default stream hide those of their name that are of no module. */
export function streamRank({ modules }: OfModules): number {
  return modules?.some(({ isDefault }) => isDefault) === true ? 0 : 1;
}

/** The streams of a package: `name:stream`, sorted. Empty for those of no module. */
export function streamsKey({ modules = [] }: OfModules): string {
  return [...new Set(modules.map(({ name, stream }) => `${name}:${stream}`))].sort().join(' ');
}

/** What tells packages apart for which the answers of `mayRequire` and `moduleRank` may differ; empty for those of no module. */
export function modulesKey({ modules = [] }: OfModules): string {
  return modules.map(moduleLabel).join(' ');
}

function isSameStream(one: CandidateModule, other: CandidateModule): boolean {
  const isSame = one.name === other.name && one.stream === other.stream;
  return isSame && (one.version !== other.version || one.context === other.context);
}

/** Undefined where it requires nothing of a module of that name. */
function requiresStream({ requires }: CandidateModule, { name, stream }: CandidateModule): boolean | undefined {
  const asked = requires.flatMap((alternative) => {
    const streams = alternative.get(name);
    return streams === undefined ? [] : [streams];
  });
  if (asked.length === 0) return undefined;
  return asked.length < requires.length || asked.some((streams) => allowsStream(streams, stream));
}
