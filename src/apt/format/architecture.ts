/** Debian's names for what Node calls the machine. Names that are the same in both are left out. */
const DEBIAN_NAMES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm: 'armhf',
  ppc64: 'ppc64el',
};

/** Debian's name for an architecture that Node names, such as that of this machine in `process.arch`. */
export function debianArchitecture(nodeArchitecture: string): string {
  return DEBIAN_NAMES[nodeArchitecture] ?? nodeArchitecture;
}

/** What a source package has in place of an architecture. */
export const SOURCE = 'source';

const ARCHITECTURE = /^[a-z0-9][a-z0-9-]*$/;

/** Whether the text can be the architecture of a package: `amd64`, `all`. */
export function isArchitecture(text: string): boolean {
  return ARCHITECTURE.test(text);
}
