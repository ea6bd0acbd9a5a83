/**
 * Architectures whose packages can be installed together, by a name for all of them. `noarch` goes with every one, and has none of its
 * own; source packages are installed nowhere.
 */
export function architectureFamily(architecture: string): string | undefined {
  if (architecture === 'noarch' || isSourceArchitecture(architecture)) return undefined;
  if (/^(?:i[3-6]86|athlon|geode|x86_64\w*|amd64|ia32e)$/.test(architecture)) return 'x86';
  if (/^(?:ppc64|ppc|ppc64p7|ppc64iseries|ppc64pseries)$/.test(architecture)) return 'ppc';
  if (/^s390x?$/.test(architecture)) return 's390';
  if (/^sparc/.test(architecture)) return 'sparc';
  if (/^armv/.test(architecture)) return 'arm';
  return architecture;
}

/** Whether it is what source packages have in place of an architecture. */
export function isSourceArchitecture(architecture: string): boolean {
  return architecture === 'src' || architecture === 'nosrc';
}

/** How well a package of an architecture suits, the lower the better: 64 bits before 32, and `noarch` as good as the best. */
export function architectureRank(architecture: string): number {
  return /^(?:i[3-6]86|athlon|geode|ppc|s390|sparc|sparcv\w*)$/.test(architecture) ? 1 : 0;
}

/** Whether rpm takes a package of one architecture to be in the place of one of the other that has its name. */
export function isSamePlace(one: string, other: string): boolean {
  if (one === other || one === 'noarch' || other === 'noarch') return true;
  const family = architectureFamily(one);
  return family !== undefined && family === architectureFamily(other) && architectureRank(one) === architectureRank(other);
}

/** The machines that packages are for, each by its architectures, 64 bits before 32; none where all of them go together on one. */
export function machineArchitectures(architectures: readonly string[]): readonly (readonly string[])[] {
  const families = Map.groupBy(
    architectures.filter((architecture) => architectureFamily(architecture) !== undefined),
    architectureFamily,
  );
  if (families.size < 2) return [];
  return [...families.values()].map((family) => family.toSorted((a, b) => architectureRank(a) - architectureRank(b)));
}
