import type { AptMirrorConfig } from '../config/schema.ts';
import { counted } from '../core/counts.ts';
import { type Expected, strongest } from '../core/digests.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { UpstreamContext } from '../family/family.ts';
import type { Blob } from '../store/blobs.ts';
import type { StoredIndex, UpstreamState } from '../store/catalogue.ts';
import { checkFreshness } from './freshness.ts';
import { chooseIndexes, type IndexVariant, type Selection, selectionOf, type WantedIndex } from './index-choice.ts';
import { type AptParticulars, particularsOf } from './particulars.ts';
import { fetchSignedRelease, type SignedRelease } from './signed-release.ts';
import { checkSuite } from './suite-check.ts';
import { isFlat, releaseDirectory, urlPath } from './urls.ts';

/** How often an upstream that changes while it is read is begun anew. */
const ATTEMPTS = 3;

/** Checksum of a by-hash directory, as it is called there. */
const BY_HASH: Readonly<Record<string, string>> = { sha256: 'SHA256', sha512: 'SHA512' };

/**
 * Fetches and checks an archive's Release and brings the Packages indexes that the mirror needs into the pool. Gives `previous` itself
 * when neither the Release nor what is needed of it has changed. When an index is not what the Release says, and a newer Release
 * has appeared, begins again with that.
 * Errors besides those of fetching: SIGNATURE_*, RELEASE_*, METADATA_*, PATH_UNSAFE, CHECKSUM_MISMATCH, NOT_AVAILABLE.
 */
export async function refreshUpstream(
  context: UpstreamContext<AptMirrorConfig>,
  previous: UpstreamState | undefined,
): Promise<UpstreamState> {
  refuseUnavailable(context);
  const before = previous !== undefined && isOfSameSuite(context, previous) ? previous : undefined;
  let failure: unknown;
  let failedRevision: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const signed = await fetchSignedRelease(context);
    if (signed.revision === failedRevision) throw failure;
    checkFreshness(context, signed, before);
    checkSuite(context, signed, before);
    if (previous !== undefined && (await isUnchanged(context, signed, previous))) return previous;
    try {
      return await acquire(context, signed);
    } catch (error) {
      if (!isMirrorError(error, 'CHECKSUM_MISMATCH', 'FETCH_NOT_FOUND', 'FETCH_TOO_LARGE', 'FETCH_TRUNCATED', 'METADATA_INCOMPLETE'))
        throw error;
      failure = error;
      failedRevision = signed.revision;
    }
  }
  throw failure;
}

function refuseUnavailable(context: UpstreamContext<AptMirrorConfig>): void {
  const { withDeps } = context.config;
  if (typeof withDeps === 'object' && withDeps.source) {
    throw new MirrorError(
      'NOT_AVAILABLE',
      `mirror ${context.name} asks for source packages (withDeps: source), which are not mirrored yet`,
    );
  }
}

/** What is known of another suite says nothing of the one that is configured now. */
function isOfSameSuite({ config, name }: UpstreamContext<AptMirrorConfig>, previous: UpstreamState): boolean {
  return particularsOf(name, previous).selection.suite === config.suite;
}

async function isUnchanged(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, previous: UpstreamState): Promise<boolean> {
  if (previous.revision !== signed.revision || previous.verification.metadata !== (signed.signedBy !== undefined)) return false;
  const before = particularsOf(context.name, previous).selection;
  if (!sameSelection({ ...before, components: before.components }, selectionOf(context.config))) return false;
  const sizes = await Promise.all(previous.indexes.map((index) => context.blobs.stat(index.sha256)));
  return sizes.every((size) => size !== undefined);
}

function sameSelection(before: Selection, now: Selection): boolean {
  const text = ({ suite, components, architectures }: Selection): string => JSON.stringify([suite, components ?? null, architectures]);
  return text(before) === text(now);
}

async function acquire(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease): Promise<UpstreamState> {
  const { release } = signed;
  const selection = selectionOf(context.config);
  const wanted = chooseIndexes(release, selection, signed.what);
  context.report({ type: 'phase', subject: context.name, phase: 'indexes', detail: counted(wanted.length, 'index', 'indexes') });
  const found = await acquireIndexes(context, signed, wanted);
  const particulars: AptParticulars = {
    selection,
    components: isFlat(selection.suite) ? [''] : [...(selection.components ?? release.components)],
    origin: release.origin,
    label: release.label,
    suite: release.suite,
    codename: release.codename,
    indexes: Object.fromEntries(
      found.map(({ index, stored }) => [
        stored.path,
        {
          component: index.component,
          unpacked: index.unpacked,
        },
      ]),
    ),
  };
  return {
    revision: signed.revision,
    date: release.date ?? 0,
    validUntil: release.validUntil,
    indexes: found.map(({ stored }) => stored),
    supplements: [],
    verification: { metadata: signed.signedBy !== undefined, packages: false, signedBy: signed.signedBy },
    particulars,
  };
}

interface FoundIndex {
  readonly index: WantedIndex;
  readonly stored: StoredIndex;
}

/** All indexes, or an error: METADATA_INCOMPLETE with every one that the upstream lists but does not have. */
async function acquireIndexes(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  wanted: readonly WantedIndex[],
): Promise<FoundIndex[]> {
  const results = await Promise.allSettled(wanted.map((index) => acquireIndex(context, signed, index)));
  const found: FoundIndex[] = [];
  const missing: string[] = [];
  let firstMissing: unknown;
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') found.push(result.value);
    else if (!isMirrorError(result.reason, 'FETCH_NOT_FOUND')) throw result.reason;
    else {
      missing.push(wanted[at]?.path ?? '');
      firstMissing ??= result.reason;
    }
  }
  if (missing.length === 0) return found;
  throw new MirrorError('METADATA_INCOMPLETE', `${signed.what} lists ${missing.join(', ')}, but the upstream has no such file`, {
    cause: firstMissing,
    hint: 'The upstream may be in the middle of an update; try again later.',
  });
}

/** The best form that the upstream really has: some list forms that they do not keep. */
async function acquireIndex(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, index: WantedIndex): Promise<FoundIndex> {
  let notFound: unknown;
  for (const variant of index.variants) {
    try {
      const blob = await acquireVariant(context, signed, variant);
      return { index, stored: { path: variant.path, sha256: blob.sha256, size: blob.size } };
    } catch (error) {
      if (!isMirrorError(error, 'FETCH_NOT_FOUND', 'FETCH_DENIED')) throw error;
      notFound ??= error;
    }
  }
  throw notFound;
}

function acquireVariant(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, { path, file }: IndexVariant): Promise<Blob> {
  const directory = releaseDirectory(context.name, context.config.suite);
  const places = signed.release.acquireByHash ? [byHashPath(path, file), path] : [path];
  const urls = places.flatMap((place) => context.acquirer.origin.bases.map((base) => `${base}${urlPath(`${directory}${place}`)}`));
  return context.acquirer.file({ urls, expected: file, maxSize: LIMITS.index });
}

function byHashPath(path: string, expected: Expected): string {
  const best = strongest(expected.checksums);
  if (best === undefined) return path;
  return `${path.slice(0, path.lastIndexOf('/') + 1)}by-hash/${BY_HASH[best.algorithm]}/${best.value}`;
}
