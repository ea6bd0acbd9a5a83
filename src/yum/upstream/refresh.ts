import type { YumMirrorConfig } from '../../config/schema.ts';
import { counted } from '../../core/counts.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { StoredIndex, UpstreamState } from '../../store/catalogue.ts';
import type { RepomdRecord } from '../format/repomd.ts';
import { fileUrls } from '../location.ts';
import { INDEX_TYPES, type IndexType, type YumParticulars } from './particulars.ts';
import { fetchSignedRepomd, MAX_FUTURE, mayHaveChanged, type SignedRepomd } from './signed-repomd.ts';
import { acceptsWeakChecksums, verificationPolicy } from './verification-policy.ts';

/** How often an upstream that changes while it is read is begun anew. */
const ATTEMPTS = 3;

/**
 * Fetches and checks a repository's repomd.xml and brings primary, filelists and other into the pool; the last two may be missing. Gives
 * `previous` itself when repomd.xml has not changed. When a file is not what repomd.xml says, and that has changed meanwhile, begins
 * again with the new one.
 * Errors besides those of fetching: SIGNATURE_*, RELEASE_ROLLBACK, RELEASE_FUTURE, METADATA_INVALID, METADATA_INCOMPLETE, PATH_UNSAFE, CHECKSUM_MISMATCH.
 */
export async function refreshUpstream(
  context: UpstreamContext<YumMirrorConfig>,
  previous: UpstreamState | undefined,
): Promise<UpstreamState> {
  const wasSigned = previous?.verification.metadata === true;
  const complete = previous !== undefined && (await isComplete(context, previous));
  // An unsigned repository that need not be signed is asked for its signature each time: it may have got one.
  const known = complete && wasSigned === (verificationPolicy(context.config).metadata !== 'no') ? previous.revision : undefined;
  let failure: unknown;
  let failedRevision: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const signed = await fetchSignedRepomd(context, { wasSigned, known });
      if (previous !== undefined && (signed === undefined || (complete && isSame(signed, previous)))) return previous;
      if (signed === undefined || signed.revision === failedRevision) throw failure;
      failedRevision = signed.revision;
      refuseFuture(context, signed);
      refuseRollback(context, signed, previous);
      return await acquire(context, signed);
    } catch (error) {
      const retriable = failedRevision === undefined ? isMirrorError(error, 'SIGNATURE_INVALID') : mayHaveChanged(error);
      if (attempt === ATTEMPTS || error === failure || !retriable) throw error;
      failure = error;
    }
  }
}

/** Whether the state answers to what is demanded of packages now, and all of its files are there. */
async function isComplete({ blobs, config }: UpstreamContext<YumMirrorConfig>, state: UpstreamState): Promise<boolean> {
  if (state.verification.packages !== verificationPolicy(config).packages) return false;
  const sizes = await Promise.all(state.indexes.map((index) => blobs.stat(index.sha256)));
  return sizes.every((size) => size !== undefined);
}

function isSame({ revision, signedBy }: SignedRepomd, previous: UpstreamState): boolean {
  return revision === previous.revision && (signedBy !== undefined) === previous.verification.metadata;
}

/** What is accepted from the future would make everything after it seem to be older. */
function refuseFuture({ clock, name }: UpstreamContext<YumMirrorConfig>, { date, what }: SignedRepomd): void {
  const now = clock.now();
  if (date <= now.getTime() + MAX_FUTURE) return;
  throw new MirrorError('RELEASE_FUTURE', `mirror "${name}": ${what} is dated ${dateText(date)}, but here it is ${now.toISOString()}`, {
    hint: 'Set the clock of this machine right; if it is, the upstream states a wrong time.',
  });
}

/** Hostile metadata may state a time that no calendar has. */
function dateText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time} ms after 1970` : date.toISOString();
}

function refuseRollback(
  { config, name }: UpstreamContext<YumMirrorConfig>,
  { date, what }: SignedRepomd,
  previous: UpstreamState | undefined,
): void {
  if (previous === undefined || config.allowRollback || date >= previous.date) return;
  throw new MirrorError(
    'RELEASE_ROLLBACK',
    `mirror "${name}": ${what} is dated ${dateText(date)}, older than the ${dateText(previous.date)} that was accepted before`,
    { hint: 'The server may be a stale copy, or someone hides updates from you. To accept it nevertheless set allowRollback: true.' },
  );
}

async function acquire(context: UpstreamContext<YumMirrorConfig>, signed: SignedRepomd): Promise<UpstreamState> {
  const { config, name, report } = context;
  const records = new Map<IndexType, RepomdRecord>();
  for (const type of INDEX_TYPES) {
    const record = signed.repomd.records.find((candidate) => candidate.type === type);
    if (record !== undefined) records.set(type, record);
  }
  const primary = records.get('primary');
  if (primary === undefined)
    throw new MirrorError('METADATA_INCOMPLETE', `mirror "${name}": ${signed.what} names no primary, the list of packages`);
  report({ type: 'phase', subject: name, phase: 'indexes', detail: counted(records.size, 'index', 'indexes') });
  const indexes = await acquireIndexes(context, signed, [...records.values()]);
  tellOfMetadataLeftOut(context, signed);
  const [filelists, other] = [records.get('filelists'), records.get('other')];
  const particulars: YumParticulars = {
    records: {
      primary: kept(primary),
      ...(filelists === undefined ? {} : { filelists: kept(filelists) }),
      ...(other === undefined ? {} : { other: kept(other) }),
    },
  };
  return {
    revision: signed.revision,
    date: signed.date,
    indexes,
    supplements: [],
    verification: { metadata: signed.signedBy !== undefined, packages: verificationPolicy(config).packages, signedBy: signed.signedBy },
    particulars,
  };
}

/** Metadata besides the packages is not published by this version: who relies on it must know, above all of modules. */
function tellOfMetadataLeftOut({ name, report }: UpstreamContext<YumMirrorConfig>, { repomd }: SignedRepomd): void {
  const types = new Set(repomd.records.map((record) => record.type));
  if (types.has('modules')) {
    const message = 'the upstream has modules, which this version does not publish: clients will see the packages of every stream';
    report({ type: 'warning', subject: name, message });
  }
  const others = ['group', 'updateinfo'].filter((type) => types.has(type));
  if (others.length > 0) {
    report({ type: 'info', subject: name, message: `not published by this version: ${others.join(' and ')} metadata of the upstream` });
  }
}

function kept({ path, openSize, openChecksum }: RepomdRecord): YumParticulars['records']['primary'] {
  return { path, openSize, openChecksum };
}

/** Throws the error of the first that fails, and not before the others have ended, too. */
async function acquireIndexes(
  context: UpstreamContext<YumMirrorConfig>,
  signed: SignedRepomd,
  records: readonly RepomdRecord[],
): Promise<StoredIndex[]> {
  const results = await Promise.allSettled(records.map((record) => acquireIndex(context, signed, record)));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function acquireIndex(
  { acquirer, config }: UpstreamContext<YumMirrorConfig>,
  { what }: SignedRepomd,
  record: RepomdRecord,
): Promise<StoredIndex> {
  const { algorithm } = record.checksum;
  if ((algorithm === 'md5' || algorithm === 'sha1') && !acceptsWeakChecksums(config)) {
    throw new MirrorError(
      'METADATA_INVALID',
      `${what} states only the ${algorithm} of ${record.path}, which is too weak for its signature to count`,
      {
        hint: 'Set `verify: [packages]` so that the signatures of the packages are checked instead.',
      },
    );
  }
  const urls = fileUrls({ location: record.path, base: record.base }, acquirer.origin.bases, what);
  const blob = await acquirer.file({ urls, expected: { size: record.size, checksums: [record.checksum] }, maxSize: LIMITS.index });
  return { path: record.path, sha256: blob.sha256, size: blob.size };
}
