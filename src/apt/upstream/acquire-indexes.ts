import type { AptMirrorConfig } from '../../config/schema.ts';
import { strongest } from '../../core/digests.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { Blob } from '../../store/blobs.ts';
import type { StoredIndex } from '../../store/catalogue.ts';
import { byHashPath } from '../format/by-hash.ts';
import { releaseDirectory, urlPath } from '../urls.ts';
import type { IndexVariant, WantedIndex } from './listed-index.ts';
import type { SignedRelease } from './signed-release.ts';

/** An index with its form in the pool, or with several of its forms, best first. */
export interface FoundIndex {
  readonly index: WantedIndex;
  readonly stored: StoredIndex;
  /** Every form that was fetched, `stored` first. */
  readonly forms: readonly StoredIndex[];
}

/** All indexes, or an error: METADATA_INCOMPLETE with every one that the upstream lists but does not have. */
export async function acquireIndexes(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  wanted: readonly WantedIndex[],
): Promise<FoundIndex[]> {
  const { found, missing, cause } = await acquireAll(context, signed, wanted);
  if (missing.length === 0) return found;
  throw new MirrorError('METADATA_INCOMPLETE', `${signed.what} lists ${missing.join(', ')}, but the upstream has no such file`, {
    cause,
    hint: 'The upstream may be in the middle of an update; try again later.',
  });
}

/** Those of the indexes that the upstream really has, with one warning that names the others. */
export async function acquireOptionalIndexes(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  wanted: readonly WantedIndex[],
): Promise<FoundIndex[]> {
  const { found, missing } = await acquireAll(context, signed, wanted);
  if (missing.length > 0) {
    const message = `${signed.what} lists ${missing.join(', ')}, but the upstream has no such file: left out`;
    context.report({ type: 'warning', subject: context.name, message });
  }
  return found;
}

interface Acquired {
  readonly found: FoundIndex[];
  /** Paths of indexes of which the upstream has no form. */
  readonly missing: readonly string[];
  /** Why the first of them could not be had. */
  readonly cause: unknown;
}

async function acquireAll(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  wanted: readonly WantedIndex[],
): Promise<Acquired> {
  const results = await Promise.allSettled(wanted.map((index) => acquireIndex(context, signed, index)));
  const found: FoundIndex[] = [];
  const missing: string[] = [];
  let cause: unknown;
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') found.push(result.value);
    else if (!isMirrorError(result.reason, 'FETCH_NOT_FOUND')) throw result.reason;
    else {
      missing.push(wanted[at]?.path ?? '');
      cause ??= result.reason;
    }
  }
  return { found, missing, cause };
}

/** The best form that the upstream really has, since some list forms that they do not keep; each that it has where it is to be published as it is. */
async function acquireIndex(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, index: WantedIndex): Promise<FoundIndex> {
  const forms: StoredIndex[] = [];
  let notFound: unknown;
  for (const variant of index.variants) {
    try {
      const blob = await acquireVariant(context, signed, variant);
      forms.push({ path: variant.path, sha256: blob.sha256, size: blob.size });
      if (!context.verbatim) break;
    } catch (error) {
      if (!isMirrorError(error, 'FETCH_NOT_FOUND', 'FETCH_DENIED')) throw error;
      notFound ??= error;
    }
  }
  const [stored] = forms;
  if (stored === undefined) throw notFound;
  return { index, stored, forms };
}

/** A file that the Release lists, into the pool: by its hash where the upstream offers that. */
export function acquireVariant(
  context: Pick<UpstreamContext<AptMirrorConfig>, 'name' | 'config' | 'acquirer'>,
  signed: SignedRelease,
  { path, file }: IndexVariant,
): Promise<Blob> {
  const best = signed.release.acquireByHash ? strongest(file.checksums) : undefined;
  const byHash = best === undefined ? undefined : byHashPath(path, best);
  const places = byHash === undefined ? [path] : [byHash, path];
  return context.acquirer.file({ urls: places.flatMap((place) => urlsInSuite(context, place)), expected: file, maxSize: LIMITS.index });
}

/** Where a file is that is named relative to the Release, at each base. */
export function urlsInSuite(
  { name, config, acquirer }: Pick<UpstreamContext<AptMirrorConfig>, 'name' | 'config' | 'acquirer'>,
  path: string,
): string[] {
  const relative = urlPath(`${releaseDirectory(name, config.suite)}${path}`);
  return acquirer.origin.bases.map((base) => `${base}${relative}`);
}
