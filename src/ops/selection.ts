import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { nearestNames } from '../core/names.ts';
import { matcher } from '../query/matcher.ts';
import { missingNames } from '../query/missing-names.ts';
import { parseQuery } from '../query/parse.ts';
import { closure } from '../solve/closure.ts';
import type { Candidate, ClosureOptions, Universe } from '../solve/universe.ts';
import type { MirrorState, Unsatisfied } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { keyText } from './key-text.ts';
import { companions, type NamedMirror } from './names.ts';

/** Raised when the way selections are made changes, so that every mirror selects again. */
const SELECTION_VERSION = 2;

/** What a mirror is to have. */
export interface Selection {
  readonly selected: readonly Candidate[];
  readonly unsatisfied: readonly Unsatisfied[];
}

/** Of all of a package's files, in bytes. */
export function totalSize({ size, furtherFiles = [] }: Candidate): number {
  return furtherFiles.reduce((sum, file) => sum + file.size, size);
}

/** Selects packages for several mirrors of one run; what the mirrors offer is read once. */
export interface Selector {
  /** Equal exactly when a selection would come out the same. Cheap: nothing is read. */
  key(mirror: NamedMirror): string;
  /**
   * The packages that the mirror's filter asks for, with dependencies where the configuration wants them, taken from this mirror or from
   * those that it shares a publication with. Throws PACKAGE_UNKNOWN when the filter names a package that does not exist.
   */
  select(mirror: NamedMirror): Promise<Selection>;
}

/** @param states what is known of every mirror that has metadata, by name. */
export function createSelector({ config, blobs, report }: OperationContext, states: ReadonlyMap<string, MirrorState>): Selector {
  const loaded = new Map<string, Promise<readonly Candidate[]>>();
  const universes = new Map<string, Promise<Universe<Candidate>>>();

  const load = (name: string): Promise<readonly Candidate[]> => {
    const mirror = config.mirrors[name];
    const state = states.get(name);
    if (mirror === undefined || state === undefined) return Promise.resolve([]);
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const candidates = familyOf(mirror).load(name, mirror, state.upstream, blobs, report);
    loaded.set(name, candidates);
    return candidates;
  };

  const universeOf = (mirror: NamedMirror, members: readonly string[]): Promise<Universe<Candidate>> => {
    const key = [...members].sort().join(' ');
    let universe = universes.get(key);
    if (universe === undefined) {
      universe = (async () => {
        const all: Candidate[] = [];
        for (const member of members) for (const candidate of await load(member)) all.push(candidate);
        return familyOf(mirror.config).universe(all, blobs);
      })();
      universes.set(key, universe);
    }
    return universe;
  };

  const membersOf = (mirror: NamedMirror): string[] =>
    followsDependencies(mirror) ? companions(config, mirror.name).filter((name) => states.has(name)) : [mirror.name];

  return {
    key(mirror) {
      const { filter, withDeps, verify } = mirror.config;
      const members = membersOf(mirror).map((name) => {
        const state = states.get(name);
        const supplements = state?.upstream.supplements.map(({ path, sha256 }) => [path, sha256]);
        return [name, state?.upstream.revision, state?.upstream.verification, supplements, keyText(state?.keys ?? [])];
      });
      const architectures = mirror.config.architectures;
      const components = mirror.config.type === 'apt' ? mirror.config.components : undefined;
      const question = { SELECTION_VERSION, filter, withDeps, verify, architectures, components, members };
      return createHash('sha256').update(JSON.stringify(question)).digest('hex');
    },

    async select(mirror) {
      const own = await load(mirror.name);
      const { filter } = mirror.config;
      const seeds = filter === undefined ? own : await matching(mirror, filter, own, config, load);
      if (!followsDependencies(mirror)) return { selected: seeds, unsatisfied: [] };
      const universe = await universeOf(mirror, membersOf(mirror));
      return closure(universe, seeds, { ...closureOptions(mirror), label: familyOf(mirror.config).label });
    },
  };
}

function followsDependencies(mirror: NamedMirror): boolean {
  return mirror.config.withDeps !== false;
}

function closureOptions(mirror: NamedMirror): ClosureOptions {
  const { withDeps } = mirror.config;
  return typeof withDeps === 'boolean' ? { recommends: false, suggests: false, source: false, allVariants: false } : withDeps;
}

async function matching(
  mirror: NamedMirror,
  filter: string,
  own: readonly Candidate[],
  config: Config,
  load: (name: string) => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  const family = familyOf(mirror.config);
  const query = parseQuery(filter);
  const matches = matcher(query, family.compareVersions);
  const seeds = own.filter((candidate) => matches(family.subject(candidate)));

  // Several mirrors with one filter are one archive in parts (a release, its updates): a name may be in any of them.
  const parts = companions(config, mirror.name).filter((name) => name === mirror.name || config.mirrors[name]?.filter === filter);
  const names = new Set<string>();
  const everything: Candidate[] = [];
  for (const part of parts) {
    for (const candidate of await load(part)) {
      names.add(candidate.name);
      everything.push(candidate);
    }
  }
  const exists = (name: string): boolean =>
    names.has(name) || everything.some((candidate) => family.subject(candidate).satisfies(name, undefined, undefined));
  const missing = missingNames(query, exists);
  if (missing.length > 0) throw unknownPackages(mirror.name, missing, names);
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
