import type { YumMirrorConfig } from '../../config/schema.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { Supplement, UpstreamState } from '../../store/catalogue.ts';
import { acquireRecords } from './acquire-records.ts';
import { type FetchedRepomd, fetchRepomd } from './fetch-repomd.ts';
import { acquireInstaller, type FetchedTree, fetchTreeinfo, hasTree } from './installer.ts';
import { particularsOf, selectionOf, type YumParticulars } from './particulars.ts';
import { allDocuments, checkRepomd, MAX_FUTURE, mayHaveChanged, type SignedRepomd } from './signed-repomd.ts';
import { verificationPolicy } from './verification-policy.ts';

/** How often an upstream that changes while it is read is begun anew. */
const ATTEMPTS = 3;
/** Servers with older metadata than what was accepted that are passed over. */
const MOST_BEHIND = 10;

/**
 * Fetches and checks a repository's repomd.xml and brings primary, filelists and other into the pool, which but for primary it need not have, and what
 * else it has. Gives `previous` itself when neither repomd.xml nor the .treeinfo that is asked for has changed. When a file is not what repomd.xml says, and that has changed meanwhile, begins
 * again with the new one.
 * Errors besides those of fetching: SIGNATURE_*, RELEASE_ROLLBACK, RELEASE_FUTURE, METADATA_INVALID, METADATA_INCOMPLETE, PATH_UNSAFE, CHECKSUM_*.
 */
export async function refreshUpstream(
  context: UpstreamContext<YumMirrorConfig>,
  previous: UpstreamState | undefined,
): Promise<UpstreamState> {
  const complete = previous !== undefined && (await isComplete(context, previous)) ? previous : undefined;
  let failure: unknown;
  let failed: string | undefined;
  let partial: Acquired | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await fetchDocuments(context, { complete, previous });
      if ('unchanged' in found) return found.unchanged;
      if (partial !== undefined && found.identity === failed) return accepted(context, partial);
      if (found.identity === failed) throw failure;
      failed = found.identity;
      const acquired = await acquire(context, found);
      if (acquired.missing === 0 || attempt === ATTEMPTS) return accepted(context, acquired);
      // What is missing may be so because there is something newer.
      partial = acquired;
    } catch (error) {
      if (attempt === ATTEMPTS || error === failure || !isWorthAnother(error, failed)) throw error;
      failure = error;
      partial = undefined;
    }
  }
}

/** What states everything else. */
interface Documents {
  readonly signed: SignedRepomd;
  /** Undefined where it is not asked for, or not there. */
  readonly tree: FetchedTree | undefined;
  /** Equal exactly when they are. */
  readonly identity: string;
}

/** What was accepted before. */
interface Known {
  readonly previous: UpstreamState | undefined;
  /** The same, if that answers to what is asked for now. */
  readonly complete: UpstreamState | undefined;
}

/** Servers that have older metadata than what was accepted are passed over for others; RELEASE_ROLLBACK when no other has newer. */
async function fetchDocuments(
  context: UpstreamContext<YumMirrorConfig>,
  { complete, previous }: Known,
): Promise<Documents | { readonly unchanged: UpstreamState }> {
  const tree = context.config.installer ? await fetchTreeinfo(context) : undefined;
  const current = complete !== undefined && hasTree(complete, tree) ? complete : undefined;
  const behind: string[] = [];
  let rollback: MirrorError | undefined;
  for (;;) {
    const document = await fetchFrom(context, behind, rollback);
    if (current !== undefined && document.revision === current.revision && isSettled(context, current)) return { unchanged: current };
    const signed = await checkRepomd(context, document, previous?.verification.metadata === true);
    if (current !== undefined && isSame(signed, current)) return { unchanged: current };
    refuseFuture(context, signed);
    const older = rollbackOf(context, signed, previous);
    if (older === undefined) return { signed, tree, identity: `${signed.revision} ${tree?.sha256}` };
    rollback ??= older;
    behind.push(...signed.bases);
    const others = context.acquirer.origin.bases.filter((base) => !behind.includes(base));
    if (signed.bases.length === 0 || others.length === 0 || behind.length >= MOST_BEHIND) throw rollback;
  }
}

/** @param rollback what is to be said when the servers that are left have nothing. */
async function fetchFrom(
  context: UpstreamContext<YumMirrorConfig>,
  behind: readonly string[],
  rollback: MirrorError | undefined,
): Promise<FetchedRepomd> {
  try {
    return await fetchRepomd(context, behind);
  } catch (error) {
    if (rollback !== undefined && isMirrorError(error) && error.code.startsWith('FETCH_')) throw rollback;
    throw error;
  }
}

/** Whether the same repomd.xml need not be checked again: an unsigned one that need not be signed may have got a signature. */
function isSettled({ config }: UpstreamContext<YumMirrorConfig>, { verification }: UpstreamState): boolean {
  return verification.metadata === (verificationPolicy(config).metadata !== 'no');
}

/** Before there was a repomd.xml, only one that was replaced between it and its signature is. */
function isWorthAnother(error: unknown, failed: string | undefined): boolean {
  return failed === undefined ? isMirrorError(error, 'SIGNATURE_INVALID') : mayHaveChanged(error);
}

/** Whether the state answers to what is demanded now, and all of its files are there. */
async function isComplete({ blobs, config, verbatim }: UpstreamContext<YumMirrorConfig>, state: UpstreamState): Promise<boolean> {
  const { leftOut, selection } = particularsOf(state);
  if (state.verification.packages !== verificationPolicy(config).packages || leftOut > 0) return false;
  if (JSON.stringify(selection) !== JSON.stringify(selectionOf(config, verbatim))) return false;
  const sizes = await Promise.all([...state.indexes, ...state.supplements].map(({ sha256 }) => blobs.stat(sha256)));
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

function rollbackOf(
  { config, name }: UpstreamContext<YumMirrorConfig>,
  { date, what }: SignedRepomd,
  previous: UpstreamState | undefined,
): MirrorError | undefined {
  if (previous === undefined || config.allowRollback || date >= previous.date) return undefined;
  return new MirrorError(
    'RELEASE_ROLLBACK',
    `mirror "${name}": ${what} is dated ${dateText(date)}, older than the ${dateText(previous.date)} that was accepted before`,
    { hint: 'The server may be a stale copy, or someone hides updates from you. To accept it nevertheless set allowRollback: true.' },
  );
}

/** What may be accepted. */
interface Acquired {
  readonly state: UpstreamState;
  /** What had to be left out: sentences for people. */
  readonly leftOut: readonly string[];
  /** How many of these are files that may be there another time. */
  readonly missing: number;
}

function accepted({ name, report }: UpstreamContext<YumMirrorConfig>, { leftOut, state }: Acquired): UpstreamState {
  for (const message of leftOut) report({ type: 'warning', subject: name, message });
  return state;
}

async function acquire(context: UpstreamContext<YumMirrorConfig>, { signed, tree }: Documents): Promise<Acquired> {
  const { config, verbatim } = context;
  const { indexes, records, ...metadata } = await acquireRecords(context, signed);
  const documents = verbatim ? await keepDocuments(context, signed) : [];
  const installer = config.installer ? await acquireInstaller(context, tree, signed) : { supplements: [], leftOut: [], missing: 0 };
  const missing = metadata.missing + installer.missing;
  const particulars: YumParticulars = { records, selection: selectionOf(config, verbatim), leftOut: missing };
  const state: UpstreamState = {
    revision: signed.revision,
    date: signed.date,
    indexes,
    supplements: [...documents, ...metadata.supplements, ...installer.supplements],
    verification: {
      metadata: signed.signedBy !== undefined,
      packages: verificationPolicy(config).packages,
      signedBy: signed.signedBy,
      ...(config.allowWeak.length === 0 ? {} : { weak: config.allowWeak }),
    },
    particulars,
  };
  return { state, leftOut: [...metadata.leftOut, ...installer.leftOut], missing };
}

/** repomd.xml as it was served, with what belongs to it. */
async function keepDocuments(context: UpstreamContext<YumMirrorConfig>, signed: SignedRepomd): Promise<Supplement[]> {
  const supplements: Supplement[] = [];
  for (const [path, bytes] of await allDocuments(context, signed))
    supplements.push({ kind: 'release', mirror: context.name, path, ...(await context.acquirer.keep(bytes)) });
  return supplements;
}
