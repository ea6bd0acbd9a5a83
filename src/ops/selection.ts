import { createHash } from 'node:crypto';
import type { Candidate } from '../solve/universe.ts';
import type { MirrorState, Unsatisfied } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { installedDigest, installedFile } from './installed-file.ts';
import { keyText } from './key-text.ts';
import { companions, type NamedMirror } from './names.ts';
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

  /** What looks into filters is loaded where there is one and something has changed. */
  const matchingNow = async (mirror: NamedMirror, own: readonly Candidate[], filter: string): Promise<readonly Candidate[]> => {
    const { matchingPackages } = await import('./matching-packages.ts');
    return await matchingPackages(mirror, filter, own, { config, blobs, load });
  };

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
      const taken = filter === undefined ? own : await matchingNow(mirror, own, filter);
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
