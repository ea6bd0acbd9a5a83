import type { YumMirrorConfig } from '../../config/schema.ts';
import { counted } from '../../core/counts.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import { isNotAsListed } from '../../fetch/not-as-listed.ts';
import type { StoredIndex, Supplement } from '../../store/catalogue.ts';
import { DOCUMENTS } from '../format/repodata/package-documents.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { fileUrls } from '../location.ts';
import type { YumParticulars } from './particulars.ts';
import { chooseRecords, type RecordChoice } from './record-choice.ts';
import type { SignedRepomd } from './signed-repomd.ts';
import { checkStrength } from './verification-policy.ts';

/** The files that repomd.xml names, in the pool. */
export interface AcquiredRecords {
  readonly indexes: readonly StoredIndex[];
  readonly supplements: readonly Supplement[];
  readonly records: YumParticulars['records'];
  /** What is not needed and could not be had, or cannot be read: sentences for people. */
  readonly leftOut: readonly string[];
  /** How many of these are files that may be there another time. */
  readonly missing: number;
}

/** One file that is wanted. */
interface Task {
  /** Of the supplement that it becomes; undefined for an index of the packages. */
  readonly kind: string | undefined;
  /** Records of the same content, best first. */
  readonly records: readonly RepomdRecord[];
  readonly needed: boolean;
}

/**
 * Brings the indexes of the packages into the pool, and what else the repository has; for a copy that is to be the same every file that repomd.xml names.
 * A file that is missing or damaged is left out where packages can be installed without it. Throws the error of the first that fails, and not before the
 * others have ended, too: METADATA_*, CHECKSUM_*, PATH_UNSAFE and those of fetching.
 */
export async function acquireRecords(context: UpstreamContext<YumMirrorConfig>, signed: SignedRepomd): Promise<AcquiredRecords> {
  const { name, report, verbatim } = context;
  const choice = chooseRecords(signed.repomd.records, signed.what);
  const tasks = tasksOf(choice, verbatim ? signed.repomd.records : []);
  report({ type: 'phase', subject: name, phase: 'indexes', detail: counted(tasks.length, 'index', 'indexes') });
  const leftOut = choice.unreadable.map((type) => `${signed.what} has its ${type} as zchunk only, which is not read: left out`);
  const results = await Promise.allSettled(tasks.map((task) => acquireTask(context, signed, task)));
  const indexes: StoredIndex[] = [];
  const supplements: Supplement[] = [];
  for (const [at, result] of results.entries()) {
    if (result.status === 'rejected') throw result.reason;
    const kind = tasks[at]?.kind;
    if ('missing' in result.value) {
      leftOut.push(result.value.missing);
      continue;
    }
    if (kind === undefined) indexes.push(result.value);
    else supplements.push({ kind, mirror: name, ...result.value });
    if (verbatim && kind !== 'index') supplements.push({ kind: 'index', mirror: name, ...result.value });
  }
  return { indexes, supplements, records: particularRecords(choice), leftOut, missing: leftOut.length - choice.unreadable.length };
}

function tasksOf({ data, indexes }: RecordChoice, all: readonly RepomdRecord[]): Task[] {
  const tasks: Task[] = [
    ...[...indexes.values()].map((record): Task => ({ kind: undefined, records: [record], needed: true })),
    ...data.map(({ needed, records, type }): Task => ({ kind: `data/${type}`, records, needed })),
  ];
  const paths = new Set(tasks.flatMap(({ records }) => records.slice(0, 1)).map(({ path }) => path));
  for (const record of all) {
    if (paths.has(record.path)) continue;
    paths.add(record.path);
    tasks.push({ kind: 'index', records: [record], needed: false });
  }
  return tasks;
}

async function acquireTask(
  context: UpstreamContext<YumMirrorConfig>,
  signed: SignedRepomd,
  { needed, records }: Task,
): Promise<StoredIndex | { readonly missing: string }> {
  // Every file of a copy that is to be the same is a task of its own.
  const [first, ...others] = context.verbatim ? records.slice(0, 1) : records;
  if (first === undefined) throw new Error('a task has at least one record');
  try {
    return await acquireRecord(context, signed, first);
  } catch (error) {
    if (needed || !isMissingOrDamaged(error)) throw error;
    if (others.length > 0) return acquireTask(context, signed, { kind: undefined, records: others, needed });
    return { missing: `${signed.what} names ${first.path}, which is ${faultOf(error)}: left out` };
  }
}

/** Whether the fault is of the file, and not of the server or the way to it; object stores say of a missing one that it is denied. */
export function isMissingOrDamaged(error: unknown): error is MirrorError {
  return isNotAsListed(error) || isMirrorError(error, 'FETCH_DENIED');
}

/** What is the matter with a file that is left out. */
export function faultOf({ code }: MirrorError): string {
  if (code === 'FETCH_NOT_FOUND') return 'not there';
  return code === 'FETCH_DENIED' ? 'not given out' : 'something else than it should be';
}

async function acquireRecord(
  { acquirer, config, verbatim }: UpstreamContext<YumMirrorConfig>,
  { what }: SignedRepomd,
  record: RepomdRecord,
): Promise<StoredIndex> {
  checkStrength(config, record.checksum, what, record.path);
  if (verbatim && record.base !== undefined) {
    throw new MirrorError('PATH_UNSAFE', `${what} has ${record.path} at another place (xml:base), so it cannot be published as it is`, {
      hint: 'Publish this mirror with metadata: regenerate.',
    });
  }
  const urls = fileUrls({ location: record.path, base: record.base }, acquirer.origin.bases, what);
  const blob = await acquirer.file({ urls, expected: { size: record.size, checksums: [record.checksum] }, maxSize: LIMITS.index });
  return { path: record.path, sha256: blob.sha256, size: blob.size };
}

function particularRecords({ indexes }: RecordChoice): YumParticulars['records'] {
  const [primary, filelists, other] = DOCUMENTS.map((type) => {
    const record = indexes.get(type);
    return record === undefined ? undefined : { path: record.path, openSize: record.openSize, openChecksum: record.openChecksum };
  });
  if (primary === undefined) throw new Error('a choice of records has a primary');
  return { primary, ...(filelists === undefined ? {} : { filelists }), ...(other === undefined ? {} : { other }) };
}
