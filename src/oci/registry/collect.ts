import type { LinkedBlob, RegistryTables } from '../../store/registry-tables.ts';
import { cosignTags, digestInTag, referrersTag } from '../format/digest-tags.ts';
import { blobsOf, parseManifest } from '../format/manifest.ts';

export interface CollectOptions {
  /** What was pushed or asked for since stays, in milliseconds since 1970: a push may be under way that needs it. */
  readonly since: number;
  /** Also manifests that no tag leads to. Whoever uses images by their digests wants to keep these. */
  readonly untagged: boolean;
  /** Only says what would be removed. */
  readonly dryRun: boolean;
}

export interface CollectedManifest {
  readonly repository: string;
  readonly digest: string;
}

/** What is no longer in the registry. */
export interface Collected {
  readonly manifests: readonly CollectedManifest[];
  /** How many times a repository no longer has a blob that no manifest of it names. */
  readonly links: number;
  /** Names of repositories in which nothing was left. */
  readonly repositories: readonly string[];
  /** Files of the pool that no repository needs any more, by their SHA-256, with their sizes. */
  readonly files: ReadonlyMap<string, number>;
}

const PAGE = 1000;
/** Removed in one transaction. */
const BATCH = 200;

/**
 * Removes what nothing in the registry leads to: blobs that no manifest names, and where that is wanted manifests that no tag leads to. A tag leads to its
 * manifest, an index to what it lists, and a manifest to what refers to it, signatures and all. Files stay in the pool: `files` are those that may go.
 */
export function collectRegistry(tables: RegistryTables, options: CollectOptions): Collected {
  const manifests: CollectedManifest[] = [];
  const repositories: string[] = [];
  const removed = new Map<string, number>();
  const kept = new Set<string>();
  let links = 0;
  // Writes that began before `since` are done when this is; those that begin later say a later time of what they need.
  if (!options.dryRun) tables.together([]);
  for (const repository of everyPage(
    (last) => tables.allRepositories({ last, limit: PAGE }),
    (name) => name,
  )) {
    const stored = readRepository(tables, repository);
    manifests.push(...removeManifests(tables, repository, stored, options).map((digest) => ({ repository, digest })));
    const blobs = unlinkUnused(tables, repository, new Set([...stored.values()].flatMap((known) => known.blobs)), options);
    links += blobs.unused.length;
    for (const { sha256, size } of blobs.unused) removed.set(sha256, size);
    for (const { sha256 } of blobs.used) kept.add(sha256);
    const isEmpty = options.dryRun ? stored.size + blobs.used.length === 0 : tables.dropRepository(repository);
    if (isEmpty) repositories.push(repository);
  }
  const files = new Map(tables.unlinkedFiles().map(({ sha256, size }) => [sha256, size]));
  if (options.dryRun) for (const [sha256, size] of removed) if (!kept.has(sha256)) files.set(sha256, size);
  return { manifests, links, repositories, files };
}

/** Removes what no tag leads to, also from `stored`, and gives the digests. */
function removeManifests(
  tables: RegistryTables,
  repository: string,
  stored: Map<string, Known>,
  { since, untagged, dryRun }: CollectOptions,
): string[] {
  if (!untagged) return [];
  const wanted = reachable(tables, repository, stored);
  const lost = [...stored].filter(([digest, { storedAt }]) => !wanted.has(digest) && storedAt < since).map(([digest]) => digest);
  const remove = (digest: string): boolean => tables.deleteUntouched(repository, digest, since, (tag) => isAbout(tag, digest));
  const gone = dryRun ? lost : inBatches(tables, lost, remove);
  for (const digest of gone) stored.delete(digest);
  return gone;
}

/** Takes from a repository the blobs that none of its manifests names. */
function unlinkUnused(
  tables: RegistryTables,
  repository: string,
  named: ReadonlySet<string>,
  { since, dryRun }: CollectOptions,
): { readonly unused: readonly LinkedBlob[]; readonly used: readonly LinkedBlob[] } {
  const all = [
    ...everyPage(
      (last) => tables.blobs(repository, { last, limit: PAGE }),
      (blob) => blob.digest,
    ),
  ];
  const candidates = all.filter(({ digest, linkedAt }) => !named.has(digest) && linkedAt < since);
  const unlink = ({ digest }: LinkedBlob): boolean => tables.unlinkUntouched(repository, digest, since);
  const unused = new Set(dryRun ? candidates : inBatches(tables, candidates, unlink));
  return { unused: [...unused], used: all.filter((blob) => !unused.has(blob)) };
}

/** Removes some things, many in one transaction, which nobody has to wait long for. Gives those that are gone. */
function inBatches<T>(tables: RegistryTables, things: readonly T[], remove: (thing: T) => boolean): T[] {
  const gone: T[] = [];
  for (let start = 0; start < things.length; start += BATCH) {
    const batch = things.slice(start, start + BATCH);
    for (const [index, outcome] of tables.together(batch.map((thing) => () => remove(thing))).entries()) {
      if ('error' in outcome) throw outcome.error;
      if (outcome.value) gone.push(...batch.slice(index, index + 1));
    }
  }
  return gone;
}

/** A manifest of a repository with what it names. */
interface Known {
  readonly storedAt: number;
  readonly subject: string | undefined;
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
}

function readRepository(tables: RegistryTables, repository: string): Map<string, Known> {
  const found = new Map<string, Known>();
  for (const { digest, mediaType, storedAt, subject } of everyPage(
    (last) => tables.manifests(repository, { last, limit: PAGE }),
    (one) => one.digest,
  )) {
    const bytes = tables.manifestBytes(repository, digest);
    if (bytes === undefined) continue;
    const manifest = parseManifest(bytes, mediaType, `the manifest ${digest} of ${repository}`);
    const members = manifest.manifests.map((member) => member.digest);
    // What an index lists may be a blob, too.
    found.set(digest, { storedAt, subject, blobs: [...blobsOf(manifest).map((blob) => blob.digest), ...members], manifests: members });
  }
  return found;
}

/** The manifests that tags lead to. */
function reachable(tables: RegistryTables, repository: string, stored: ReadonlyMap<string, Known>): Set<string> {
  const referrers = new Map<string, string[]>();
  for (const [digest, { subject }] of stored)
    if (subject !== undefined) referrers.set(subject, [...(referrers.get(subject) ?? []), digest]);
  const tags = [
    ...everyPage(
      (last) => tables.tags(repository, { last, limit: PAGE }),
      ({ name }) => name,
    ),
  ];
  const byName = new Map(tags.map(({ name, digest }) => [name, digest]));
  const wanted = new Set<string>();
  // A signature at a tag made of a digest is kept for what it signs.
  const waiting = tags.filter(({ name, digest }) => !isAbout(name, digest)).map(({ digest }) => digest);
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    const known = stored.get(digest);
    if (known === undefined || wanted.has(digest)) continue;
    wanted.add(digest);
    const tagged = [referrersTag(digest), ...cosignTags(digest)].flatMap((name) => byName.get(name) ?? []);
    waiting.push(...known.manifests, ...(referrers.get(digest) ?? []), ...tagged);
  }
  return wanted;
}

/** Whether a tag is there for another manifest than it leads to. Some mirrors keep an image at a tag that is made of its own digest. */
function isAbout(tag: string, digest: string): boolean {
  return digestInTag(tag) !== undefined && tag !== referrersTag(digest);
}

/** All entries of a list that is read in pages. What is removed meanwhile changes nothing for the rest. */
function* everyPage<T>(read: (last: string | undefined) => readonly T[], name: (entry: T) => string): Generator<T> {
  let last: string | undefined;
  for (;;) {
    const page = read(last);
    yield* page;
    const end = page.at(-1);
    if (page.length < PAGE || end === undefined) return;
    last = name(end);
  }
}
