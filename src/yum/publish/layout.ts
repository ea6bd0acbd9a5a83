import type { StoredPackage } from '../../store/catalogue.ts';

/** Digits of its SHA-256 that tell a file from others of its name. */
const DIGEST_PART = 16;

/**
 * The path of each package in the published tree, in the order of the packages: the stored location, unless packages with different content
 * have the same. Then each of these is put in a directory named by its content, so that the result does not depend on their order.
 */
export function layOut(packages: readonly Pick<StoredPackage, 'location' | 'sha256'>[]): string[] {
  const contents = new Map<string, string>();
  const disputed = new Set<string>();
  for (const { location, sha256 } of packages) {
    const known = contents.get(location);
    if (known === undefined) contents.set(location, sha256);
    else if (known !== sha256) disputed.add(location);
  }
  return packages.map(({ location, sha256 }) => {
    if (!disputed.has(location)) return location;
    const slash = location.lastIndexOf('/') + 1;
    return `${location.slice(0, slash)}${sha256.slice(0, DIGEST_PART)}/${location.slice(slash)}`;
  });
}
