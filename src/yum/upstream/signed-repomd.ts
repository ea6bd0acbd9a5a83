import type { YumMirrorConfig } from '../../config/schema.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import { joinUrl } from '../../fetch/join-url.ts';
import { isNotAsListed } from '../../fetch/not-as-listed.ts';
import { shownUrl } from '../../fetch/place.ts';
import type { Acquirer } from '../../store/acquire.ts';
import type { Repomd } from '../format/repodata/repomd.ts';
import { REPOMD, REPOMD_KEY, REPOMD_SIGNATURE } from '../format/repository/repository-paths.ts';
import type { FetchedRepomd } from './fetch-repomd.ts';
import { verificationPolicy } from './verification-policy.ts';

/** A repomd.xml whose signature and metalink were checked as far as the mirror asks for it. */
export interface SignedRepomd {
  /** SHA-256 of the document. */
  readonly revision: string;
  readonly repomd: Repomd;
  /** What the newest of the files is dated, in milliseconds since 1970; 0 where none is. */
  readonly date: number;
  /** Fingerprint of the key that signed it; undefined where that was not checked. */
  readonly signedBy: string | undefined;
  /** The document's address, for messages. */
  readonly what: string;
  /** What was fetched, by path: repomd.xml, and its signature where that was asked for. */
  readonly documents: ReadonlyMap<string, Buffer>;
  /** The base of the server that it came from. */
  readonly bases: readonly string[];
}

/** How far an upstream's clock may be ahead of ours, in milliseconds. */
export const MAX_FUTURE = 24 * 60 * 60 * 1000;

/**
 * Checks a repomd.xml and reads it. Errors besides those of fetching: SIGNATURE_*, METADATA_INVALID, PATH_UNSAFE.
 * @param wasSigned whether the metadata that was accepted last was signed: then it must be again.
 */
export async function checkRepomd(
  context: UpstreamContext<YumMirrorConfig>,
  { bytes, revision, url }: FetchedRepomd,
  wasSigned: boolean,
): Promise<SignedRepomd> {
  const what = shownUrl(url);
  // Another server may have another state, and so another signature.
  const bases = context.acquirer.origin.bases.filter((base) => joinUrl(base, REPOMD) === url);
  const signature = await checkSignature(context, { bytes, what, wasSigned, bases });
  // Where nothing has changed it is not read, and what reads XML is not loaded.
  const { parseRepomd } = await import('../format/repodata/repomd.ts');
  const repomd = parseRepomd(bytes, what);
  const documents = new Map([[REPOMD, bytes]]);
  if (signature !== undefined) documents.set(REPOMD_SIGNATURE, signature.bytes);
  return { revision, repomd, date: dateOf(repomd, context.clock.now()), signedBy: signature?.signedBy, what, documents, bases };
}

/** The document with its signature and the key beside it, as far as the upstream has these: what a copy that is to be the same has, too. */
export async function allDocuments(
  { acquirer }: UpstreamContext<YumMirrorConfig>,
  { bases, documents }: SignedRepomd,
): Promise<ReadonlyMap<string, Buffer>> {
  const all = new Map(documents);
  for (const [path, ceiling] of [
    [REPOMD_SIGNATURE, LIMITS.signature],
    [REPOMD_KEY, LIMITS.keyFile],
  ] as const) {
    const bytes = all.get(path) ?? (await optionalDocument(acquirer, { path, ceiling, bases }));
    if (bytes !== undefined && bytes.length > 0) all.set(path, bytes);
  }
  return all;
}

interface OptionalDocument {
  readonly path: string;
  /** Most bytes that are accepted. */
  readonly ceiling: number;
  readonly bases: readonly string[];
}

/** Undefined where there is none, which object stores say with 403 as others do with 404. */
async function optionalDocument(acquirer: Acquirer, { bases, ceiling, path }: OptionalDocument): Promise<Buffer | undefined> {
  try {
    return (await acquirer.document(path, ceiling, bases)).bytes;
  } catch (error) {
    if (isMirrorError(error, 'FETCH_NOT_FOUND', 'FETCH_DENIED')) return undefined;
    throw error;
  }
}

interface CheckedSignature {
  readonly bytes: Buffer;
  /** Fingerprint of the key. */
  readonly signedBy: string;
}

/** Undefined where no signature is asked for, or there is none and none is needed. */
async function checkSignature(
  { acquirer, clock, config, keyring, name }: UpstreamContext<YumMirrorConfig>,
  document: { readonly bytes: Buffer; readonly what: string; readonly wasSigned: boolean; readonly bases: readonly string[] },
): Promise<CheckedSignature | undefined> {
  const { metadata } = verificationPolicy(config);
  if (metadata === 'no' || keyring === undefined) return undefined;
  const signature = await optionalDocument(acquirer, { path: REPOMD_SIGNATURE, ceiling: LIMITS.signature, bases: document.bases });
  if (signature === undefined || signature.length === 0) {
    if (metadata === 'if signed' && !document.wasSigned) return undefined;
    throw new MirrorError('SIGNATURE_MISSING', `mirror "${name}": ${document.what} has no signature (repomd.xml.asc)`, {
      hint:
        metadata === 'required'
          ? 'Take `metadata` out of `verify` if this upstream signs its packages only.'
          : 'It was signed before. If the upstream has really stopped signing its metadata, set `verify: [packages]`.',
    });
  }
  const { fingerprint } = await keyring.verifyDetached(document.bytes, signature, document.what, clock.now());
  return { bytes: signature, signedBy: fingerprint };
}

/** Some upstreams' revisions are no times, but counters or dates written as one number: what would be in the future is none. */
function dateOf({ records, revision }: Repomd, now: Date): number {
  const dates = records.map((record) => record.timestamp).filter((timestamp) => timestamp !== undefined);
  if (dates.length > 0) return dates.reduce((newest, date) => Math.max(newest, date), 0);
  const time = revision !== undefined && /^\d{1,11}$/.test(revision) ? Number(revision) * 1000 : 0;
  return time > now.getTime() + MAX_FUTURE ? 0 : time;
}

/** Whether the error may be due to an upstream that changed between two fetches. */
export function mayHaveChanged(error: unknown): boolean {
  return isNotAsListed(error) || isMirrorError(error, 'SIGNATURE_INVALID');
}
