import type { PackageRelation } from './relations.ts';

/** What a relation is asked for. */
export interface BuildEnvironment {
  /** Debian's name of an architecture, such as `amd64`; `all` for none in particular. */
  readonly architecture: string;
  /** The build profiles that are active. */
  readonly profiles: readonly string[];
}

/**
 * Whether a relation counts, by its architecture list (`[amd64 !i386 linux-any]`) and its build profiles (`<!nocheck> <stage1 cross>`): of
 * the profile lists one must hold, and in it every term (Debian policy 7.1, dpkg's deb-src-control(5)). One without either always counts.
 */
export function relationApplies({ architectures, profiles }: PackageRelation, environment: BuildEnvironment): boolean {
  return (
    (architectures === undefined || isConcerned(architectures, environment.architecture)) &&
    (profiles === undefined || profiles.some((terms) => terms.every((term) => termHolds(term, environment.profiles))))
  );
}

function termHolds(term: string, active: readonly string[]): boolean {
  return term.startsWith('!') ? !active.includes(term.slice(1)) : active.includes(term);
}

/** As in dpkg the first term that matches decides; where none does, a negated one says yes. */
function isConcerned(terms: readonly string[], architecture: string): boolean {
  let concerned = false;
  for (const term of terms) {
    const negated = term.startsWith('!');
    if (architectureMatches(architecture, negated ? term.slice(1) : term)) return !negated;
    concerned ||= negated;
  }
  return concerned;
}

/** Whether an architecture is the one named, or fits a wildcard such as `linux-any`, `any-arm` or `musl-any-any` (Debian policy 11.1). */
export function architectureMatches(architecture: string, wildcard: string): boolean {
  if (architecture === wildcard || wildcard === 'any') return true;
  const parts = wildcard.split('-');
  if (!parts.includes('any') || parts.length > 4) return false;
  const wanted = [...new Array<string>(4 - parts.length).fill('any'), ...parts];
  return tupleOf(architecture).every((part, index) => wanted[index] === 'any' || wanted[index] === part);
}

/** ABI and processor of the names that do not say so themselves. Those of the second table are for Linux with the GNU library only. */
const ABI_NAMES: Readonly<Record<string, readonly [abi: string, processor: string]>> = { armhf: ['eabihf', 'arm'], armel: ['eabi', 'arm'] };
const GNU_ABI_NAMES: typeof ABI_NAMES = {
  ...ABI_NAMES,
  arm64ilp32: ['ilp32', 'arm64'],
  mips64: ['abi64', 'mips64'],
  mips64el: ['abi64', 'mips64el'],
  mips64r6: ['abi64', 'mips64r6'],
  mips64r6el: ['abi64', 'mips64r6el'],
  mipsn32: ['abin32', 'mips64'],
  mipsn32el: ['abin32', 'mips64el'],
  mipsn32r6: ['abin32', 'mips64r6'],
  mipsn32r6el: ['abin32', 'mips64r6el'],
  powerpcspe: ['spe', 'powerpc'],
  x32: ['x32', 'amd64'],
};

/** The C library of the systems where it is not GNU's. */
const LIBRARIES: Readonly<Record<string, string>> = {
  aix: 'sysv',
  darwin: 'bsd',
  dragonflybsd: 'bsd',
  freebsd: 'bsd',
  mint: 'tos',
  netbsd: 'bsd',
  openbsd: 'bsd',
  solaris: 'sysv',
  uclinux: 'uclibc',
};

/** ABI, C library, system and processor of an architecture, by dpkg's tables. */
function tupleOf(architecture: string): readonly string[] {
  const words = architecture.split('-');
  const name = words.at(-1) ?? '';
  const system = words.at(-2) ?? 'linux';
  const library = words.at(-3) ?? LIBRARIES[system] ?? 'gnu';
  const [abi, processor] = (words.length === 1 ? GNU_ABI_NAMES[name] : ABI_NAMES[name]) ?? ['base', name];
  return [abi, library, system, processor];
}
