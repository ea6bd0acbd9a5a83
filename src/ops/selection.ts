import { createHash } from 'node:crypto';
import { MirrorError } from '../core/errors.ts';
import { nearestNames } from '../core/names.ts';
import { matcher } from '../query/matcher.ts';
import { missingNames } from '../query/missing-names.ts';
import { parseQuery } from '../query/parse.ts';
import type { Candidate } from '../solve/universe.ts';
import type { MirrorState, Unsatisfied } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { keyText } from './key-text.ts';
import { companions, type NamedMirror } from './names.ts';
import { subjectsFor } from './query-subjects.ts';
import { installedDigest, installedFile } from './installed-file.ts';
import type { SelectionWorld } from './selection-world.ts';

/** Raised when the way selections are made changes, so that every mirror selects again. */
const SELECTION_VERSION = 5;

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
  /**
   * Equal exactly when a selection would come out the same. Cheap: of the metadata nothing is read. Throws CONFIG_INVALID when what clients
   * have installed cannot be read.
   */
  key(mirror: NamedMirror): Promise<string>;
  /**
   * The packages that the mirror's filter asks for, with dependencies where the configuration wants them, taken from this mirror or from
   * those that it shares a publication with. Throws PACKAGE_UNKNOWN when the filter names a package that does not exist.
   */
  select(mirror: NamedMirror): Promise<Selection>;
}

/** @param states what is known of every mirror that has metadata, by name. */
export function createSelector({ config, blobs, report }: OperationContext, states: ReadonlyMap<string, MirrorState>): Selector {
  const loaded = new Map<string, Promise<readonly Candidate[]>>();
  const worlds = new Map<string, Promise<SelectionWorld>>();

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

  const worldOf = (mirror: NamedMirror, members: readonly string[]): Promise<SelectionWorld> => {
    const key = JSON.stringify([[...members].sort(), installedFile(mirror)]);
    let world = worlds.get(key);
    if (world === undefined) {
      world = (async () => {
        const all: Candidate[] = [];
        for (const member of members) for (const candidate of await load(member)) all.push(candidate);
        const { createWorld } = await import('./selection-world.ts');
        return await createWorld(mirror, all, blobs);
      })();
      worlds.set(key, world);
    }
    return world;
  };

  const membersOf = (mirror: NamedMirror): string[] =>
    followsDependencies(mirror) ? companions(config, mirror.name).filter((name) => states.has(name)) : [mirror.name];

  return {
    async key(mirror) {
      const { filter, withDeps, verify } = mirror.config;
      const members = membersOf(mirror).map((name) => {
        const state = states.get(name);
        const { indexes = [], supplements = [], revision, verification } = state?.upstream ?? {};
        const stored = [...indexes, ...supplements].map(({ path, sha256 }) => [path, sha256]);
        return [name, revision, verification, stored, keyText(state?.keys ?? [])];
      });
      const architectures = mirror.config.architectures;
      const { components, sources } = mirror.config.type === 'apt' ? mirror.config : {};
      const { allowWeak, newestOnly, keepVersions } = mirror.config.type === 'yum' ? mirror.config : {};
      const installed = await installedDigest(mirror);
      const kept = { architectures, components, sources, allowWeak, newestOnly, keepVersions };
      const question = { SELECTION_VERSION, filter, withDeps, installed, verify, ...kept, members };
      return createHash('sha256').update(JSON.stringify(question)).digest('hex');
    },

    async select(mirror) {
      const family = familyOf(mirror.config);
      const offered = await load(mirror.name);
      const own = offered.filter((candidate) => family.isSelectable?.(mirror.config, candidate) ?? true);
      const { filter } = mirror.config;
      const taken = filter === undefined ? own : await matching(mirror, filter, own, { config, blobs, load });
      const seeds = family.versions?.(mirror.config, taken) ?? taken;
      if (!followsDependencies(mirror)) return { selected: withCompany(mirror, seeds, offered), unsatisfied: [] };
      const world = await worldOf(mirror, membersOf(mirror));
      const { selectWithDependencies } = await import('./selection-world.ts');
      const { selected, unsatisfied } = selectWithDependencies(mirror, seeds, world);
      return { selected: withCompany(mirror, selected, world.available), unsatisfied };
    },
  };
}

/** With what belongs to the packages besides dependencies, each once. */
function withCompany({ config }: NamedMirror, selected: readonly Candidate[], offered: readonly Candidate[]): readonly Candidate[] {
  const company = familyOf(config).accompanying?.(config, selected, offered) ?? [];
  return company.length === 0 ? selected : [...new Set([...selected, ...company])];
}

function followsDependencies(mirror: NamedMirror): boolean {
  return mirror.config.withDeps !== false;
}

async function matching(
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
