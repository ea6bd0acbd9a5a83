import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishContext } from '../../family/family.ts';
import { readKeyring } from '../../openpgp/keyring.ts';
import { combinedKey, signedAt } from '../../openpgp/passed-on.ts';
import type { Keyring } from '../../openpgp/types.ts';
import type { PublicKey, Supplement } from '../../store/catalogue.ts';
import { parseRelease, type Release } from '../format/release.ts';
import { splitSigned } from '../signed-text.ts';

/** InRelease, Release and Release.gpg as the upstream served them, by name. At least one of the first two. */
export type ServedDocuments = ReadonlyMap<string, Pick<Supplement, 'sha256' | 'size'>>;

/** An upstream's Release that is published as it is. */
export interface ServedRelease {
  readonly release: Release;
  /** Fingerprint of the key that signed it; undefined where nothing was verified. */
  readonly signedBy: string | undefined;
  /** All keys that its mirror trusts as one armored block; undefined where nothing was verified. */
  readonly publicKey: string | undefined;
}

/**
 * Reads the Release that is to be published, and checks once more that clients with the keys of its mirror take it. The signature counts as of when
 * it was made: what was accepted once can be published again when the key has expired. Warns where clients do not take the Release
 * any more, or pass over it because it is older than what they have.
 * Errors: SIGNATURE_INVALID, METADATA_INVALID, BLOB_*.
 */
export async function readServedRelease(
  context: PublishContext,
  { documents, directory }: { readonly documents: ServedDocuments; readonly directory: string },
): Promise<ServedRelease> {
  const { sourceKeys } = context;
  const what = `the upstream's Release of publication ${context.name}`;
  const keyring = sourceKeys.length === 0 ? undefined : await readKeyring(sourceKeys.map(asKeyFile));
  const { bytes, signedBy } = await readDocuments(context, { documents, keyring, what });
  const release = parseRelease(bytes, what);
  await warnOfDates(context, directory, release);
  return { release, signedBy, publicKey: signedBy === undefined ? undefined : combinedKey(sourceKeys) };
}

function asKeyFile({ armored, fingerprint }: PublicKey): { readonly bytes: Uint8Array; readonly source: string } {
  return { bytes: Buffer.from(armored), source: fingerprint };
}

interface ReadOptions {
  readonly documents: ServedDocuments;
  readonly keyring: Keyring | undefined;
  readonly what: string;
}

/** The text that was signed, and by whom. */
async function readDocuments(
  { blobs, time }: PublishContext,
  { documents, keyring, what }: ReadOptions,
): Promise<{ readonly bytes: Buffer; readonly signedBy: string | undefined }> {
  const read = async (name: string): Promise<Buffer | undefined> => {
    const document = documents.get(name);
    return document === undefined ? undefined : await blobs.readWhole(document.sha256, LIMITS.signedDocument);
  };
  const inline = await read('InRelease');
  if (inline !== undefined) {
    const { text, signatures } = splitSigned(inline, what);
    if (keyring === undefined) return { bytes: text, signedBy: undefined };
    const { bytes, signature } = await keyring.verifyCleartext(inline, what, signedAt(Buffer.from(signatures, 'latin1'), time, what));
    return { bytes, signedBy: signature.fingerprint };
  }
  const [bytes, signature] = await Promise.all([read('Release'), read('Release.gpg')]);
  if (bytes === undefined) throw new MirrorError('BLOB_MISSING', `${what} is not in the pool`, { hint: 'Sync the mirror again.' });
  if (keyring === undefined) return { bytes, signedBy: undefined };
  if (signature === undefined) throw new MirrorError('SIGNATURE_MISSING', `${what} has no signature`, { hint: 'Sync the mirror again.' });
  return { bytes, signedBy: (await keyring.verifyDetached(bytes, signature, what, signedAt(signature, time, what))).fingerprint };
}

async function warnOfDates(context: PublishContext, directory: string, { date, validUntil }: Release): Promise<void> {
  const warn = (message: string): void => context.report({ type: 'warning', subject: context.name, message });
  if (validUntil !== undefined && validUntil < context.time.getTime()) {
    warn(`the upstream's metadata expired at ${new Date(validUntil).toISOString()}: clients refuse it`);
  }
  const before = await publishedDate(context, directory);
  if (before === undefined || date === undefined || date >= before) return;
  const [now, then] = [date, before].map((time) => new Date(time).toISOString());
  warn(`the upstream's metadata is of ${now}, older than what was published before, of ${then}: clients that have seen that keep it`);
}

/** The date of the Release that is published now, in milliseconds since 1970. */
async function publishedDate({ blobs, previous }: PublishContext, directory: string): Promise<number | undefined> {
  const inline = previous?.get(`${directory}InRelease`);
  const entry = inline ?? previous?.get(`${directory}Release`);
  if (entry === undefined) return undefined;
  const what = `the published ${entry.path}`;
  const document = await blobs.readWhole(entry.blob.sha256, LIMITS.signedDocument);
  return parseRelease(inline === undefined ? document : splitSigned(document, what).text, what).date;
}
