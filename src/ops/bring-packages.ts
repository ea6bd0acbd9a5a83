import { counted } from '../core/counts.ts';
import { MirrorError } from '../core/errors.ts';
import { runAll } from '../core/run-all.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Blob } from '../store/blobs.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { type Files, fetchPackages } from './fetch-packages.ts';
import { checkedAs, type PackagePlan } from './package-plan.ts';
import { PackageStorage } from './package-storage.ts';

/** What was stored and fetched. Sizes in bytes. */
export interface BroughtPackages {
  /** Of the stored packages, in the order of the selection. */
  readonly ids: readonly number[];
  readonly downloaded: number;
  readonly downloadedBytes: number;
}

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
    const { files, downloaded, downloadedBytes } = await fetchPackages(plan, storage, context);
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
