import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishContext } from '../../family/family.ts';
import { readKeyring } from '../../openpgp/keyring.ts';
import { combinedKey, signedAt } from '../../openpgp/passed-on.ts';
import type { Supplement } from '../../store/catalogue.ts';
import { parseRepomd, type Repomd } from '../format/repodata/repomd.ts';
import { REPOMD, REPOMD_SIGNATURE } from '../format/repository/repository-paths.ts';

/** repomd.xml and what lies beside it as the upstream served them, by path. */
export type ServedDocuments = ReadonlyMap<string, Pick<Supplement, 'sha256' | 'size'>>;

/** An upstream's repomd.xml that is published as it is. */
export interface ServedRepomd {
  readonly repomd: Repomd;
  /** Fingerprint of the key that signed it; undefined where none that the mirror trusts did. */
  readonly signedBy: string | undefined;
  /** All keys that its mirror trusts as one armored block; undefined where none of them signed it. */
  readonly publicKey: string | undefined;
}

/**
 * Reads the repomd.xml that is to be published, and looks who signed it, as of when that was: what was accepted once can be published again when the key
 * has expired. Warns where clients could not check the signature, and where they may pass over it because it is older than what they have.
 * Errors: METADATA_INVALID, BLOB_*.
 */
export async function readServedRepomd(context: PublishContext, documents: ServedDocuments): Promise<ServedRepomd> {
  const { blobs, name, sourceKeys } = context;
  const what = `the upstream's repomd.xml of publication ${name}`;
  const read = async (path: string, limit: number): Promise<Buffer | undefined> => {
    const document = documents.get(path);
    return document === undefined ? undefined : await blobs.readWhole(document.sha256, limit);
  };
  const bytes = await read(REPOMD, LIMITS.signedDocument);
  if (bytes === undefined) throw new MirrorError('BLOB_MISSING', `${what} is not in the pool`, { hint: 'Sync the mirror again.' });
  const repomd = parseRepomd(bytes, what);
  await warnOfDate(context, repomd);
  const signature = await read(REPOMD_SIGNATURE, LIMITS.signature);
  const signedBy = signature === undefined ? undefined : await signerOf(context, { bytes, signature, what });
  return { repomd, signedBy, publicKey: signedBy === undefined ? undefined : combinedKey(sourceKeys) };
}

/** Mirrors of which only the packages are verified may trust other keys than the one that signs the metadata. */
async function signerOf(
  { name, report, sourceKeys, time }: PublishContext,
  { bytes, signature, what }: { readonly bytes: Buffer; readonly signature: Buffer; readonly what: string },
): Promise<string | undefined> {
  if (sourceKeys.length === 0) return undefined;
  const keyring = await readKeyring(sourceKeys.map(({ armored, fingerprint }) => ({ bytes: Buffer.from(armored), source: fingerprint })));
  try {
    const { fingerprint } = await keyring.verifyDetached(bytes, signature, what, signedAt(signature, time, what));
    return fingerprint;
  } catch (error) {
    if (!isMirrorError(error, 'SIGNATURE_INVALID', 'SIGNATURE_WEAK')) throw error;
    const message = `clients cannot check the upstream's signature of the metadata with the keys of the mirror: ${error.message}`;
    report({ type: 'warning', subject: name, message });
    return undefined;
  }
}

async function warnOfDate({ blobs, name, previous, report }: PublishContext, repomd: Repomd): Promise<void> {
  const published = previous?.get(REPOMD);
  if (published === undefined) return;
  const document = await blobs.readWhole(published.blob.sha256, LIMITS.signedDocument);
  const before = newest(parseRepomd(document, `the published ${REPOMD}`));
  const now = newest(repomd);
  if (now === 0 || now >= before) return;
  const [current, earlier] = [now, before].map((time) => new Date(time).toISOString());
  const message = `the upstream's metadata is of ${current}, older than what was published before, of ${earlier}: clients that have seen that may keep it`;
  report({ type: 'warning', subject: name, message });
}

/** The date of the newest of the files, in milliseconds since 1970; 0 where none has one that a calendar has. */
function newest({ records }: Repomd): number {
  const latest = records.reduce((time, { timestamp = 0 }) => Math.max(time, timestamp), 0);
  return Number.isNaN(new Date(latest).getTime()) ? 0 : latest;
}
