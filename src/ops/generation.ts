import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { publicationDistribution, publicationPath } from '../config/publications.ts';
import type { MirrorConfig, PublicationConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import type { Family, PublishedComponent } from '../family/family.ts';
import type { Signer } from '../openpgp/types.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Contents, PackageList, PublicationState, Supplement } from '../store/catalogue.ts';
import { createTree, loadGeneration, readEntries, type Tree } from '../store/generation-map.ts';
import type { TreeEntry } from '../store/generations.ts';
import { createPackedBlocks } from '../store/packed-blocks.ts';
import { combinedKeys } from './contents.ts';
import type { OperationContext } from './context.ts';
import { keyText } from './key-text.ts';
import { entryAtPlaceOf, isWithin } from './publication-places.ts';
import { sourceNamed, sourceNames } from './sources.ts';

/** Raised when the tree that a family writes from the same packages changes, so that publishing again makes a new generation. */
const LAYOUT_VERSION = 2;
/** How far ahead of the clock the last generation may be before the clock is called wrong, in milliseconds: apt allows as much. */
export const CLOCK_TOLERANCE = 10_000;
/** How far ahead of the clock a new generation may be, in milliseconds: one that follows others so fast that it would be further waits. */
const MOST_AHEAD = 5_000;
/** Kinds of supplements that change with every signature of the upstream, and are published only where its metadata is published as it is. */
const AS_IT_IS = new Set(['release', 'index']);

/** How far the packages of a publication were checked. */
export type PublicationTrust = Pick<PublicationState, 'verified' | 'packagesSigned' | 'packageKeys'>;

/** What holds for packages that come from several mirrors. */
export function combinedTrust(sources: readonly Contents[], { verbatim }: { readonly verbatim: boolean }): PublicationTrust {
  const packagesSigned = sources.every(({ checked }) => checked.packages);
  return {
    verified: sources.every(({ checked }) => checked.metadata || checked.packages),
    packagesSigned,
    packageKeys: packagesSigned || verbatim ? combinedKeys(sources) : [],
  };
}

/** The packages of one component, and what its sources have besides. */
export interface ContentPart {
  readonly component: string;
  readonly list: PackageList;
  readonly supplements: readonly Supplement[];
}

interface GenerationSources {
  readonly name: string;
  readonly publication: PublicationConfig;
  /** What is published, after merging. */
  readonly parts: readonly ContentPart[];
  readonly trust: PublicationTrust;
  readonly signer: Signer | undefined;
}

/** A text that is equal exactly when publishing would make the same tree, dates and signatures apart. */
export function generationInputs({ config }: OperationContext, generation: GenerationSources): string {
  const { name, publication, parts, trust, signer } = generation;
  const { from: _from, components: _components, merge: _merge, ...settings } = publication;
  const inputs = {
    LAYOUT_VERSION,
    settings,
    path: publicationPath(name, publication),
    distribution: publicationDistribution(config, publication),
    parts: parts.map(({ component, list, supplements }) => [
      component,
      list.digest,
      supplements
        .filter(({ kind }) => publication.metadata === 'verbatim' || !AS_IT_IS.has(kind))
        .map(({ kind, path, sha256 }) => [kind, path, sha256]),
    ]),
    key: signer?.fingerprint,
    trust: { ...trust, packageKeys: keyText(trust.packageKeys) },
  };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

export interface NewGeneration extends GenerationSources {
  readonly family: Family<MirrorConfig, Candidate>;
  /** The names of what it is made from. */
  readonly from: readonly string[];
  readonly components: readonly PublishedComponent[];
  /** What is published now. */
  readonly before: PublicationState | undefined;
  readonly number: number;
  readonly inputs: string;
}

/**
 * Writes a repository tree into the pool and points the publication at it, in one atomic step. Throws PACKAGE_CONFLICT when another
 * publication has another file under a path of this one, and CLOCK when clients would take the new generation for an older one.
 */
export async function writeGeneration(generation: NewGeneration, context: OperationContext): Promise<PublicationState> {
  const { name, publication, family, components, signer, before } = generation;
  const { blobs, catalogue, config, report, signal } = context;
  const time = await generationTime(name, before, context);
  report({ type: 'phase', subject: name, phase: 'publish' });
  const previous = before === undefined ? undefined : await readEntries(blobs, before.generation.digest);
  const intake = await blobs.intake(`publish-${name}`);
  try {
    const packedBlocks = createPackedBlocks(blobs, catalogue);
    const tree = createTree({ intake, previous, time, packedBlocks });
    const published = await family.publish({
      name,
      config: { ...publication, distribution: publicationDistribution(config, publication) },
      components,
      blobs,
      writer: tree,
      scratch: join(context.storage, 'tmp', `publish-${name}~files`),
      signer,
      sourceKeys: generation.trust.packageKeys,
      previous,
      time,
      extras: (ids, kind) => catalogue.extras(ids, kind),
      report,
      signal,
    });
    await refuseConflicts({ ...generation, distribution: published.distribution }, tree, context);
    warnOfRenaming(generation, published, context);
    const map = await tree.finish();
    await intake.finish();
    catalogue.rememberPackedBlocks(packedBlocks.added());
    const state = publicationState(generation, published, { digest: map.sha256, publishedAt: time.getTime() });
    catalogue.publish(state);
    return state;
  } catch (error) {
    await intake.abandon();
    throw error;
  }
}

function publicationState(
  generation: NewGeneration,
  published: Awaited<ReturnType<NewGeneration['family']['publish']>>,
  { digest, publishedAt }: { readonly digest: string; readonly publishedAt: number },
): PublicationState {
  const { name, publication, family, from, parts, trust, signer, number, inputs } = generation;
  const { signedBy = signer?.fingerprint, publicKey = signer?.publicKey, ...place } = published;
  return {
    name,
    family: family.name,
    path: publicationPath(name, publication),
    ...place,
    from,
    ...trust,
    signedBy,
    publicKey,
    packages: parts.reduce((sum, { list }) => sum + list.count, 0),
    bytes: parts.reduce((sum, { list }) => sum + list.bytes, 0),
    generation: {
      publication: name,
      number,
      digest,
      publishedAt,
      inputs,
      parts: parts.map(({ component, list, supplements }) => ({ component, list: list.id, supplements })),
    },
  };
}

/** The time that clients see: now, but later than the last generation by at least the second that they can tell apart. */
async function generationTime(
  name: string,
  before: PublicationState | undefined,
  { publicationClock, signal }: OperationContext,
): Promise<Date> {
  const now = Math.floor(publicationClock.now().getTime() / 1000) * 1000;
  if (before === undefined) return new Date(now);
  const last = before.generation.publishedAt;
  if (last - now > CLOCK_TOLERANCE) {
    const [published, current] = [new Date(last).toISOString(), new Date(now).toISOString()];
    throw new MirrorError(
      'CLOCK',
      `publication "${name}" was last published at ${published}, but the clock of this machine says ${current}`,
      {
        hint: `Set the clock right: clients ignore metadata that is older than what they have. Where it was wrong before, and no client has taken what is of the future, run \`mirror publish drop ${name}\` and publish again.`,
      },
    );
  }
  const next = Math.max(now, last + 1000);
  if (next - now > MOST_AHEAD) await pause(next - now - MOST_AHEAD, { name, signal });
  return new Date(next);
}

async function pause(milliseconds: number, { name, signal }: { readonly name: string; readonly signal: AbortSignal }): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal });
  } catch (cause) {
    throw new MirrorError('ABORTED', `publishing ${name} was interrupted`, { cause });
  }
}

/** Clients that know a repository refuse it under another name until they are told to accept that. */
function warnOfRenaming(
  { name, before }: NewGeneration,
  { release }: Awaited<ReturnType<NewGeneration['family']['publish']>>,
  { report }: OperationContext,
): void {
  const changed = (['origin', 'label', 'codename'] as const).filter((field) => {
    return before?.release !== undefined && before.release[field] !== release?.[field];
  });
  if (changed.length === 0) return;
  const fields = changed.map((field) => `${field} (was "${before?.release?.[field] ?? ''}", is "${release?.[field] ?? ''}")`);
  const message = `clients have to accept the new ${fields.join(', ')}: apt-get update --allow-releaseinfo-change`;
  report({ type: 'warning', subject: name, message });
}

type PlacedGeneration = NewGeneration & Pick<PublicationState, 'distribution'>;

/** Publications may share a path on the server; a file that several of them have must be the same file, and none may have files where another has its own. */
async function refuseConflicts(generation: PlacedGeneration, tree: Pick<Tree, 'entries'>, context: OperationContext): Promise<void> {
  const { name, publication, distribution } = generation;
  const own = { name, path: publicationPath(name, publication), distribution };
  for (const other of context.catalogue.publications()) {
    if (other.name === name) continue;
    if (isWithin(other.path, own.path)) refuseIntruder(entryAtPlaceOf(other, tree.entries(), own), own.name, other);
    if (!isWithin(own.path, other.path)) continue;
    const theirs = await loadGeneration(context.blobs, other.generation.digest);
    refuseIntruder(entryAtPlaceOf(own, theirs.values(), other), other.name, own);
    if (other.path === own.path) refuseDifferences(generation, { tree, other, theirs }, context);
  }
}

function refuseIntruder(
  intruder: TreeEntry | undefined,
  name: string,
  owner: Pick<PublicationState, 'name' | 'path' | 'distribution'>,
): void {
  if (intruder === undefined) return;
  throw new MirrorError(
    'PACKAGE_CONFLICT',
    `publication "${name}" has the file ${intruder.path} where publication "${owner.name}" (${[owner.path, owner.distribution].join(' ').trim()}) has its own`,
    { hint: 'Give one of them another path.' },
  );
}

interface SharedPath {
  readonly tree: Pick<Tree, 'entries'>;
  readonly other: PublicationState;
  readonly theirs: ReadonlyMap<string, TreeEntry>;
}

function refuseDifferences({ name, from }: NewGeneration, { tree, other, theirs }: SharedPath, context: OperationContext): void {
  const conflict = tree.entries().find((entry) => (theirs.get(entry.path)?.blob.sha256 ?? entry.blob.sha256) !== entry.blob.sha256);
  if (conflict === undefined) return;
  const [mine, their] = [
    holderOf(conflict.blob.sha256, from, context),
    holderOf(theirs.get(conflict.path)?.blob.sha256, other.from, context),
  ].map((source) => (source === undefined ? '' : ` (from ${source})`));
  throw new MirrorError(
    'PACKAGE_CONFLICT',
    `publications "${name}"${mine} and "${other.name}"${their} share the path ${other.path} and differ in ${conflict.path}`,
    {
      hint: `Give one of them another path, or publish one version of the package in both.`,
    },
  );
}

/** The source that a published package file is from, if it still has it. */
function holderOf(sha256: string | undefined, sources: readonly string[], context: OperationContext): string | undefined {
  const known = new Set(sourceNames(context));
  return sources.find((source) => {
    const list = known.has(source) ? sourceNamed(source, context)?.contents.list : undefined;
    if (list === undefined) return false;
    for (const entry of context.catalogue.deferredPackages(list.id)) {
      if (entry.sha256 === sha256 || entry.files?.some((file) => file.sha256 === sha256) === true) return true;
    }
    return false;
  });
}
