import type { MirrorConfig } from '../config/schema.ts';
import type { Family } from '../family/family.ts';
import { type Closure, closure } from '../solve/closure.ts';
import { installableClosure } from '../solve/installable-closure.ts';
import type { Candidate, ClosureOptions, Universe } from '../solve/universe.ts';
import type { BlobStore } from '../store/blobs.ts';
import { familyOf } from './families.ts';
import { installedFile, readInstalled } from './installed-file.ts';
import type { NamedMirror } from './names.ts';

/** What the dependencies of a mirror's selection are found in. */
export interface SelectionWorld {
  readonly universe: Universe<Candidate>;
  /** What the mirrors offer. */
  readonly available: readonly Candidate[];
  /** What clients have, part of the universe. */
  readonly base: readonly Candidate[];
}

/** Throws CONFIG_INVALID when the file that says what clients have cannot be read or understood, and METADATA_INVALID. */
export async function createWorld(mirror: NamedMirror, available: readonly Candidate[], blobs: BlobStore): Promise<SelectionWorld> {
  const family = familyOf(mirror.config);
  const bytes = await readInstalled(mirror);
  const base = bytes === undefined ? [] : family.installed(bytes, installedFile(mirror) ?? '', available);
  const offered = new Set(base.length === 0 ? [] : available);
  const others = base.filter((candidate) => !offered.has(candidate));
  return { universe: await family.universe(others.length === 0 ? available : [...available, ...others], blobs), available, base };
}

/**
 * What is asked for, with the dependencies that the mirror's configuration wants, and what every machine has where it wants that. What clients
 * have is left out.
 */
export function selectWithDependencies(mirror: NamedMirror, asked: readonly Candidate[], world: SelectionWorld): Closure<Candidate> {
  const { universe, available, base } = world;
  const family = familyOf(mirror.config);
  const { required, ...options } = dependencyOptions(mirror);
  const seeds = withoutBase(required ? [...asked, ...requiredAmong(available, family)] : asked, base, family);
  const request = { ...options, base, label: family.label, compareVersions: family.compareVersions, machines: machinesOf(mirror) };
  // A whole mirror has what its own packages choose between.
  return mirror.config.filter === undefined ? closure(universe, seeds, request) : installableClosure(universe, seeds, request);
}

function dependencyOptions(mirror: NamedMirror): ClosureOptions & { readonly required: boolean } {
  const { withDeps } = mirror.config;
  if (typeof withDeps === 'boolean') return { recommends: false, suggests: false, source: false, allVariants: false, required: false };
  const { recommends, suggests, source, allVariants, required } = withDeps;
  return { recommends, suggests, source, allVariants, required };
}

/** The architectures of the machines that a mirror is for; undefined where there is one. */
function machinesOf({ config }: NamedMirror): readonly string[] | undefined {
  const { architectures = [] } = config;
  return familyOf(config).hasMachineArchitectures && architectures.length > 1 ? architectures : undefined;
}

/** Without what the base has in this version or a newer one. */
function withoutBase<C extends Candidate>(
  candidates: readonly C[],
  base: readonly C[],
  { compareVersions }: Pick<Family<MirrorConfig, C>, 'compareVersions'>,
): readonly C[] {
  if (base.length === 0) return candidates;
  const byName = Map.groupBy(base, ({ name }) => name);
  const isThere = (candidate: C): boolean =>
    (byName.get(candidate.name) ?? []).some(
      (present) => isForSame(present, candidate) && compareVersions(present.version, candidate.version) >= 0,
    );
  return candidates.filter((candidate) => !isThere(candidate));
}

function isForSame(present: Candidate, candidate: Candidate): boolean {
  if (present.architecture === candidate.architecture) return true;
  if (candidate.architecture === 'source') return false;
  return [present, candidate].some(({ architecture }) => architecture === 'all' || architecture === 'noarch');
}

/** What every machine of an apt archive has: what is Essential or of Priority required, the newest version of each. */
function requiredAmong<C extends Candidate>(
  candidates: readonly C[],
  { subject, compareVersions }: Pick<Family<MirrorConfig, C>, 'subject' | 'compareVersions'>,
): readonly C[] {
  const newest = new Map<string, C>();
  for (const candidate of candidates) {
    if (candidate.architecture === 'source') continue;
    const stated = subject(candidate);
    if (stated.field('Essential')?.toLowerCase() !== 'yes' && stated.field('Priority')?.toLowerCase() !== 'required') continue;
    const key = `${candidate.name} ${candidate.architecture}`;
    const known = newest.get(key);
    if (known === undefined || compareVersions(candidate.version, known.version) > 0) newest.set(key, candidate);
  }
  return [...newest.values()];
}
