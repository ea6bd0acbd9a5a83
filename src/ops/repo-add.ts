import type { FamilyName, RepoConfig } from '../config/schema.ts';
import { counted, shortened } from '../core/counts.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { runAll } from '../core/run-all.ts';
import type { LocalFile, LocalPackages } from '../family/local-packages.ts';
import type { Keyring } from '../openpgp/types.ts';
import type { Intake } from '../store/blobs.ts';
import type { PackageExtra, PackageRecord } from '../store/catalogue.ts';
import { acquireLock } from '../store/locks.ts';
import { combinedContents } from './contents.ts';
import type { OperationContext } from './context.ts';
import { familyNamed, otherFamilies } from './families.ts';
import { localFiles } from './local-files.ts';
import { type PackedPackage, packPackage, unpackPackage } from './packed-package.ts';
import { type Additions, planAdditions } from './repo-conflicts.ts';
import { repoContents, repoNamed } from './repos.ts';
import { loadKeyring } from './trusted-keys.ts';

/** Packages that are stored at once. */
const BATCH = 500;
/** Files that are read at the same time. */
const READ_AT_ONCE = 4;
/** Refused files that an error names. */
const PROBLEMS_SHOWN = 20;

/** How packages are added. */
export interface RepoAddOptions {
  /** Says what would be added and adds nothing. */
  readonly dryRun?: boolean | undefined;
  /** A package that is there with other content is replaced. */
  readonly forceReplace?: boolean | undefined;
}

/** What was, or would be, added. Packages are named as people of their family do. */
export interface RepoAddReport {
  readonly name: string;
  readonly dryRun: boolean;
  readonly added: readonly string[];
  /** Of these, the repo had other content before. Also among `added`. */
  readonly replaced: readonly string[];
  /** Was there already, the same. */
  readonly present: readonly string[];
  /** What the repo has now, or would have. */
  readonly packages: number;
}

/**
 * Adds the packages in some files and directories to a local repository: all or none. Every file is read whole and checked first, with what it names beside it.
 * Throws NAME_UNKNOWN, USAGE, also for a file of another family, what is wrong with a file (FILES_REFUSED where it is several), PACKAGE_CONFLICT, LOCKED, ABORTED, STORAGE.
 * @param paths absolute.
 */
export async function addToRepo(
  name: string,
  paths: readonly string[],
  context: OperationContext,
  options: RepoAddOptions = {},
): Promise<RepoAddReport> {
  const repo = repoNamed(name, context.config);
  const family = familyNamed(repo.type);
  const reader = family.localPackages;
  refuseOtherFamily(name, repo.type, paths);
  using _ = await acquireLock(context.storage, `repo-${name}`, `adding to ${name}`);
  const files = await localFiles(paths, reader.extensions);
  if (files.length === 0) {
    throw new MirrorError('USAGE', `there is nothing to add in ${paths.join(', ')}`, {
      hint: `Packages end in ${reader.extensions.join(', ')}.`,
    });
  }
  const keyring = await repoKeyring(name, repo, context);
  const read = await readAll(name, files, { reader, keyring }, context);
  const before = repoContents(name, repo.type, context.catalogue);
  const plan = planAdditions(read, context.catalogue.packages(before.list.id), {
    repo: name,
    label: family.label,
    forceReplace: options.forceReplace === true,
  });
  const labels = plan.added.map(({ record }) => family.label(record));
  const ids = options.dryRun === true ? [] : await storeAll(name, plan, context);
  const packages = plan.kept.length + plan.added.length;
  if (options.dryRun !== true) {
    const added = {
      supplements: [],
      checked: { metadata: true, packages: keyring !== undefined && reader.packagesAreSigned },
      keys: (keyring?.keys ?? []).map(({ fingerprint, armored }) => ({ fingerprint, armored })),
    };
    const list = context.catalogue.saveList(repo.type, [...plan.kept, ...ids]);
    const contents = combinedContents(list, [...(plan.kept.length === 0 ? [] : [before]), ...(ids.length === 0 ? [] : [added])]);
    context.catalogue.putRepo({ name, family: repo.type, contents, changedAt: context.clock.now().getTime() });
  }
  const summary = `${counted(labels.length, 'package')} ${options.dryRun === true ? 'to add' : 'added'}, ${counted(packages, 'package')} in all`;
  context.report({ type: 'done', subject: name, summary });
  return { name, dryRun: options.dryRun === true, added: labels, replaced: plan.replaced, present: plan.present, packages };
}

function refuseOtherFamily(name: string, type: FamilyName, paths: readonly string[]): void {
  for (const path of paths) {
    const other = otherFamilies(type).find(({ localPackages }) => localPackages.extensions.some((extension) => path.endsWith(extension)));
    if (other === undefined) continue;
    throw new MirrorError('USAGE', `${path} is a package of ${other.name}, and repo "${name}" is one of ${type}`, {
      hint: `Make a repo for it with \`mirror repo create NAME --type ${other.name}\`, or add it to one that there is.`,
    });
  }
}

async function repoKeyring(name: string, repo: RepoConfig, context: OperationContext): Promise<Keyring | undefined> {
  if (repo.keys.length === 0) return undefined;
  const { fetcher, catalogue, report, signal, clock } = context;
  return await loadKeyring({ name, config: repo, fetcher, catalogue, report, signal, clock });
}

interface Reading {
  readonly reader: LocalPackages;
  readonly keyring: Keyring | undefined;
}

/** Reads every file, so that all that is wrong can be told at once. Those of one kind do not name each other, and are read side by side. */
async function readAll(
  name: string,
  files: readonly LocalFile[],
  { reader, keyring }: Reading,
  { report, signal, clock }: OperationContext,
): Promise<PackedPackage[]> {
  report({ type: 'phase', subject: name, phase: 'verify', detail: counted(files.length, 'file') });
  const found = new Map<LocalFile, readonly PackedPackage[]>();
  const problems = new Map<LocalFile, MirrorError>();
  const covered = new Set<string>();
  const readOne = async (file: LocalFile): Promise<void> => {
    if (signal.aborted) throw new MirrorError('ABORTED', `adding to ${name} was interrupted; nothing was added`);
    try {
      const { packages, notices } = await reader.read(file, { keyring, now: clock.now() });
      for (const message of notices) report({ type: 'info', subject: name, message });
      for (const { path } of packages.flatMap((one) => one.files)) covered.add(path);
      found.set(file, packages.map(packPackage));
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      problems.set(file, error);
    }
    const items = found.size + problems.size;
    report({ type: 'progress', subject: name, phase: 'verify', items, totalItems: files.length, bytes: 0, totalBytes: undefined });
  };
  for (const extension of reader.extensions) {
    const kind = files.filter((file) => file.name.endsWith(extension) && !covered.has(file.path));
    await runAll(
      kind.map((file) => () => readOne(file)),
      READ_AT_ONCE,
    );
  }
  const wrong = files.flatMap((file) => problems.get(file) ?? []);
  const [first, second] = wrong;
  if (first !== undefined) throw second === undefined ? first : refused(wrong);
  return files.flatMap((file) => found.get(file) ?? []);
}

function refused(problems: readonly MirrorError[]): MirrorError {
  const messages = problems.map((problem) => problem.message);
  const shown = shortened(messages, PROBLEMS_SHOWN, '\n  ');
  return new MirrorError('FILES_REFUSED', `${counted(problems.length, 'file')} cannot be added, so nothing was:\n  ${shown}`, {
    hint: 'Leave them out, or mend them.',
    details: { refused: problems.length },
  });
}

/** Brings the files into the pool and stores the packages; gives their ids. Until the repo names them nothing has been added. */
async function storeAll(name: string, { added }: Additions<PackedPackage>, context: OperationContext): Promise<number[]> {
  if (added.length === 0) return [];
  const { blobs, catalogue, config, report, signal } = context;
  report({ type: 'phase', subject: name, phase: 'store', detail: counted(added.length, 'package') });
  const { type } = repoNamed(name, config);
  const ids: number[] = [];
  const intake = await blobs.intake(`repo-${name}`);
  try {
    for (let start = 0; start < added.length; start += BATCH) {
      const batch = added.slice(start, start + BATCH);
      for (const one of batch) {
        if (signal.aborted) throw new MirrorError('ABORTED', `adding to ${name} was interrupted; nothing was added`);
        await bring(one, intake, context);
      }
      await intake.flush();
      const unpacked = batch.map(unpackPackage);
      const stored = catalogue.addPackages(
        type,
        unpacked.map(({ record }) => record),
      );
      catalogue.addExtras(unpacked.flatMap(({ extras }, index) => extrasOf(extras, stored[index])));
      ids.push(...stored);
      report({
        type: 'progress',
        subject: name,
        phase: 'store',
        items: ids.length,
        totalItems: added.length,
        bytes: 0,
        totalBytes: undefined,
      });
    }
    await intake.finish();
  } catch (error) {
    await intake.abandon();
    throw error;
  }
  return ids;
}

/** Brings the files of a package into the pool, as they were when they were checked. */
async function bring({ record, files }: PackedPackage, intake: Intake, { blobs }: OperationContext): Promise<void> {
  const expected = [record, ...(record.files ?? [])] satisfies Pick<PackageRecord, 'sha256'>[];
  for (const [index, file] of files.entries()) {
    const { sha256 } = expected[index] ?? record;
    if ((await blobs.stat(sha256)) !== undefined) continue;
    const blob = await intake.add(file.read());
    if (blob.sha256 !== sha256)
      throw new MirrorError('CHECKSUM_MISMATCH', `${file.path} changed while it was being added; nothing was added`);
  }
}

function extrasOf(extras: readonly Omit<PackageExtra, 'id'>[], id: number | undefined): PackageExtra[] {
  return id === undefined ? [] : extras.map(({ kind, data }) => ({ id, kind, data }));
}
