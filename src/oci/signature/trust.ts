import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { VerifyPolicy } from '../../config/image-list-schema.ts';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';

/** A public key that may have signed. */
export interface TrustedKey {
  /** For messages: its file. */
  readonly name: string;
  readonly key: KeyObject;
}

/** Whose signatures are required. Where both are there, one of each. */
export interface SignatureTrust {
  readonly cosign?: readonly TrustedKey[] | undefined;
  readonly notation?: readonly X509Certificate[] | undefined;
}

/** Reads the keys and certificates of a policy, whose files are absolute. Throws KEY_MISSING, KEY_INVALID. */
export async function loadTrust({ cosign, notation }: VerifyPolicy): Promise<SignatureTrust> {
  const keys = await Promise.all((cosign?.key ?? []).map(async (file) => ({ name: file, key: publicKeyOf(await pemOf(file), file) })));
  const certificates = await Promise.all((notation?.trust ?? []).map(async (file) => certificatesOf(await pemOf(file), file)));
  return { ...(cosign === undefined ? {} : { cosign: keys }), ...(notation === undefined ? {} : { notation: certificates.flat() }) };
}

/** Reads a public key in PEM: ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, Ed25519. Throws KEY_INVALID. */
export function publicKeyOf(pem: string, file: string): KeyObject {
  const blocks = blocksOf(pem, 'PUBLIC KEY');
  const [block] = blocks;
  if (block === undefined || blocks.length > 1)
    throw new MirrorError('KEY_INVALID', `${file} holds ${blocks.length} public keys in PEM, and one is expected`);
  let key: KeyObject;
  try {
    key = createPublicKey(block);
  } catch (error) {
    throw new MirrorError('KEY_INVALID', `${file} holds no public key that can be read: ${reasonOf(error)}`, { cause: error });
  }
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const usable = { ec: ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve), rsa: modulusLength >= 2048, ed25519: true };
  const type = key.asymmetricKeyType;
  if ((type === 'ec' || type === 'rsa' || type === 'ed25519') && usable[type]) return key;
  throw new MirrorError('KEY_INVALID', `${file} holds a key of a kind or size that is not accepted (${type ?? 'unknown'})`);
}

/** Reads certificates in PEM. Throws KEY_INVALID where there is none. */
function certificatesOf(pem: string, file: string): X509Certificate[] {
  const blocks = blocksOf(pem, 'CERTIFICATE');
  if (blocks.length === 0) throw new MirrorError('KEY_INVALID', `${file} holds no certificate in PEM`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new MirrorError('KEY_INVALID', `${file} holds a certificate that cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function blocksOf(pem: string, label: 'PUBLIC KEY' | 'CERTIFICATE'): string[] {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const blocks: string[] = [];
  for (let start = pem.indexOf(begin); start >= 0; start = pem.indexOf(begin, start + 1)) {
    const stop = pem.indexOf(end, start);
    if (stop >= 0) blocks.push(`${pem.slice(start, stop)}${end}\n`);
  }
  return blocks;
}

async function pemOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > LIMITS.keyFile) throw new MirrorError('KEY_INVALID', `${file} is larger than any key file (${bytes.length} bytes)`);
    return bytes.toString('latin1');
  } catch (error) {
    if (error instanceof MirrorError) throw error;
    throw new MirrorError('KEY_MISSING', `the key file ${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
