import { createHash } from 'node:crypto';
import type { AptMirrorConfig } from '../../config/schema.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { FetchedDocument } from '../../fetch/fetcher.ts';
import { parseRelease, type Release } from '../format/release.ts';
import { splitSigned } from '../signed-text.ts';
import { releaseDirectory, urlPath } from '../urls.ts';

/** A Release whose signature was checked, if it was to be. */
export interface SignedRelease {
  readonly release: Release;
  /** SHA-256 of the document that was fetched, lower-case hex. */
  readonly revision: string;
  /** Fingerprint of the key that made the good signature; undefined when nothing was to be verified. */
  readonly signedBy: string | undefined;
  /** The document's name for messages. */
  readonly what: string;
  /** The bytes that are parsed. */
  readonly text: Buffer;
  /** What was fetched, as it was served, by its bare name. */
  readonly documents: ReadonlyMap<string, Buffer>;
}

/** An upstream to read the Release of, with the keys that may have signed it: undefined when nothing is to be verified. */
export type ReleaseSource = Pick<UpstreamContext<AptMirrorConfig>, 'name' | 'config' | 'acquirer' | 'keyring' | 'clock'>;

/**
 * Fetches InRelease, or Release and Release.gpg where there is none, and checks the signature. What is parsed are the signed bytes.
 * Errors: FETCH_NOT_FOUND, SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_WEAK, METADATA_INVALID, PATH_UNSAFE.
 */
export async function fetchSignedRelease(context: ReleaseSource): Promise<SignedRelease> {
  const directory = urlPath(releaseDirectory(context.name, context.config.suite));
  const inline = await optionalInline(context, `${directory}InRelease`);
  if (inline !== undefined) return readInline(context, inline.bytes, inline.url);
  const plain = await context.acquirer.optionalDocument(`${directory}Release`, LIMITS.signedDocument);
  if (plain === undefined) {
    throw new MirrorError(
      'FETCH_NOT_FOUND',
      `mirror ${context.name}: there is no InRelease or Release at ${context.acquirer.origin.bases[0]}${directory}`,
      {
        hint: `Check \`url\` and the suite "${context.config.suite}"; a flat repository's suite ends in "/".`,
      },
    );
  }
  return readDetached(context, plain.bytes, { what: plain.url, signaturePath: `${directory}Release.gpg` });
}

/** Object stores answer 403 for what is not there; when access is really refused, asking for the Release says so. */
async function optionalInline(context: ReleaseSource, path: string): Promise<FetchedDocument | undefined> {
  try {
    return await context.acquirer.optionalDocument(path, LIMITS.signedDocument);
  } catch (error) {
    if (isMirrorError(error, 'FETCH_DENIED')) return undefined;
    throw error;
  }
}

async function readInline(context: ReleaseSource, document: Buffer, what: string): Promise<SignedRelease> {
  const common = { revision: sha256(document), what, documents: new Map([['InRelease', document]]) };
  if (context.keyring === undefined) {
    const text = splitSigned(document, what).text;
    return { ...common, release: parseRelease(text, what), signedBy: undefined, text };
  }
  const { bytes, signature } = await context.keyring.verifyCleartext(document, what, context.clock.now());
  return { ...common, release: parseRelease(bytes, what), signedBy: signature.fingerprint, text: bytes };
}

interface DetachedNames {
  readonly what: string;
  readonly signaturePath: string;
}

async function readDetached(context: ReleaseSource, document: Buffer, { what, signaturePath }: DetachedNames): Promise<SignedRelease> {
  const common = { revision: sha256(document), what, text: document };
  const documents = new Map([['Release', document]]);
  if (context.keyring === undefined) return { ...common, release: parseRelease(document, what), signedBy: undefined, documents };
  const signature = await context.acquirer.optionalDocument(signaturePath, LIMITS.signature);
  if (signature === undefined) {
    throw new MirrorError(
      'SIGNATURE_MISSING',
      `mirror ${context.name}: ${what} is not signed: there is neither InRelease nor Release.gpg`,
      {
        hint: 'If this upstream is really unsigned, set `verify: []` for the mirror.',
      },
    );
  }
  const good = await context.keyring.verifyDetached(document, signature.bytes, what, context.clock.now());
  documents.set('Release.gpg', signature.bytes);
  return { ...common, release: parseRelease(document, what), signedBy: good.fingerprint, documents };
}

/**
 * Release and Release.gpg beside an InRelease, for clients that ask for them: those that say the same as it, rightly signed. None where the upstream has no such,
 * or is about to replace them.
 */
export async function fetchDetachedRelease(context: ReleaseSource, signed: SignedRelease): Promise<ReadonlyMap<string, Buffer>> {
  const directory = urlPath(releaseDirectory(context.name, context.config.suite));
  const [plain, signature] = await Promise.all([
    context.acquirer.optionalDocument(`${directory}Release`, LIMITS.signedDocument),
    context.acquirer.optionalDocument(`${directory}Release.gpg`, LIMITS.signature),
  ]);
  if (plain === undefined || withoutTrailingBlanks(plain.bytes) !== withoutTrailingBlanks(signed.text)) return new Map();
  const found = new Map([['Release', plain.bytes]]);
  if (signature === undefined) return found;
  if (context.keyring !== undefined) await context.keyring.verifyDetached(plain.bytes, signature.bytes, plain.url, context.clock.now());
  return found.set('Release.gpg', signature.bytes);
}

/** A cleartext signature does not cover blanks at the ends of lines (RFC 9580, 7.2). */
function withoutTrailingBlanks(text: Buffer): string {
  return text
    .toString('latin1')
    .replace(/[ \t\r]+$/gm, '')
    .trimEnd();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
