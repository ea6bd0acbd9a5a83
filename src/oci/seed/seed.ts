import PQueue from 'p-queue';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { ImageSource, SourceImage } from '../content.ts';
import { formatReference } from '../format/reference.ts';
import { type BlobNeed, type BlobOutcome, createBlobNeeds } from './blob-needs.ts';
import { bringBlobs } from './bring-blobs.ts';
import { type Destination, type ImagePlan, type PlannedManifest, type PlanOptions, planImage } from './plan.ts';
import type { SeededImage } from './report.ts';
import type { SeedTarget } from './target.ts';

export interface SeedOptions {
  readonly target: SeedTarget;
  /** What of an image is wanted. */
  readonly wanted: (image: SourceImage) => PlanOptions;
  /** Where an image goes. Throws REFERENCE_INVALID where it can go nowhere. */
  readonly destination: (image: SourceImage) => Destination;
  /** Throws where the image is not signed as it must be; nothing of it is seeded then. */
  readonly verify: (image: SourceImage) => Promise<void>;
  /** Only says what would be done. */
  readonly dryRun: boolean;
  /** Blobs on their way at once, and images that are looked at. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SeedProgress) => void;
  /** Told of each image as it is finished. */
  readonly onImage: (image: SeededImage) => void;
  /** Repositories of the target that are known to have a blob; kept from source to source. */
  readonly holders: Map<string, string>;
  /** What each destination is given, by a digest; kept from source to source. */
  readonly claims: Map<string, string>;
}

export interface SeedProgress {
  /** Images that are done. */
  readonly images: number;
  readonly totalImages: number;
  /** Bytes that were sent, and that are to be. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/**
 * Brings the images of a source to a target. What the target has is not sent again: a blob is looked for by its digest, and mounted where another repository
 * has it. Blobs come before the manifests that name them, and a tag comes last. An image that fails does not stop the others: its error is in its report. Throws ABORTED.
 */
export async function seedImages(source: ImageSource, options: SeedOptions): Promise<SeededImage[]> {
  const { signal } = options;
  try {
    return await new Seeding(source, options).run();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new MirrorError('ABORTED', 'the seeding was interrupted', { hint: 'Run it again: what the target has is not sent again.' });
  }
}

/** An image whose plan was compared with what the target has. */
interface Surveyed {
  readonly plan: ImagePlan;
  /** Manifests that the target lacks. */
  readonly missing: readonly PlannedManifest[];
  /** Whether the tag stands for the image there. */
  readonly tagged: boolean;
  /** Blobs that the destination lacks or has, one entry for each. */
  readonly needs: readonly BlobNeed[];
  readonly present: number;
}

const WHOLE_ONLY =
  'Only some platforms were to be seeded, and the registry may take an index only with all that it lists: seed it without choosing platforms.';

class Seeding {
  readonly #source: ImageSource;
  readonly #options: SeedOptions;
  readonly #needs = createBlobNeeds();
  readonly #claimed = new Set<string>();
  #images = 0;
  #bytes = 0;
  #totalBytes = 0;

  constructor(source: ImageSource, options: SeedOptions) {
    this.#source = source;
    this.#options = options;
  }

  async run(): Promise<SeededImage[]> {
    const { concurrency, dryRun } = this.#options;
    const { images } = this.#source;
    const queue = new PQueue({ concurrency });
    const reports: SeededImage[] = [];
    const surveyed: { readonly index: number; readonly survey: Surveyed }[] = [];
    const finish = (index: number, report: SeededImage): void => {
      reports[index] = report;
      this.#images += 1;
      this.#options.onImage(report);
      this.#progress();
    };
    const survey = async (image: SourceImage, index: number): Promise<void> => {
      const found = await this.#attempt(image, () => this.#survey(image));
      if ('status' in found) finish(index, found);
      else if (found.missing.length === 0 && found.tagged) finish(index, reportOf(this.#source, found, { status: 'unchanged' }));
      else if (dryRun) finish(index, this.#planned(found));
      else surveyed.push({ index, survey: found });
    };
    await queue.addAll(images.map((image, index) => () => survey(image, index)));
    this.#totalBytes = this.#needs.all().reduce((sum, { blob }) => sum + blob.size, 0);
    this.#progress();
    if (dryRun) return reports;
    const storing = surveyed.map(async ({ index, survey: found }) => {
      finish(index, await this.#attempt(found.plan.image, () => this.#store(found)));
    });
    const bringing = bringBlobs(this.#needs.all(), this.#source, {
      ...this.#options,
      onBytes: (count) => {
        this.#bytes += count;
        this.#progress();
      },
    });
    // Nothing goes on behind the back of who is told of an error.
    const ends = await Promise.allSettled([bringing.finally(() => this.#giveUp()), ...storing]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return reports;
  }

  /** Runs a step for one image, whose failure is its report. */
  async #attempt<T>(image: SourceImage, step: () => Promise<T>): Promise<T | SeededImage> {
    try {
      this.#options.signal.throwIfAborted();
      return await step();
    } catch (error) {
      if (!isMirrorError(error) || this.#options.signal.aborted) throw error;
      return { ...nothingDone(this.#source, image), status: 'failed', error };
    }
  }

  async #survey(image: SourceImage): Promise<Surveyed> {
    const { target, verify, destination, wanted } = this.#options;
    const place = destination(image);
    this.#claim(place, image.root.digest);
    const plan = await planImage(image, place, wanted(image));
    await verify(image);
    const { repository, tag } = place;
    const manifests = allManifests(plan);
    const isAt = async (reference: string, digest: string): Promise<boolean> =>
      (await target.resolve(repository, reference))?.digest === digest;
    const there = await Promise.all(manifests.map((manifest) => isAt(manifest.tag ?? manifest.digest, manifest.digest)));
    const missing = manifests.filter((_, index) => there[index] !== true);
    const tagged = tag === undefined || (await isAt(tag, plan.root.digest));
    // A registry takes a manifest only with its blobs: where that is, they are.
    for (const { blobs } of manifests.filter((_, index) => there[index] === true))
      for (const { digest } of blobs) this.#options.holders.set(digest, repository);
    const blobs = new Map(missing.flatMap((manifest) => manifest.blobs.map((blob) => [blob.digest, blob])));
    const found = await Promise.all(
      [...blobs.values()].map(async (blob) => ({ blob, there: await target.hasBlob(repository, blob.digest) })),
    );
    for (const { blob } of found.filter((one) => one.there)) this.#options.holders.set(blob.digest, repository);
    const needs = found.filter((one) => !one.there).map(({ blob }) => this.#needs.add(repository, blob, image.content));
    return { plan, missing, tagged, needs, present: found.length - needs.length };
  }

  /** Waits for the blobs, then stores the manifests: each after what it refers to, the tag at the very end. */
  async #store(survey: Surveyed): Promise<SeededImage> {
    const { plan, missing, needs } = survey;
    const { repository, tag } = plan.destination;
    const { target } = this.#options;
    const outcomes = await Promise.all(needs.map(async (need) => ({ blob: need.blob, outcome: await need.outcome(repository) })));
    const isMissing = new Set(missing);
    for (const child of plan.children) if (isMissing.has(child)) await target.putManifest(repository, child.digest, child);
    if (plan.referrers.length > 0 && isMissing.has(plan.root)) await this.#putRoot(plan, plan.root.digest);
    for (const referrer of plan.referrers)
      if (isMissing.has(referrer)) await target.putManifest(repository, referrer.tag ?? referrer.digest, referrer);
    await this.#restore(survey);
    if (tag !== undefined || plan.referrers.length === 0) await this.#putRoot(plan, tag ?? plan.root.digest);
    // From now on the tag keeps them.
    await this.#restore(survey);
    return reportOf(this.#source, survey, { status: 'seeded', ...this.#counts(outcomes) });
  }

  async #putRoot({ destination, root, partial }: ImagePlan, reference: string): Promise<void> {
    try {
      await this.#options.target.putManifest(destination.repository, reference, root);
    } catch (error) {
      if (!partial || !isMirrorError(error, 'REGISTRY_REFUSED')) throw error;
      throw new MirrorError(error.code, error.message, { hint: WHOLE_ONLY, details: error.details, cause: error });
    }
  }

  /** Stores again what the target had and lost since, to a collection or to somebody who deletes. Members that were sent are not asked for: it has just taken them. */
  async #restore({ plan, missing }: Surveyed): Promise<void> {
    const { target } = this.#options;
    const { repository } = plan.destination;
    const isMissing = new Set(missing);
    for (const manifest of [...plan.children.filter((child) => !isMissing.has(child)), ...plan.referrers]) {
      const reference = manifest.tag ?? manifest.digest;
      if ((await target.resolve(repository, reference))?.digest !== manifest.digest)
        await target.putManifest(repository, reference, manifest);
    }
  }

  /** What is counted for an image: a blob that several need is counted for the first. */
  #counts(
    outcomes: readonly { readonly blob: { readonly digest: string; readonly size: number }; readonly outcome: BlobOutcome }[],
  ): Counts {
    const sent = outcomes.filter(({ blob, outcome }) => outcome === 'sent' && !this.#claimed.has(blob.digest));
    const again = outcomes.filter(({ blob, outcome }) => outcome === 'sent' && this.#claimed.has(blob.digest));
    for (const { blob } of sent) this.#claimed.add(blob.digest);
    return {
      sent: sent.length,
      bytes: sent.reduce((sum, { blob }) => sum + blob.size, 0),
      mounted: again.length + outcomes.filter(({ outcome }) => outcome === 'mounted').length,
    };
  }

  #planned(survey: Surveyed): SeededImage {
    const outcomes = survey.needs.map(({ blob }) => ({ blob, outcome: 'sent' as const }));
    return reportOf(this.#source, survey, { status: 'planned', ...this.#counts(outcomes) });
  }

  /** Ends the waiting for blobs that nobody brings any more. */
  #giveUp(): void {
    for (const need of this.#needs.all()) need.fail(this.#options.signal.reason);
  }

  /** Two images for one place would replace each other. */
  #claim({ repository, tag }: Destination, digest: string): void {
    const place = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
    const other = this.#options.claims.get(place);
    if (other !== undefined && other !== digest)
      throw new MirrorError('IMAGE_CONFLICT', `${place} would be ${other} and ${digest} at once`, {
        hint: 'Seed one of them to another path, or leave one out.',
      });
    this.#options.claims.set(place, digest);
  }

  #progress(): void {
    const { length: totalImages } = this.#source.images;
    this.#options.onProgress({
      images: this.#images,
      totalImages,
      bytes: this.#bytes,
      totalBytes: Math.max(this.#totalBytes, this.#bytes),
    });
  }
}

interface Counts {
  readonly sent: number;
  readonly bytes: number;
  readonly mounted: number;
}

function allManifests({ children, root, referrers }: ImagePlan): PlannedManifest[] {
  return [...children, root, ...referrers];
}

function nothingDone(source: ImageSource, image: SourceImage): SeededImage {
  const common = { source: source.name, image: formatReference(image.reference), digest: image.root.digest };
  return { ...common, status: 'unchanged', manifests: 0, sent: 0, bytes: 0, mounted: 0, present: 0 };
}

function reportOf(source: ImageSource, { plan, present }: Surveyed, done: Pick<SeededImage, 'status'> & Partial<Counts>): SeededImage {
  const { repository, tag } = plan.destination;
  return {
    ...nothingDone(source, plan.image),
    destination: tag === undefined ? `${repository}@${plan.root.digest}` : `${repository}:${tag}`,
    manifests: allManifests(plan).length,
    present,
    ...done,
  };
}
