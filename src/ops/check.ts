import { readFile } from 'node:fs/promises';
import type { FamilyName, MirrorConfig } from '../config/schema.ts';
import { MirrorError, reasonOf } from '../core/errors.ts';
import type { Family } from '../family/family.ts';
import type { Explanation, Step } from '../solve/explanation.ts';
import { createProver, type Prover } from '../solve/prover.ts';
import type { Candidate } from '../solve/universe.ts';
import { type AskedPackage, findAsked, splitAsked } from './asked-packages.ts';
import type { OperationContext } from './context.ts';
import { architecturesOf } from './dependencies.ts';
import { familyNamed } from './families.ts';
import { totalSize } from './selection.ts';
import { type OpenedSource, openSources } from './sources.ts';

/** What is to be proved, and from what. */
export interface CheckRequest {
  /** Of mirrors, repos, snapshots or publications of one family; a package may come from any of them. At least one. */
  readonly names: readonly string[];
  /** What is to be installed: see `findAsked`. Each may be several with commas between them. */
  readonly install: readonly string[];
  /** Every package, each alone. */
  readonly all: boolean;
  /** Also what is recommended, as far as it is there. */
  readonly recommends: boolean;
  /** A file that says what is installed already, absolute: a dpkg status file or a list. */
  readonly installed?: string | undefined;
  /** The machine's architecture, and others that it takes packages of. Each architecture there is, alone, where left out. */
  readonly architectures?: readonly string[] | undefined;
}

/** What was found out of one package. */
export interface PackageCheck {
  readonly asked: string;
  readonly installable: boolean;
  /** The package that was asked for, in the version that would be installed; null when it cannot be. */
  readonly package: string | null;
  /** Why it cannot be installed; empty when it can. */
  readonly reasons: readonly Reason[];
}

/** One of the facts that keep something from being installed. Without any one of them it could be. */
export type Reason = Pick<Step, 'kind' | 'candidates' | 'similar' | 'text'> & {
  readonly package: string | null;
  readonly relation: string | null;
};

/** All packages that can be installed alone, at once. */
export interface TogetherCheck {
  readonly installable: boolean;
  /** What would be installed, everything needed included; empty when it cannot be. */
  readonly packages: readonly string[];
  /** Of the files of those that are not installed already. */
  readonly bytes: number;
  /** Which of those asked for are in each other's way; empty when none are. */
  readonly conflicting: readonly string[];
  readonly reasons: readonly Reason[];
}

/** What was found out of every package. */
export interface AllCheck {
  readonly packages: number;
  /** Those that cannot be installed. */
  readonly broken: readonly { readonly package: string; readonly reasons: readonly Reason[] }[];
}

/** What was proved for one machine. */
export interface MachineCheck {
  /** Null where packages are for no particular one, or go together whatever theirs is. */
  readonly architecture: string | null;
  readonly install: readonly PackageCheck[];
  /** Null unless several packages were asked for. */
  readonly together: TogetherCheck | null;
  readonly all: AllCheck | null;
}

/** What was proved, for people and --json. */
export interface CheckReport {
  readonly names: readonly string[];
  readonly family: FamilyName;
  /** Whether some of the packages are those that the next sync would bring. */
  readonly planned: boolean;
  /** Whether all that was asked can be installed, on each machine that it is for. */
  readonly installable: boolean;
  readonly machines: readonly MachineCheck[];
}

type AnyFamily = Family<MirrorConfig, Candidate>;

/**
 * Proves that packages can be installed from what goes by some names, each alone and all together, or finds out why not.
 * Errors: USAGE, NAME_UNKNOWN, NEVER_SYNCED, QUERY_INVALID, FILE_MISSING and CONFIG_INVALID for the file of what is installed, CHECK_UNDECIDED.
 */
export async function check(request: CheckRequest, context: OperationContext): Promise<CheckReport> {
  const { family: familyName, candidates, planned } = await openAll(request.names, context);
  const family = familyNamed(familyName);
  const binary = candidates.filter((candidate) => family.isInstallable(candidate));
  const installed = request.installed === undefined ? [] : await readInstalled(request.installed, binary, family);
  const asked = await findAsked(request.install.flatMap(splitAsked), withInstalled(binary, installed), { family, blobs: context.blobs });
  const machines: MachineCheck[] = [];
  for (const architectures of machinesOf(binary, family, request.architectures)) {
    machines.push(await checkMachine({ request, family, binary, installed, asked, architectures, context }));
  }
  const installable = machines.every(
    ({ install, together, all }) =>
      install.every((one) => one.installable) && together?.installable !== false && (all === null || all.broken.length === 0),
  );
  return { names: request.names, family: familyName, planned, installable, machines };
}

/** What goes by the names. A package that several have is there once. Throws USAGE when they are of different families. */
async function openAll(
  names: readonly string[],
  context: OperationContext,
): Promise<Pick<OpenedSource, 'family' | 'candidates' | 'planned'>> {
  const [first, ...others] = await openSources(names, context);
  if (first === undefined) throw new MirrorError('USAGE', 'nothing is named to check');
  if (others.length === 0) return first;
  const stranger = others.find(({ family }) => family !== first.family);
  if (stranger !== undefined) {
    throw new MirrorError('USAGE', `"${first.name}" has packages for ${first.family}, and "${stranger.name}" for ${stranger.family}`);
  }
  const { label } = familyNamed(first.family);
  const byLabel = new Map<string, Candidate>();
  for (const { candidates } of [first, ...others]) {
    for (const candidate of candidates) if (!byLabel.has(label(candidate))) byLabel.set(label(candidate), candidate);
  }
  return { family: first.family, candidates: [...byLabel.values()], planned: [first, ...others].some(({ planned }) => planned) };
}

/** What is installed may be there, too. */
function withInstalled(candidates: readonly Candidate[], installed: readonly Candidate[]): readonly Candidate[] {
  return installed.length === 0 ? candidates : [...new Set([...candidates, ...installed])];
}

function isForAll(architecture: string): boolean {
  return architecture === 'all' || architecture === 'noarch';
}

/** For each machine its own architecture first. Empty for a machine that takes packages of all of them. */
function machinesOf(
  candidates: readonly Candidate[],
  family: AnyFamily,
  wanted: readonly string[] | undefined,
): readonly (readonly string[])[] {
  const found = architecturesOf(candidates);
  if (wanted !== undefined) {
    const unknown = wanted.find((architecture) => !found.includes(architecture) && found.length > 0);
    if (unknown === undefined) return [wanted];
    throw new MirrorError('USAGE', `there are no packages for ${unknown}`, {
      hint: `There are packages for ${found.join(', ')}.`,
    });
  }
  const machines = family.machines(found);
  return machines.length === 0 ? [[]] : machines;
}

interface MachineRequest {
  readonly request: CheckRequest;
  readonly family: AnyFamily;
  readonly binary: readonly Candidate[];
  readonly installed: readonly Candidate[];
  readonly asked: readonly AskedPackage[];
  readonly architectures: readonly string[];
  readonly context: OperationContext;
}

async function checkMachine(machine: MachineRequest): Promise<MachineCheck> {
  const { request, family, binary, installed, asked, architectures, context } = machine;
  const [native] = architectures;
  const fits = ({ architecture }: Candidate): boolean =>
    native === undefined || isForAll(architecture) || architectures.includes(architecture);
  const present = installed.filter(fits);
  const universe = await family.universe(withInstalled(binary.filter(fits), present), context.blobs);
  const prover = createProver(universe, {
    recommends: request.recommends,
    installed: present,
    compareVersions: family.compareVersions,
    label: family.label,
    ...(native === undefined ? {} : { native }),
  });
  // What is only there for other machines is not asked of this one; what is nowhere is.
  const here = asked.flatMap((one) => {
    const candidates = one.candidates.filter(fits);
    return candidates.length === 0 && one.candidates.length > 0 && request.architectures === undefined ? [] : [{ ...one, candidates }];
  });
  const install = here.map((one) => checkOne(one, prover, family));
  const possible = here.filter((_, index) => install[index]?.installable === true);
  return {
    architecture: native ?? null,
    install,
    together: possible.length > 1 ? checkTogether(possible, prover, { family, present }) : null,
    all: request.all ? checkAll(prover, universe.candidates.length, family) : null,
  };
}

function checkOne({ asked, candidates, near }: AskedPackage, prover: Prover<Candidate>, family: AnyFamily): PackageCheck {
  if (candidates.length === 0) {
    const hint = near.length > 0 ? `; there is ${near.join(', ')}` : '';
    const text = `${asked} is not there${hint}`;
    const reason: Reason = { kind: 'asked', package: null, relation: asked, candidates: [], similar: near, text };
    return { asked, installable: false, package: null, reasons: [reason] };
  }
  const proof = prover.prove([candidates]);
  if (!proof.installable) return { asked, installable: false, package: null, reasons: reasonsOf(proof.explanation) };
  const solution = new Set(proof.solution);
  const chosen = candidates.find((candidate) => solution.has(candidate));
  return { asked, installable: true, package: chosen === undefined ? null : family.label(chosen), reasons: [] };
}

function checkTogether(
  asked: readonly AskedPackage[],
  prover: Prover<Candidate>,
  { family, present }: { readonly family: AnyFamily; readonly present: readonly Candidate[] },
): TogetherCheck {
  const lists = asked.map(({ candidates }) => candidates);
  const proof = prover.prove(lists);
  if (!proof.installable) {
    const { explanation } = proof;
    return {
      installable: false,
      packages: [],
      bytes: 0,
      conflicting: explanation.asked.flatMap((place) => asked[place]?.asked ?? []),
      reasons: reasonsOf(explanation),
    };
  }
  const before = new Set(present);
  const added = proof.solution.filter((candidate) => !before.has(candidate));
  return {
    installable: true,
    packages: added.map((candidate) => family.label(candidate)).sort(),
    bytes: added.reduce((sum, candidate) => sum + totalSize(candidate), 0),
    conflicting: [],
    reasons: [],
  };
}

function checkAll(prover: Prover<Candidate>, packages: number, family: AnyFamily): AllCheck {
  const broken = prover.findBroken().map((candidate) => {
    const proof = prover.prove([[candidate]]);
    return { package: family.label(candidate), reasons: proof.installable ? [] : reasonsOf(proof.explanation) };
  });
  return { packages, broken };
}

function reasonsOf({ steps }: Explanation): Reason[] {
  return steps.map(({ kind, package: owner, relation, candidates, similar, text }) => ({
    kind,
    package: owner ?? null,
    relation: relation ?? null,
    candidates,
    similar,
    text,
  }));
}

async function readInstalled(path: string, available: readonly Candidate[], family: AnyFamily): Promise<readonly Candidate[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  return family.installed(bytes, path, available);
}
