import type { ClosureOptions, Requirement } from '../../solve/universe.ts';
import { architectureFamily, isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { type Capability, formatCapability } from '../format/dependencies.ts';
import { type RelationKind, readRelations, visitRelations } from '../format/repodata/relations.ts';
import { isRich, parseRich } from '../format/rich.ts';
import type { XmlScanner } from '../format/xml/xml-scanner.ts';
import { decodeXml } from '../format/xml/xml-text.ts';
import { mayRequire, modulesKey } from '../modules/consistency.ts';
import { unconflictedRules } from './conflicts.ts';
import type { Preference } from './preference.ts';
import type { Providers } from './providers.ts';
import { type Clause, richClauses } from './rich-clauses.ts';
import { type Rule, richRules } from './rich-rules.ts';
import { indexSupplements } from './supplements.ts';

type ReverseKind = 'supplements' | 'enhances';

/** What requirements are made of, and those that were made. */
export interface World {
  readonly candidates: readonly YumCandidate[];
  readonly providers: Providers;
  readonly preference: Preference;
  /** The architectures that the candidates are for. */
  readonly families: readonly string[];
  readonly scanner: XmlScanner;
  /** Answers given before, by text and requirer's architecture and modules: requirements are shared, and their lists recognised. */
  readonly known: Map<string, readonly SharedRequirement[]>;
  /** What asks to be there beside others. Made when first asked for. */
  readonly reverse: Map<ReverseKind, ReturnType<typeof indexSupplements>>;
  /** Source packages by the name of their file. Made when first asked for. */
  sources: Map<string, YumCandidate[]> | undefined;
}

/** A requirement of all packages of an architecture, and of the same modules, that state it. */
export interface SharedRequirement extends Requirement {
  readonly alternatives: readonly (readonly YumCandidate[])[];
  /** What is asked for, without versions. */
  readonly names: readonly string[];
  readonly when?: readonly YumCandidate[] | undefined;
}

/** Whether it is stated, and not for the reverse or for a source package. */
export function isShared(requirement: Requirement): requirement is SharedRequirement {
  return 'names' in requirement;
}

/** What a candidate requires, as `createUniverse` says. */
export function requirementsOf(world: World, owner: number, options: ClosureOptions): Requirement[] {
  const candidate = world.candidates[owner];
  if (candidate === undefined || isSourceArchitecture(candidate.architecture)) return [];
  const conditional = options.conditional === true;
  const requirements: Requirement[] = statedRequirements(world, owner, { kind: 'requires', conditional });
  if (conditional) requirements.push(...absences(world, owner));
  for (const [kind, reverse] of [options.recommends && WEAK.recommends, options.suggests && WEAK.suggests].filter(
    (kinds) => kinds !== false,
  )) {
    // What is only recommended may be missing.
    requirements.push(...statedRequirements(world, owner, { kind, conditional }).filter(isSatisfiable));
    requirements.push(...reverseRequirements(world, owner, reverse));
  }
  return options.source ? [...requirements, ...sourceRequirement(world, candidate)] : requirements;
}

const WEAK = { recommends: ['recommends', 'supplements'], suggests: ['suggests', 'enhances'] } as const;

interface StatedKind {
  readonly kind: RelationKind;
  readonly conditional: boolean;
}

function statedRequirements(world: World, owner: number, { kind, conditional }: StatedKind): SharedRequirement[] {
  const candidate = world.candidates[owner];
  if (candidate === undefined) return [];
  const requirements: SharedRequirement[] = [];
  for (const capability of readRelations(world.scanner, candidate.element, kind)) {
    if (capability.name.startsWith('rpmlib(') || capability.name.startsWith('solvable:')) continue;
    for (const requirement of sharedRequirements(world, capability, { requirer: candidate, conditional })) {
      if (requirement.alternatives.some((list) => list.includes(candidate))) continue;
      const { when } = requirement;
      requirements.push(when?.includes(candidate) ? { ...requirement, when: when.filter((other) => other !== candidate) } : requirement);
    }
  }
  return requirements;
}

function sharedRequirements(
  world: World,
  capability: Capability,
  { requirer, conditional }: { readonly requirer: YumCandidate; readonly conditional: boolean },
): readonly SharedRequirement[] {
  const text = formatCapability(capability);
  const rich = isRich(capability.name);
  const key = `${rich && conditional ? 'conditional' : ''} ${requirer.architecture} ${modulesKey(requirer)} ${text}`;
  let shared = world.known.get(key);
  if (shared === undefined) {
    const rules = rich
      ? richRequirement(world, capability.name, conditional)
      : [{ when: [], choices: [{ name: capability.name, owners: world.providers.of(capability) }] }];
    const own = architectureFamily(requirer.architecture);
    const families = own === undefined && world.families.length > 1 ? world.families : [own];
    shared = rules.flatMap((rule) => forFamilies(world, { rule, text, families, requirer }));
    world.known.set(key, shared);
  }
  return shared;
}

/** A malformed one is a requirement that nothing satisfies. */
function richRequirement(world: World, text: string, conditional: boolean): readonly Rule[] {
  const node = parseRich(text);
  const always = (choices: Clause): Rule => ({ when: [], choices });
  if (node === undefined) return [always([])];
  const rules = conditional ? richRules(node, false, world.providers) : undefined;
  return rules ?? richClauses(node, world.providers).map(always);
}

interface FamilyRequest {
  readonly rule: Rule;
  readonly text: string;
  /** Undefined for every architecture. */
  readonly families: readonly (string | undefined)[];
  readonly requirer: YumCandidate;
}

/** The rule for each architecture, as far as something of that architecture, or of none, satisfies it; once, unsatisfied, where none does. */
function forFamilies(world: World, { rule, text, families, requirer }: FamilyRequest): SharedRequirement[] {
  const names = [...new Set(rule.choices.map(({ name }) => name))];
  const when = rule.when.length === 0 ? undefined : rule.when.flatMap((owner) => world.candidates[owner] ?? []);
  const perFamily = families.map((family) => {
    const alternatives = rule.choices.map(({ name, owners }) =>
      world.preference.sorted(
        owners.filter((owner) => fits(world.candidates[owner], { family, requirer })),
        { name, requirer },
      ),
    );
    return { text, alternatives, names, when };
  });
  const satisfied = perFamily.filter(isSatisfiable);
  return satisfied.length > 0 ? satisfied : perFamily.slice(0, 1);
}

function isSatisfiable({ alternatives }: Requirement): boolean {
  return alternatives.some((list) => list.length > 0);
}

/** What Conflicts ask for. */
function absences(world: World, owner: number): SharedRequirement[] {
  const requirer = world.candidates[owner];
  if (requirer === undefined) return [];
  return unconflictedRules(world, owner).flatMap(({ text, rule }) =>
    forFamilies(world, { rule, text, families: [architectureFamily(requirer.architecture)], requirer }),
  );
}

function reverseRequirements(world: World, owner: number, kind: ReverseKind): Requirement[] {
  let index = world.reverse.get(kind);
  if (index === undefined) {
    index = indexSupplements(world, kind);
    world.reverse.set(kind, index);
  }
  const requirer = world.candidates[owner];
  if (requirer === undefined) return [];
  return (index.get(owner) ?? []).map(({ owners, when, unless, text }) => {
    const of = (indexes: readonly number[]): YumCandidate[] => indexes.flatMap((other) => world.candidates[other] ?? []);
    const alternatives = [world.preference.sorted(owners, { name: '', requirer }), of(unless)];
    return when.length === 0 ? { text, alternatives } : { text, alternatives, when: of(when) };
  });
}

function fits(
  candidate: YumCandidate | undefined,
  { family, requirer }: { readonly family: string | undefined; readonly requirer: YumCandidate },
): boolean {
  if (candidate === undefined || !mayRequire(requirer, candidate)) return false;
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
