import { hash } from 'node:crypto';
import type { YumMirrorConfig } from '../../config/schema.ts';
import { counted, shortened } from '../../core/counts.ts';
import { hasChecksum, strongest } from '../../core/digests.ts';
import { isMirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { runAll } from '../../core/run-all.ts';
import type { UpstreamContext } from '../../family/family.ts';
import { shownUrl } from '../../fetch/place.ts';
import type { StoredIndex, Supplement, UpstreamState } from '../../store/catalogue.ts';
import { REPOMD, TREEINFO_NAMES } from '../format/repository/repository-paths.ts';
import { looksLikePage, parseTreeinfo, type TreeFile, type Treeinfo } from '../format/repository/treeinfo.ts';
import { fileUrls } from '../location.ts';
import { faultOf, isMissingOrDamaged } from './acquire-records.ts';
import type { SignedRepomd } from './signed-repomd.ts';
import { checkStrength } from './verification-policy.ts';

/** Images that are fetched at the same time; the downloads of all mirrors share one limit besides. */
const FILES_AT_ONCE = 16;
/** Files that a message lists by name. */
const SHOWN = 10;

/** A .treeinfo as it was served. */
export interface FetchedTree {
  /** Its name. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  /** Its address. */
  readonly url: string;
}

/** An installation tree, as far as it could be had. */
export interface AcquiredTree {
  readonly supplements: readonly Supplement[];
  /** What could not be had: sentences for people. */
  readonly leftOut: readonly string[];
  /** How many files may be there another time. */
  readonly missing: number;
}

/** The .treeinfo of the upstream; undefined where there is none, which servers say in several ways: 404, 403, and a page. */
export async function fetchTreeinfo({ acquirer }: UpstreamContext<YumMirrorConfig>): Promise<FetchedTree | undefined> {
  for (const path of TREEINFO_NAMES) {
    try {
      const { bytes, url } = await acquirer.document(path, LIMITS.treeinfo);
      if (!looksLikePage(bytes)) return { path, bytes, sha256: hash('sha256', bytes), url };
    } catch (error) {
      if (!isMirrorError(error, 'FETCH_NOT_FOUND', 'FETCH_DENIED')) throw error;
    }
  }
  return undefined;
}

/** Whether a state has this .treeinfo, or none where there is none. */
export function hasTree({ supplements }: UpstreamState, tree: FetchedTree | undefined): boolean {
  const stored = supplements.find(({ kind }) => kind === 'treeinfo');
  return stored?.sha256 === tree?.sha256 && stored?.path === tree?.path;
}

/**
 * Brings the .treeinfo into the pool, and the images that it names, each held to its checksum. What has no checksum is left out, unless nothing of the
 * upstream is to be verified. Nobody signs a .treeinfo, which is said, and so are the repositories of its variants, which are not followed.
 * Errors besides those of fetching: METADATA_INVALID, PATH_UNSAFE, CHECKSUM_WEAK.
 */
export async function acquireInstaller(
  context: UpstreamContext<YumMirrorConfig>,
  tree: FetchedTree | undefined,
  signed: SignedRepomd,
): Promise<AcquiredTree> {
  const { acquirer, config, name } = context;
  if (tree === undefined)
    return { supplements: [], leftOut: ['the upstream has no .treeinfo, so there is no installer to mirror'], missing: 0 };
  const what = shownUrl(tree.url);
  const info = parseTreeinfo(tree.bytes, what);
  const leftOut = [...trustOf(context, tree), ...disagreement(info, signed, what)];
  tellOfVariants(context, info);
  const unchecked = config.verify?.length === 0 ? [] : info.files.filter(({ checksums }) => checksums.length === 0);
  if (unchecked.length > 0)
    leftOut.push(`${what} has no checksum that is known of ${namesOf(unchecked)}: left out, since nothing tells them from forged ones`);
  const files = info.files.filter((file) => !unchecked.includes(file));
  const { damaged, stored } = await acquireImages(context, files, what);
  const document = { path: tree.path, ...(await acquirer.keep(tree.bytes)) };
  return {
    supplements: [
      { kind: 'treeinfo', mirror: name, ...document },
      ...stored.map((file): Supplement => ({ kind: 'installer', mirror: name, ...file })),
    ],
    leftOut: [...leftOut, ...damaged],
    missing: damaged.length,
  };
}

async function acquireImages(
  context: UpstreamContext<YumMirrorConfig>,
  files: readonly TreeFile[],
  what: string,
): Promise<{ readonly stored: readonly StoredIndex[]; readonly damaged: readonly string[] }> {
  const { acquirer, config, name, report } = context;
  report({ type: 'phase', subject: name, phase: 'indexes', detail: counted(files.length, 'installer image') });
  const damaged: string[] = [];
  let [items, bytes] = [0, 0];
  const acquire = async ({ checksums, path }: TreeFile): Promise<StoredIndex | undefined> => {
    const best = strongest(checksums);
    if (best !== undefined) checkStrength(config, best, what, path);
    const urls = fileUrls({ location: path }, acquirer.origin.bases, what);
    try {
      const blob = await acquirer.file({ urls, expected: { checksums }, maxSize: LIMITS.package });
      items += 1;
      bytes += blob.size;
      report({ type: 'progress', subject: name, phase: 'indexes', items, totalItems: files.length, bytes, totalBytes: undefined });
      return { path, ...blob };
    } catch (error) {
      if (!isMissingOrDamaged(error)) throw error;
      damaged.push(`${what} names ${path}, which is ${faultOf(error)}: left out`);
      return undefined;
    }
  };
  const stored = await runAll(
    files.map((file) => () => acquire(file)),
    FILES_AT_ONCE,
  );
  return { stored: stored.filter((file) => file !== undefined), damaged: damaged.sort() };
}

/** Says what the checksums are worth; a warning where anyone between here and there may have written them. */
function trustOf({ config, name, report }: UpstreamContext<YumMirrorConfig>, { path, url }: FetchedTree): string[] {
  if (config.verify?.length === 0) return [];
  const unsigned = `the installer's images are checked by the checksums in ${path}, which nobody signs`;
  if (!url.startsWith('https:')) return [`${unsigned} and which came over http: anyone on the way may have changed them`];
  report({ type: 'info', subject: name, message: `${unsigned}: they are worth as much as the server that it came from` });
  return [];
}

function disagreement({ repomd }: Treeinfo, { documents }: SignedRepomd, what: string): string[] {
  const stated = strongest(repomd);
  const bytes = documents.get(REPOMD);
  if (stated === undefined || bytes === undefined || hasChecksum(bytes, stated)) return [];
  return [`${what} states another checksum of ${REPOMD} than that has: the tree was made for other packages`];
}

function tellOfVariants({ name, report }: UpstreamContext<YumMirrorConfig>, { variants }: Treeinfo): void {
  if (variants.length === 0) return;
  const places = shortened(
    variants.map(({ id, repository }) => `${id} (${repository})`),
    SHOWN,
  );
  const message = `the installation tree has further repositories, which are not followed: ${places}; add a mirror for each that is wanted`;
  report({ type: 'info', subject: name, message });
}

function namesOf(files: readonly TreeFile[]): string {
  return shortened(
    files.map(({ path }) => path),
    SHOWN,
  );
}
