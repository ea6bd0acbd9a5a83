import type { RegistryTables, StoredManifest } from '../../store/registry-tables.ts';
import { referrersTag } from '../format/digest-tags.ts';
import { parseManifest } from '../format/manifest.ts';
import { isIndexType } from '../format/media-types.ts';

/** What an index of referrers says of each. */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface ReferrersQuery {
  /** Only those of this kind. */
  readonly artifactType?: string | undefined;
  /** Only those whose digest comes after this one. */
  readonly last?: string | undefined;
}

export interface ReferrersPage {
  readonly referrers: readonly Referrer[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** A page is no larger than this in bytes of JSON, unless its one referrer is: clients take no larger manifest. */
const MAX_PAGE_BYTES = 3 * 1024 * 1024;
const MAX_PAGE = 1000;
const READ_AT_ONCE = 200;

/**
 * What refers to a manifest, by digest (distribution specification, "Listing referrers"): manifests with it as their subject, and those that an index lists
 * which a client keeps at the tag of the referrers tag schema, as far as they are in the repository.
 */
export function listReferrers(tables: RegistryTables, repository: string, subject: string, query: ReferrersQuery): ReferrersPage {
  const referrers: Referrer[] = [];
  let bytes = 0;
  for (const referrer of inOrder(
    storedReferrers(tables, repository, subject, query.last),
    taggedReferrers(tables, repository, subject, query.last),
  )) {
    if (query.artifactType !== undefined && referrer.artifactType !== query.artifactType) continue;
    bytes += JSON.stringify(referrer).length + 1;
    if (referrers.length >= MAX_PAGE || (bytes > MAX_PAGE_BYTES && referrers.length > 0)) return { referrers, more: true };
    referrers.push(referrer);
  }
  return { referrers, more: false };
}

function* storedReferrers(tables: RegistryTables, repository: string, subject: string, after: string | undefined): Generator<Referrer> {
  let last = after;
  for (;;) {
    const found = tables.referrers(repository, subject, { last, limit: READ_AT_ONCE });
    for (const manifest of found) yield referrerFrom(manifest, manifest);
    if (found.length < READ_AT_ONCE) return;
    last = found.at(-1)?.digest;
  }
}

function taggedReferrers(tables: RegistryTables, repository: string, subject: string, after = ''): Referrer[] {
  const tagged = tables.tag(repository, referrersTag(subject));
  const index = tagged === undefined ? undefined : tables.manifest(repository, tagged.digest);
  if (index === undefined || !isIndexType(index.mediaType)) return [];
  const bytes = tables.manifestBytes(repository, index.digest);
  if (bytes === undefined) return [];
  const found = new Map<string, Referrer>();
  for (const listed of parseManifest(bytes, index.mediaType, `the index ${index.digest}`).manifests) {
    const manifest = listed.digest > after ? tables.manifest(repository, listed.digest) : undefined;
    if (manifest !== undefined && (manifest.subject ?? subject) === subject) found.set(listed.digest, referrerFrom(manifest, listed));
  }
  return [...found.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

function referrerFrom(
  { mediaType, digest, size }: StoredManifest,
  { artifactType, annotations }: Pick<Referrer, 'artifactType' | 'annotations'>,
): Referrer {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** Two sequences that are in the order of digests as one; what is in both comes from the first. */
function* inOrder(stored: Iterable<Referrer>, tagged: readonly Referrer[]): Generator<Referrer> {
  let next = 0;
  for (const referrer of stored) {
    for (let other = tagged[next]; other !== undefined && other.digest <= referrer.digest; other = tagged[next]) {
      if (other.digest !== referrer.digest) yield other;
      next++;
    }
    yield referrer;
  }
  yield* tagged.slice(next);
}
