import fc from 'fast-check';
import type { Candidate, Conflict, Requirement, Universe } from '../../src/solve/universe.ts';

export const label = ({ name, version }: Candidate): string => `${name} ${version}`;

export const compareVersions = (a: string, b: string): number => Number(a) - Number(b);

export function candidate(name: string, version = '1', architecture = 'all'): Candidate {
  return { mirror: 'm', name, version, architecture, location: `${name}_${version}`, size: 1, checksums: [] };
}

/**
 * A universe in words: `a=2: b, c | d, f if g & h; !e; !i & j / k` is version 2 of `a`, which needs `b`, `c` or `d`, and `f` if `g` and `h` are
 * there; it conflicts with `e`, and with `i` and `j` together save where `k` is.
 */
export interface WrittenUniverse extends Universe<Candidate> {
  /** The candidates `a=2`, or all of `a`, newest first. */
  find(id: string): Candidate[];
}

/** Of one name there is one version at a time. `essential` are names. */
export function written(lines: readonly string[], essential: readonly string[] = []): WrittenUniverse {
  const parsed = lines.map((line) => {
    const [, head = '', needs = '', unwanted = ''] = /^([^:;]*):?([^;]*);?(.*)$/.exec(line)?.map((part) => part.trim()) ?? [];
    const [name = '', version = '1'] = head.split('=');
    const against = unwanted === '' ? [] : unwanted.split(';').map((part) => part.trim());
    return { candidate: candidate(name, version), needs: needs === '' ? [] : needs.split(',').map((need) => need.trim()), against };
  });
  const find = (id: string): Candidate[] => {
    const [name, version] = id.split('=');
    return parsed
      .map((entry) => entry.candidate)
      .filter((found) => found.name === name && (version === undefined || found.version === version))
      .sort((a, b) => compareVersions(b.version, a.version));
  };
  const entryOf = (of: Candidate) => parsed.find((entry) => entry.candidate === of);
  const parts = (text: string, separator: string): string[] => text.split(separator).map((part) => part.trim());
  const namesOf = (text: string): string[] => parts(parts(text, ' if ')[0] ?? '', '|').filter((name) => name !== '');
  /** Every way in which each of the names is there. */
  const togethers = (text: string): Candidate[][] =>
    parts(text, '&').reduce<Candidate[][]>((sets, name) => sets.flatMap((set) => find(name).map((found) => [...set, found])), [[]]);
  const requirement = (text: string): Requirement[] => {
    const [, condition] = parts(text, ' if ');
    const alternatives = namesOf(text).map(find);
    return condition === undefined ? [{ text, alternatives }] : togethers(condition).map((when) => ({ text, alternatives, when }));
  };
  const conflict = (text: string): Conflict<Candidate>[] => {
    const [together = '', without] = parts(text.slice(1), '/');
    const unless = without === undefined ? undefined : find(without);
    return togethers(together).flatMap(([other, ...and]) =>
      other === undefined ? [] : [{ with: other, and, unless, text: `conflicts with ${text.slice(1)}` }],
    );
  };
  return {
    candidates: parsed.map((entry) => entry.candidate),
    find,
    requirements: (of): Requirement[] => (entryOf(of)?.needs ?? []).flatMap(requirement),
    conflicts: (of): Conflict<Candidate>[] => [
      ...find(of.name)
        .filter((other) => other !== of)
        .map((other) => ({ with: other, text: 'excludes' })),
      ...(entryOf(of)?.against ?? []).flatMap(conflict),
    ],
    essential: () => essential.map(find).filter((list) => list.length > 0),
    similar: ({ text }) => namesOf(text).flatMap((id) => find(id.split('=')[0] ?? '')),
  };
}

/** Universes of up to six names in two versions, in words, with many conflicts. */
export const universes: fc.Arbitrary<readonly string[]> = fc
  .array(
    fc.record({
      name: fc.nat(5),
      version: fc.integer({ min: 1, max: 2 }),
      needs: fc.array(fc.array(fc.tuple(fc.nat(6), fc.option(fc.integer({ min: 1, max: 2 }))), { minLength: 1, maxLength: 3 }), {
        maxLength: 3,
      }),
      against: fc.array(fc.tuple(fc.nat(5), fc.option(fc.integer({ min: 1, max: 2 }))), { maxLength: 2 }),
      conditions: fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(6), fc.nat(6), fc.nat(2)), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((entries) => {
    const id = ([name, version]: readonly [number, number | null]): string => (version === null ? `p${name}` : `p${name}=${version}`);
    const lines = entries.map(({ name, version, needs, against, conditions }) => {
      const conditional = conditions.map(
        ([a, b, c, d, kind]) => [`p${c} if p${a}`, `p${c} | p${d} if p${a} & p${b}`, `none if p${a}`][kind] ?? '',
      );
      const wanted = [...needs.map((group) => group.map(id).join(' | ')), ...conditional].join(', ');
      const unwanted = [
        ...against.filter(([other]) => other !== name).map((other) => `;!${id(other)}`),
        ...conditions.map(([a, b, c, , kind]) => (kind === 1 ? `;!p${a} & p${b}` : `;!p${a} / p${c}`)),
      ];
      return `p${name}=${version}: ${wanted}${unwanted.join('')}`;
    });
    return [...new Map(lines.map((line) => [line.split(':')[0], line])).values()];
  });

/** Whether what is installed has all that it needs, and nothing that is against something else of it. */
export function isHealthy(universe: Universe<Candidate>, installed: ReadonlySet<Candidate>): boolean {
  const options = { recommends: false, suggests: false, source: false, allVariants: false };
  return [...installed].every(
    (one) =>
      universe
        .conflicts(one)
        .every(
          ({ with: other, and = [], unless = [] }) =>
            ![other, ...and].every((each) => installed.has(each)) || unless.some((each) => installed.has(each)),
        ) &&
      universe
        .requirements(one, options)
        .every(
          ({ alternatives, when = [] }) =>
            !when.every((each) => installed.has(each)) || alternatives.flat().some((other) => installed.has(other)),
        ),
  );
}

/** Every set of candidates that is healthy. */
export function healthySets(universe: Universe<Candidate>): ReadonlySet<Candidate>[] {
  const { candidates } = universe;
  return Array.from(
    { length: 2 ** candidates.length },
    (_, bits) => new Set(candidates.filter((_, index) => ((bits >> index) & 1) === 1)),
  ).filter((set) => isHealthy(universe, set));
}
