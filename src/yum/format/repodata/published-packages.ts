import type { Evr } from '../version.ts';
import { parseEvr } from '../version.ts';

/** The packages of a repository, as its further metadata names packages. */
export interface PublishedPackages {
  /** Whether there is a package of this name, of any version and architecture. */
  hasName(name: string): boolean;
  /** Whether there is this package: `name-epoch:version-release.arch`, the epoch always there. */
  has(nevra: string): boolean;
}

/** What is asked of packages to know them by name: `version` is `[epoch:]version-release`. */
export interface NamedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** `name-epoch:version-release.arch`, the epoch always there. */
export function nevraOf({ name, version, architecture }: NamedPackage): string {
  return formatNevra(name, parseEvr(version), architecture);
}

/** The same of a version that is taken apart. */
export function formatNevra(name: string, { epoch, version, release }: Evr, architecture: string): string {
  return `${name}-${epoch}:${version}-${release ?? ''}.${architecture}`;
}

/** Looks packages up by name and by their whole label; reads each of them once, for its three fields. */
export function publishedPackages(packages: Iterable<NamedPackage>): PublishedPackages {
  const names = new Set<string>();
  const labels = new Set<string>();
  for (const entry of packages) {
    names.add(entry.name);
    labels.add(nevraOf(entry));
  }
  return { hasName: (name) => names.has(name), has: (nevra) => labels.has(nevra) };
}
