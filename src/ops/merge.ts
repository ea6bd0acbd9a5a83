import type { MirrorConfig, PublicationConfig } from '../config/schema.ts';
import type { Family, StreamOf } from '../family/family.ts';
import type { Candidate } from '../solve/universe.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { Contents, StoredPackage } from '../store/catalogue.ts';
import { combinedSupplements } from './contents.ts';

/** How the versions of packages are ordered, and which are versions of each other. */
export interface Versioning {
  readonly compareVersions: (a: string, b: string) => number;
  /** All of one name and architecture are when left out. */
  readonly streamOf?: StreamOf | undefined;
}

export interface VersioningRequest {
  readonly sources: readonly Pick<Contents, 'supplements'>[];
  readonly rule: PublicationConfig['merge'];
  readonly blobs: BlobStore;
}

/** What a family says of versions, as far as merging by the rule asks for it. Throws METADATA_INVALID when the supplements cannot be read. */
export async function versioningOf(
  { compareVersions, streams }: Pick<Family<MirrorConfig, Candidate>, 'compareVersions' | 'streams'>,
  { sources, rule, blobs }: VersioningRequest,
): Promise<Versioning> {
  const matters = rule === 'latest' || (rule === 'replace' && sources.length > 1);
  return { compareVersions, streamOf: matters ? await streams?.(combinedSupplements(sources), blobs) : undefined };
}

/**
 * Several lists of packages as one, the later lists over the earlier.
 * `replace`: a package of a later list replaces every version of the same name and architecture, and the same stream, from earlier lists.
 * `latest`: of each of these only the newest version stays. `keepAll`: every version stays.
 * In all of them, of two packages with one name, version and architecture the one of the later list stays.
 * The result is sorted by name, then architecture, then version.
 */
export function mergePackages(
  lists: readonly (readonly StoredPackage[])[],
  rule: PublicationConfig['merge'],
  { compareVersions, streamOf = () => '' }: Versioning,
): StoredPackage[] {
  const [only = []] = lists;
  if (lists.length <= 1 && areDistinct(only)) return [...only];
  const merged = new Map<string, Versions>();
  for (const [number, list] of lists.entries()) {
    for (const entry of list) {
      const key = `${entry.name}\n${entry.architecture}\n${streamOf(entry)}`;
      const before = merged.get(key);
      if (before === undefined || (rule === 'replace' && before.list !== number)) {
        merged.set(key, { list: number, first: entry, all: undefined });
        continue;
      }
      before.list = number;
      before.all ??= new Map([[before.first.version, before.first]]);
      before.all.set(entry.version, entry);
    }
  }
  const result: StoredPackage[] = [];
  for (const key of [...merged.keys()].sort()) {
    const versions = merged.get(key);
    if (versions === undefined) continue;
    if (versions.all === undefined) {
      result.push(versions.first);
      continue;
    }
    const sorted = [...versions.all.values()].sort((a, b) => compareVersions(a.version, b.version) || a.id - b.id);
    if (rule === 'latest') result.push(...sorted.slice(-1));
    else result.push(...sorted);
  }
  return result;
}

/** The packages of one name, architecture and stream. */
interface Versions {
  /** The number of the list that the last of them is from. */
  list: number;
  readonly first: StoredPackage;
  /** By version, where there is more than one package. */
  all: Map<string, StoredPackage> | undefined;
}

/** Whether the packages are sorted by name, then architecture, and there is only one of each: as nearly every mirror has them. */
function areDistinct(packages: readonly StoredPackage[]): boolean {
  return packages.every((entry, index) => {
    const before = packages[index - 1];
    return before === undefined || before.name < entry.name || (before.name === entry.name && before.architecture < entry.architecture);
  });
}
