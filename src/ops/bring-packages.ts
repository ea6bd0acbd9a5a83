import { counted, shortened } from '../core/counts.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { runAll } from '../core/run-all.ts';
import type { Candidate, CandidateFile } from '../solve/universe.ts';
import type { Wanted } from '../store/acquire.ts';
import { bringFiles } from '../store/acquirer.ts';
import type { Blob } from '../store/blobs.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { checkedAs, fileCount, NOT_AS_LISTED, type PackagePlan } from './package-plan.ts';
import { PackageStorage } from './package-storage.ts';
import type { OpenMirror } from './refresh.ts';
import { totalSize } from './selection.ts';

/** What was stored and fetched. Sizes in bytes. */
export interface BroughtPackages {
  /** Of the stored packages, in the order of the selection. */
  readonly ids: readonly number[];
  readonly downloaded: number;
  readonly downloadedBytes: number;
}

/** Failures that an error lists by name. */
const FAILURES_SHOWN = 5;
/** Package files whose signatures are checked at the same time. */
const CHECKS_AT_ONCE = 4;

/**
 * Brings the selected packages into the pool, checks what the mirror says is to be checked, and stores them. What is in the pool is not
 * fetched again. Throws SYNC_INCOMPLETE with what could not be fetched, and the error of a package that is not to be trusted;
 * what was fetched until then stays for the next run.
 */
export async function bringPackages(plan: PackagePlan, context: OperationContext): Promise<BroughtPackages> {
  const { selected } = plan.selection;
  const storage = new PackageStorage(plan, context);
  // Where nothing was stored before the extras of all packages are wanted, and are read while the files come in.
  const storing = plan.storedBefore.size === 0 ? storage.storeExtras([...selected.keys()]) : undefined;
  const stored = storing?.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    const { files, downloaded, downloadedBytes } = await fetchFiles(plan, storage, context);
    await checkFiles(plan, files, context);
    context.report({ type: 'phase', subject: plan.mirror.name, phase: 'store' });
    for (const [index, candidate] of selected.entries()) {
      for (const [file, blob] of filesOf(candidate, files).entries()) storage.add(index, file, blob);
    }
    const ids = storage.finish();
    if (stored === undefined) await storage.storeExtras([...selected.keys()].filter((index) => !plan.storedBefore.has(ids[index] ?? -1)));
    const failure = await stored;
    if (failure !== undefined) throw failure.error;
    return { ids, downloaded, downloadedBytes };
  } finally {
    storage.end();
    await stored;
  }
}

/** The files of each package: its own, then the further ones. */
type Files = ReadonlyMap<Candidate, readonly Blob[]>;

function filesOf(candidate: Candidate, files: Files): readonly Blob[] {
  const all = files.get(candidate);
  if (all === undefined) throw new Error(`no files were brought for ${candidate.name}`);
  return all;
}

function fileOf(candidate: Candidate, files: Files): Blob {
  const [file] = filesOf(candidate, files);
  if (file === undefined) throw new Error(`no file was brought for ${candidate.name}`);
  return file;
}

/** Brings the files, and adds those to the storage whose upstream signs no packages as soon as they are there. */
async function fetchFiles(
  plan: PackagePlan,
  storage: PackageStorage,
  context: OperationContext,
): Promise<{ readonly files: Files; readonly downloaded: number; readonly downloadedBytes: number }> {
  const { blobs, catalogue, fetcher, signal, report } = context;
  const { selected } = plan.selection;
  const subject = plan.mirror.name;
  const totalBytes = selected.reduce((sum, candidate) => sum + totalSize(candidate), 0);
  const totalItems = selected.reduce((sum, candidate) => sum + fileCount(candidate), 0);
  const files = new Map<Candidate, readonly Blob[]>();
  const problems: string[] = [];
  const notAsListed = new Set<string>();
  let [downloaded, downloadedBytes, finishedBytes, finishedItems, untried] = [0, 0, 0, 0, 0];

  report({ type: 'phase', subject, phase: 'packages', detail: counted(selected.length, 'package') });
  const intake = await blobs.intake(`packages-${subject}`);
  try {
    for (const [name, indexes] of byMirror(selected)) {
      const mirror = await plan.opened(name);
      const candidates = indexes.flatMap((index) => selected[index] ?? []);
      const owners = indexes.flatMap((index, at) => {
        const candidate = candidates[at];
        return candidate === undefined ? [] : Array.from({ length: fileCount(candidate) }, (_, file) => ({ index, file }));
      });
      const unchecked = plan.states.get(name)?.upstream.verification.packages !== true;
      const brought = await bringFiles(wantedFiles(candidates, mirror), {
        origin: mirror.origin,
        fetcher,
        blobs,
        catalogue,
        intake,
        signal,
        concurrency: context.config.http.concurrency,
        onBytes: (count) => {
          downloadedBytes += count;
        },
        onDurable: (at, blob) => {
          const owner = owners[at];
          if (unchecked && owner !== undefined) storage.add(owner.index, owner.file, blob);
        },
        onProgress: (now) => {
          const [items, bytes] = [finishedItems + now.items, finishedBytes + now.bytes];
          report({ type: 'progress', subject, phase: 'packages', items, totalItems, bytes, totalBytes });
        },
      });
      downloaded += brought.fetched;
      untried += brought.untried;
      problems.push(...brought.failed.map(({ error }) => error.message));
      if (
        brought.failed.some(({ error }) =>
          isMirrorError(error, 'FETCH_NOT_FOUND', 'CHECKSUM_MISMATCH', 'FETCH_TOO_LARGE', 'FETCH_TRUNCATED'),
        )
      )
        notAsListed.add(name);
      let index = 0;
      for (const candidate of candidates) {
        const own = Array.from({ length: fileCount(candidate) }, () => brought.done.get(index++)).filter((file) => file !== undefined);
        files.set(candidate, own);
        finishedItems += own.length;
        finishedBytes += own.reduce((sum, { size }) => sum + size, 0);
      }
    }
    if (problems.length > 0) throw incomplete(subject, problems, { untried, notAsListed });
    await intake.finish();
  } catch (error) {
    await intake.abandon();
    throw error;
  }
  return { files, downloaded, downloadedBytes };
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

/** Indexes in the selection by the mirror that offers the package, in the order of the selection. */
function byMirror(selected: readonly Candidate[]): Map<string, number[]> {
  return Map.groupBy(selected.keys(), (index) => selected[index]?.mirror ?? '');
}

/** Checks the signatures of the packages whose upstream signs packages. */
async function checkFiles(plan: PackagePlan, files: Files, context: OperationContext): Promise<void> {
  const { blobs, clock, report, signal } = context;
  const subject = plan.mirror.name;
  const due = plan.selection.selected.filter((candidate) => {
    const signed = plan.states.get(candidate.mirror)?.upstream.verification.packages === true;
    return signed && !plan.checkedBefore.has(checkedAs(candidate, fileOf(candidate, files).sha256));
  });
  if (due.length === 0) return;
  report({ type: 'phase', subject, phase: 'verify', detail: counted(due.length, 'package signature') });
  let items = 0;
  const check = async (candidate: Candidate): Promise<void> => {
    if (signal.aborted) throw new MirrorError('ABORTED', 'the work was interrupted');
    const { config, keyring } = await plan.opened(candidate.mirror);
    if (keyring === undefined) throw trustGone(candidate.mirror);
    await familyOf(config).verifyPackage(candidate, fileOf(candidate, files), blobs, keyring, clock.now());
    items += 1;
    report({ type: 'progress', subject, phase: 'verify', items, totalItems: due.length, bytes: 0, totalBytes: undefined });
  };
  await runAll(
    due.map((candidate) => () => check(candidate)),
    CHECKS_AT_ONCE,
  );
}

/** A companion that is not synced in this run, whose configuration has changed since it was. */
function trustGone(name: string): MirrorError {
  return new MirrorError('KEY_MISSING', `the packages of mirror "${name}" are signed, and its configuration trusts no keys any more`, {
    hint: `Sync it, too, so that its new configuration counts: mirror sync ${name}`,
  });
}
