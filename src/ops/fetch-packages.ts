import { counted, shortened } from '../core/counts.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { isNotAsListed } from '../fetch/not-as-listed.ts';
import type { Candidate, CandidateFile } from '../solve/universe.ts';
import type { Wanted } from '../store/acquire.ts';
import { type Brought, bringFiles } from '../store/acquirer.ts';
import type { Blob, Intake } from '../store/blobs.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { fileCount, NOT_AS_LISTED, type PackagePlan } from './package-plan.ts';
import type { PackageStorage } from './package-storage.ts';
import type { OpenMirror } from './refresh.ts';
import { totalSize } from './selection.ts';

/** Failures that an error lists by name. */
const FAILURES_SHOWN = 5;

/** The files of each package: its own, then the further ones. */
export type Files = ReadonlyMap<Candidate, readonly Blob[]>;

/** What was fetched. */
export interface FetchedPackages {
  readonly files: Files;
  readonly downloaded: number;
  /** In bytes. */
  readonly downloadedBytes: number;
}

/**
 * Brings the files of all selected packages into the pool, and adds those to the storage whose upstream signs no packages as soon as they are there.
 * Throws SYNC_INCOMPLETE with what could not be fetched.
 */
export async function fetchPackages(plan: PackagePlan, storage: PackageStorage, context: OperationContext): Promise<FetchedPackages> {
  const { selected } = plan.selection;
  const subject = plan.mirror.name;
  context.report({ type: 'phase', subject, phase: 'packages', detail: counted(selected.length, 'package') });
  const run = new FetchRun(plan, storage, context);
  const intake = await context.blobs.intake(`packages-${subject}`);
  try {
    const byMirror = Map.groupBy(selected.keys(), (index) => selected[index]?.mirror ?? '');
    for (const [name, indexes] of byMirror) await run.fetchFrom(name, indexes, intake);
    run.refuseProblems();
    await intake.finish();
  } catch (error) {
    await intake.abandon();
    throw error;
  }
  return run;
}

class FetchRun implements FetchedPackages {
  readonly files = new Map<Candidate, readonly Blob[]>();
  downloaded = 0;
  downloadedBytes = 0;
  readonly #plan: PackagePlan;
  readonly #storage: PackageStorage;
  readonly #context: OperationContext;
  /** Of all mirrors together. */
  readonly #total: { readonly items: number; readonly bytes: number };
  /** Of the mirrors that are done. */
  readonly #finished = { items: 0, bytes: 0 };
  readonly #problems: string[] = [];
  readonly #notAsListed = new Set<string>();
  #untried = 0;

  constructor(plan: PackagePlan, storage: PackageStorage, context: OperationContext) {
    this.#plan = plan;
    this.#storage = storage;
    this.#context = context;
    const { selected } = plan.selection;
    this.#total = {
      items: selected.reduce((sum, candidate) => sum + fileCount(candidate), 0),
      bytes: selected.reduce((sum, candidate) => sum + totalSize(candidate), 0),
    };
  }

  /** The packages that a mirror offers, by their indexes in the selection. */
  async fetchFrom(name: string, indexes: readonly number[], intake: Intake): Promise<void> {
    const { blobs, catalogue, config, fetcher, signal } = this.#context;
    const mirror = await this.#plan.opened(name);
    const candidates = indexes.flatMap((index) => this.#plan.selection.selected[index] ?? []);
    const owners = indexes.flatMap((index, at) => {
      const candidate = candidates[at];
      return candidate === undefined ? [] : Array.from({ length: fileCount(candidate) }, (_, file) => ({ index, file }));
    });
    const unchecked = this.#plan.states.get(name)?.upstream.verification.packages !== true;
    const brought = await bringFiles(wantedFiles(candidates, mirror), {
      origin: mirror.origin,
      fetcher,
      blobs,
      catalogue,
      intake,
      signal,
      concurrency: config.http.concurrency,
      onBytes: (count) => {
        this.downloadedBytes += count;
      },
      onDurable: (at, blob) => {
        const owner = owners[at];
        if (unchecked && owner !== undefined) this.#storage.add(owner.index, owner.file, blob);
      },
      onProgress: (now) => this.#tell(now),
    });
    this.#note(name, brought);
    let at = 0;
    for (const candidate of candidates) {
      const own = Array.from({ length: fileCount(candidate) }, () => brought.done.get(at++)).filter((file) => file !== undefined);
      this.files.set(candidate, own);
      this.#finished.items += own.length;
      this.#finished.bytes += own.reduce((sum, { size }) => sum + size, 0);
    }
  }

  /** Throws SYNC_INCOMPLETE where anything could not be fetched. */
  refuseProblems(): void {
    if (this.#problems.length === 0) return;
    throw incomplete(this.#plan.mirror.name, this.#problems, { untried: this.#untried, notAsListed: this.#notAsListed });
  }

  #tell(now: { readonly items: number; readonly bytes: number }): void {
    this.#context.report({
      type: 'progress',
      subject: this.#plan.mirror.name,
      phase: 'packages',
      items: this.#finished.items + now.items,
      totalItems: this.#total.items,
      bytes: this.#finished.bytes + now.bytes,
      totalBytes: this.#total.bytes,
    });
  }

  #note(name: string, { failed, fetched, untried }: Brought): void {
    this.downloaded += fetched;
    this.#untried += untried;
    this.#problems.push(...failed.map(({ error }) => error.message));
    if (failed.some(({ error }) => isNotAsListed(error))) this.#notAsListed.add(name);
  }
}

function* wantedFiles(candidates: readonly Candidate[], mirror: OpenMirror): Generator<{ readonly wanted: Wanted }> {
  const family = familyOf(mirror.config);
  for (const candidate of candidates) {
    const { bases } = mirror.origin;
    yield { wanted: wantedFile(candidate, family.urls(candidate, bases)) };
    if (candidate.furtherFiles === undefined) continue;
    const urls = family.furtherUrls(candidate, bases);
    for (const [index, file] of candidate.furtherFiles.entries()) yield { wanted: wantedFile(file, urls[index] ?? []) };
  }
}

function wantedFile({ size, checksums }: CandidateFile, urls: readonly string[]): Wanted {
  return { urls, expected: { size, checksums }, maxSize: LIMITS.package };
}

function incomplete(
  mirror: string,
  problems: readonly string[],
  { untried, notAsListed }: { readonly untried: number; readonly notAsListed: ReadonlySet<string> },
): MirrorError {
  const shown = shortened(problems, FAILURES_SHOWN, '\n  ');
  const rest = untried > 0 ? `\n  ${counted(untried, 'package')} more were not tried, since so many failed one after the other` : '';
  return new MirrorError(
    'SYNC_INCOMPLETE',
    `mirror "${mirror}": ${counted(problems.length, 'package')} could not be fetched:\n  ${shown}${rest}`,
    {
      hint: 'The mirror keeps what it had. Run the sync again: packages that were fetched are not fetched again.',
      details: { failed: problems.length, ...(notAsListed.size === 0 ? {} : { [NOT_AS_LISTED]: [...notAsListed].join(' ') }) },
    },
  );
}
