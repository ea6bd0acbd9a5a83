import { createHash } from 'node:crypto';
import type { YumMirrorConfig } from '../../config/schema.ts';
import { CHECKSUM_ALGORITHMS, type Expected } from '../../core/digests.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { redactUrl } from '../../core/redact.ts';
import type { UpstreamContext } from '../../family/family.ts';
import { type Metalink, parseMetalink } from '../format/metalink.ts';
import { parseRepomd, type Repomd } from '../format/repomd.ts';
import { metalinkUrl } from './bases.ts';
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
}

/** How far an upstream's clock may be ahead of ours, in milliseconds. */
export const MAX_FUTURE = 24 * 60 * 60 * 1000;

export const REPOMD = 'repodata/repomd.xml';
const SIGNATURE = `${REPOMD}.asc`;
const KEY = `${REPOMD}.key`;

/**
 * Fetches repomd.xml and checks it. `known` is the revision that was accepted before with the same demands: when it is still that, nothing
 * else is fetched, and undefined is given. Errors besides those of fetching: SIGNATURE_*, METADATA_INVALID, PATH_UNSAFE, CHECKSUM_MISMATCH.
 * @param wasSigned whether the metadata that was accepted last was signed: then it must be again.
 */
export async function fetchSignedRepomd(
  context: UpstreamContext<YumMirrorConfig>,
  { wasSigned, known }: { readonly wasSigned: boolean; readonly known: string | undefined },
): Promise<SignedRepomd | undefined> {
  const { bytes, url } = await fetchRepomd(context);
  const revision = createHash('sha256').update(bytes).digest('hex');
  if (revision === known) return undefined;
  const what = redactUrl(url);
  const signature = await checkSignature(context, { bytes, what, wasSigned });
  const repomd = parseRepomd(bytes, what);
  const documents = new Map([[REPOMD, bytes]]);
  if (signature !== undefined) documents.set(SIGNATURE, signature.bytes);
  return { revision, repomd, date: dateOf(repomd, context.clock.now()), signedBy: signature?.signedBy, what, documents };
}

/** The document with its signature and the key beside it, as far as the upstream has these: what a copy that is to be the same has, too. */
export async function allDocuments(
  { acquirer }: UpstreamContext<YumMirrorConfig>,
  { documents }: SignedRepomd,
): Promise<ReadonlyMap<string, Buffer>> {
  const all = new Map(documents);
  for (const [path, ceiling] of [
    [SIGNATURE, LIMITS.signature],
    [KEY, LIMITS.keyFile],
  ] as const) {
    const bytes = all.get(path) ?? (await acquirer.optionalDocument(path, ceiling))?.bytes;
    if (bytes !== undefined && bytes.length > 0) all.set(path, bytes);
  }
  return all;
}

async function fetchRepomd({
  acquirer,
  blobs,
  config,
  name,
}: UpstreamContext<YumMirrorConfig>): Promise<{ readonly bytes: Buffer; readonly url: string }> {
  const document = await acquirer.document(REPOMD, LIMITS.signedDocument);
  const list = metalinkUrl(name, config);
  if (list === undefined) return document;
  const { accepted } = await fetchMetalink({ acquirer, blobs }, list);
  if (accepted.some((expected) => fulfils(document.bytes, expected))) return document;
  // This server is behind or ahead of the list; another one may have what the list names.
  const [current] = accepted;
  const urls = acquirer.origin.bases.map((base) => `${base}${REPOMD}`);
  const blob = await acquirer.file({ urls, expected: current ?? { checksums: [] }, maxSize: LIMITS.signedDocument });
  return { bytes: await blobs.readWhole(blob.sha256, LIMITS.signedDocument), url: document.url };
}

async function fetchMetalink(
  { acquirer, blobs }: Pick<UpstreamContext<YumMirrorConfig>, 'acquirer' | 'blobs'>,
  url: string,
): Promise<Metalink> {
  const blob = await acquirer.file({ urls: [url], expected: { checksums: [] }, maxSize: LIMITS.serverList });
  return parseMetalink(await blobs.readWhole(blob.sha256, LIMITS.serverList), redactUrl(url));
}

/** By the strongest checksum that is stated. */
function fulfils(bytes: Buffer, { size, checksums }: Expected): boolean {
  if (size !== undefined && size !== bytes.length) return false;
  const best = [...checksums].sort((a, b) => CHECKSUM_ALGORITHMS.indexOf(b.algorithm) - CHECKSUM_ALGORITHMS.indexOf(a.algorithm))[0];
  return best !== undefined && createHash(best.algorithm).update(bytes).digest('hex') === best.value;
}

interface CheckedSignature {
  readonly bytes: Buffer;
  /** Fingerprint of the key. */
  readonly signedBy: string;
}

/** Undefined where no signature is asked for, or there is none and none is needed. */
async function checkSignature(
  { acquirer, clock, config, keyring, name }: UpstreamContext<YumMirrorConfig>,
  document: { readonly bytes: Buffer; readonly what: string; readonly wasSigned: boolean },
): Promise<CheckedSignature | undefined> {
  const { metadata } = verificationPolicy(config);
  if (metadata === 'no' || keyring === undefined) return undefined;
  const signature = (await acquirer.optionalDocument(SIGNATURE, LIMITS.signature))?.bytes;
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
  return isMirrorError(error, 'CHECKSUM_MISMATCH', 'FETCH_NOT_FOUND', 'FETCH_TOO_LARGE', 'FETCH_TRUNCATED', 'SIGNATURE_INVALID');
}
