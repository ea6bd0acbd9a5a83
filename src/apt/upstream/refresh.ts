import type { AptMirrorConfig } from '../../config/schema.ts';
import { counted } from '../../core/counts.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import { isNotAsListed } from '../../fetch/not-as-listed.ts';
import type { StoredIndex, Supplement, UpstreamState } from '../../store/catalogue.ts';
import { acquireIndexes, acquireOptionalIndexes, type FoundIndex } from './acquire-indexes.ts';
import { checkFreshness } from './freshness.ts';
import { chooseDescriptions, chooseIndexes, componentsOf } from './index-choice.ts';
import { acquireInstaller } from './installer.ts';
import { fetchNextRelease } from './next-signers.ts';
import { type AptParticulars, particularsOf } from './particulars.ts';
import { type Selection, sameSelection, selectionOf } from './selection.ts';
import { fetchDetachedRelease, type SignedRelease } from './signed-release.ts';
import { checkSuite } from './suite-check.ts';
import { chooseSupplements } from './supplement-choice.ts';
import { isUnlisted, refreshUnlisted } from './unlisted.ts';

/** How often an upstream that changes while it is read is begun anew. */
const ATTEMPTS = 3;

/**
 * Fetches and checks an archive's Release and brings the indexes and supplements that the mirror needs into the pool. Gives `previous` itself
 * when neither the Release nor what is needed of it has changed. When an index is not what the Release says, and a newer Release
 * has appeared, begins again with that.
 * Errors besides those of fetching: SIGNATURE_*, RELEASE_*, METADATA_*, PATH_UNSAFE, CHECKSUM_MISMATCH.
 */
export async function refreshUpstream(
  context: UpstreamContext<AptMirrorConfig>,
  previous: UpstreamState | undefined,
): Promise<UpstreamState> {
  const before = previous !== undefined && isOfSameSuite(context, previous) ? previous : undefined;
  let failure: MirrorError | undefined;
  let failedRevision: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const signed = await optionalRelease(context, before);
    if (signed !== undefined) {
      if (signed.revision === failedRevision) throw failure;
      checkFreshness(context, signed, before);
      checkSuite(context, signed, before);
    }
    if (signed === undefined || isUnlisted(context, signed)) return refreshUnlisted(context, signed, previous);
    if (previous !== undefined && (await isUnchanged(context, signed, previous))) return previous;
    try {
      return await acquire(context, signed);
    } catch (error) {
      if (!isNotAsListed(error) && !isMirrorError(error, 'METADATA_INCOMPLETE')) throw error;
      failure = error;
      failedRevision = signed.revision;
    }
  }
  const message = `mirror ${context.name}: the upstream changed ${ATTEMPTS} times while it was read`;
  throw new MirrorError(failure?.code ?? 'METADATA_INCOMPLETE', failure === undefined ? message : `${message}: ${failure.message}`, {
    cause: failure,
    hint: 'It is being updated just now; try again later.',
  });
}

/** Only an upstream of which nothing is verified may be without a Release, and only a flat one can be read without it. */
async function optionalRelease(
  context: UpstreamContext<AptMirrorConfig>,
  before: UpstreamState | undefined,
): Promise<SignedRelease | undefined> {
  try {
    return await fetchNextRelease(context, before);
  } catch (error) {
    if (isMirrorError(error, 'FETCH_NOT_FOUND') && isUnlisted(context, undefined)) return undefined;
    throw error;
  }
}

/** What is known of another suite says nothing of the one that is configured now. */
function isOfSameSuite({ config, name }: UpstreamContext<AptMirrorConfig>, previous: UpstreamState): boolean {
  return particularsOf(name, previous).selection.suite === config.suite;
}

async function isUnchanged(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, previous: UpstreamState): Promise<boolean> {
  if (previous.revision !== signed.revision || previous.verification.metadata !== (signed.signedBy !== undefined)) return false;
  const { selection } = particularsOf(context.name, previous);
  if (!sameSelection(selection, selectionOf(context.config, context.verbatim))) return false;
  const stored = [...previous.indexes, ...previous.supplements];
  const sizes = await Promise.all(stored.map((index) => context.blobs.stat(index.sha256)));
  return sizes.every((size) => size !== undefined);
}

async function acquire(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease): Promise<UpstreamState> {
  const { release } = signed;
  const selection = selectionOf(context.config, context.verbatim);
  const components = componentsOf(release, selection, signed.what);
  const packages = chooseIndexes(release, selection, signed.what);
  const others = chooseSupplements(release, selection, components);
  const descriptions = context.verbatim ? chooseDescriptions(release, packages) : [];
  const detail = counted(packages.length + others.length + descriptions.length, 'index', 'indexes');
  context.report({ type: 'phase', subject: context.name, phase: 'indexes', detail });
  const found = await acquireIndexes(context, signed, packages);
  const supplements = await acquireOptionalIndexes(context, signed, [...others, ...descriptions]);
  const images = selection.installer ? await acquireInstaller(context, signed, { components, architectures: selection.architectures }) : [];
  const documents = await keepDocuments(context, signed);
  return {
    revision: signed.revision,
    date: release.date ?? 0,
    validUntil: release.validUntil,
    indexes: found.map(({ stored }) => stored),
    supplements: [
      ...documents,
      ...supplements.flatMap((index) => supplementOf(context.name, index)),
      ...(context.verbatim ? [...found, ...supplements].flatMap((index) => everyForm(context.name, index)) : []),
      ...images,
    ],
    verification: { metadata: signed.signedBy !== undefined, packages: false, signedBy: signed.signedBy },
    particulars: particularsFrom(signed, selection, components, found),
  };
}

function particularsFrom(
  { release }: SignedRelease,
  selection: Selection,
  components: readonly string[],
  found: readonly FoundIndex[],
): AptParticulars {
  return {
    selection,
    components,
    origin: release.origin,
    label: release.label,
    suite: release.suite,
    codename: release.codename,
    signedBy: release.signedBy,
    indexes: Object.fromEntries(
      found.map(({ index: { kind, component = '', unpacked }, stored }) => [
        stored.path,
        { kind: kind === 'sources' ? 'sources' : 'packages', component, unpacked },
      ]),
    ),
  };
}

/** The Release as it was served; a copy that is to be the same also has the form that nothing was read from. */
async function keepDocuments(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease): Promise<Supplement[]> {
  const documents = new Map(signed.documents);
  if (context.verbatim && documents.has('InRelease'))
    for (const [name, bytes] of await fetchDetachedRelease(context, signed)) documents.set(name, bytes);
  const supplements: Supplement[] = [];
  for (const [path, bytes] of documents)
    supplements.push({ kind: 'release', mirror: context.name, path, ...(await context.acquirer.keep(bytes)) });
  return supplements;
}

/** What is made of the index where it is published anew: its best form. */
function supplementOf(mirror: string, { index: { kind, component }, stored }: FoundIndex): Supplement[] {
  return kind === 'index' ? [] : [asSupplement({ kind, mirror, component }, stored)];
}

/** What is published of the index where it is published as it is: every form. */
function everyForm(mirror: string, { index: { component }, forms }: FoundIndex): Supplement[] {
  return forms.map((form) => asSupplement({ kind: 'index', mirror, component }, form));
}

function asSupplement(of: Pick<Supplement, 'kind' | 'mirror' | 'component'>, { path, sha256, size }: StoredIndex): Supplement {
  return { ...of, path, sha256, size };
}
