import type { ClosureOptions, Requirement, Universe } from '../../solve/universe.ts';
import type { BlobStore } from '../../store/blobs.ts';
import { architectureFamily, isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { type Capability, formatCapability } from '../format/dependencies.ts';
import { type RelationKind, readRelations, visitRelations } from '../format/relations.ts';
import { isRich, parseRich } from '../format/rich.ts';
import { XmlScanner } from '../format/xml-scanner.ts';
import { decodeXml } from '../format/xml-text.ts';
import { indexConflicts } from './conflicts.ts';
import { createPreference, type Preference } from './preference.ts';
import { indexProviders, type Providers } from './providers.ts';
import { type Clause, richClauses } from './rich-clauses.ts';

/**
 * Several upstreams' packages as one world. A package's requirements are its Requires, without those on rpm itself and those that it
 * provides itself; its Recommends and Suggests, and its source package, as the options ask. Source packages require nothing here:
 * what they need is for building them.
 *
 * A package that fits every architecture, in a world of several, has each requirement once for each of them. Of a rich dependency with a
 * condition, what the condition would ask for is required where it is to be had, so that it is there whatever the client has installed.
 */
export async function createUniverse(candidates: readonly YumCandidate[], blobs: BlobStore): Promise<Universe<YumCandidate>> {
  const providers = await indexProviders(candidates, blobs);
  const world: World = {
    candidates,
    providers,
    preference: createPreference(candidates),
    families: [
      ...new Set(candidates.map((candidate) => architectureFamily(candidate.architecture)).filter((family) => family !== undefined)),
    ].sort(),
    scanner: new XmlScanner(),
    known: new Map(),
    sources: undefined,
  };
  const indexes = new Map(candidates.map((candidate, index) => [candidate, index]));
  let conflictsOf: ReturnType<typeof indexConflicts> | undefined;
  return {
    candidates,
    requirements(candidate, options) {
      const owner = indexes.get(candidate);
      return owner === undefined ? [] : requirementsOf(world, owner, options);
    },
    conflicts(candidate) {
      conflictsOf ??= indexConflicts(world);
      const owner = indexes.get(candidate);
      return owner === undefined ? [] : conflictsOf(owner);
    },
  };
}

interface World {
  readonly candidates: readonly YumCandidate[];
  readonly providers: Providers;
  readonly preference: Preference;
  /** The architectures that the candidates are for. */
  readonly families: readonly string[];
  readonly scanner: XmlScanner;
  /** Answers given before, by text and requirer's architecture: requirements are shared, and their lists recognised. */
  readonly known: Map<string, readonly SharedRequirement[]>;
  /** Source packages by the name of their file. Made when first asked for. */
  sources: Map<string, YumCandidate[]> | undefined;
}

interface SharedRequirement extends Requirement {
  /** Of the candidates that satisfy it. */
  readonly owners: ReadonlySet<number>;
}

function requirementsOf(world: World, owner: number, options: ClosureOptions): Requirement[] {
  const candidate = world.candidates[owner];
  if (candidate === undefined || isSourceArchitecture(candidate.architecture)) return [];
  const kinds: RelationKind[] = ['requires'];
  if (options.recommends) kinds.push('recommends');
  if (options.suggests) kinds.push('suggests');
  const requirements: Requirement[] = [];
  for (const kind of kinds) {
    for (const capability of readRelations(world.scanner, candidate.element, kind)) {
      if (capability.name.startsWith('rpmlib(') || capability.name.startsWith('solvable:')) continue;
      for (const requirement of sharedRequirements(world, capability, candidate)) {
        if (requirement.owners.has(owner)) continue;
        // What is only recommended may be missing.
        if (kind === 'requires' || requirement.owners.size > 0) requirements.push(requirement);
      }
    }
  }
  if (options.source) requirements.push(...sourceRequirement(world, candidate));
  return requirements;
}

function sharedRequirements(world: World, capability: Capability, candidate: YumCandidate): readonly SharedRequirement[] {
  const text = formatCapability(capability);
  const key = `${candidate.architecture} ${text}`;
  let shared = world.known.get(key);
  if (shared === undefined) {
    const clauses = isRich(capability.name)
      ? richRequirement(world, capability.name)
      : [[{ name: capability.name, owners: world.providers.of(capability) }]];
    const own = architectureFamily(candidate.architecture);
    const families = own === undefined && world.families.length > 1 ? world.families : [own];
    shared = clauses.flatMap((clause) => forFamilies(world, { clause, text, families, requirer: candidate }));
    world.known.set(key, shared);
  }
  return shared;
}

/** A malformed one is a requirement that nothing satisfies. */
function richRequirement(world: World, text: string): readonly Clause[] {
  const node = parseRich(text);
  return node === undefined ? [[]] : richClauses(node, world.providers);
}

interface FamilyRequest {
  readonly clause: Clause;
  readonly text: string;
  /** Undefined for every architecture. */
  readonly families: readonly (string | undefined)[];
  readonly requirer: YumCandidate;
}

/** The clause for each architecture, as far as something of that architecture, or of none, satisfies it; once, unsatisfied, where none does. */
function forFamilies(world: World, { clause, text, families, requirer }: FamilyRequest): SharedRequirement[] {
  const perFamily = families.map((family) => {
    const alternatives = clause.map(({ name, owners }) => ({
      name,
      owners: owners.filter((owner) => fits(world.candidates[owner], family)),
    }));
    return {
      text,
      alternatives: alternatives.map(({ name, owners }) => world.preference.sorted(owners, { name, requirer })),
      owners: new Set(alternatives.flatMap(({ owners }) => owners)),
    };
  });
  const satisfied = perFamily.filter((requirement) => requirement.owners.size > 0);
  return satisfied.length > 0 ? satisfied : perFamily.slice(0, 1);
}

function fits(candidate: YumCandidate | undefined, family: string | undefined): boolean {
  if (candidate === undefined) return false;
  const own = architectureFamily(candidate.architecture);
  return own === undefined || family === undefined || own === family;
}

function sourceRequirement(world: World, candidate: YumCandidate): Requirement[] {
  let file: string | undefined;
  visitRelations(world.scanner, candidate.element, {
    sourceRpm: (start, end) => {
      file = decodeXml(candidate.element, start, end).trim();
    },
  });
  if (file === undefined || file === '') return [];
  world.sources ??= sourcesByFile(world.candidates);
  return [{ text: `source package ${file}`, alternatives: [world.sources.get(file) ?? []] }];
}

function sourcesByFile(candidates: readonly YumCandidate[]): Map<string, YumCandidate[]> {
  const sources = candidates.filter(({ architecture }) => isSourceArchitecture(architecture));
  // The file's name has no epoch.
  return Map.groupBy(sources, ({ name, version, architecture }) => `${name}-${version.replace(/^\d+:/, '')}.${architecture}.rpm`);
}
