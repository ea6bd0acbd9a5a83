import { generateKey as generate, type PrivateKey } from 'openpgp';
import { MirrorError } from '../core/errors.ts';
import { writeArmor } from './armor.ts';
import { OPENPGP_CONFIG } from './policy.ts';

export type SigningAlgorithm = 'ed25519' | 'rsa4096';

export interface GenerateKeyOptions {
  /** `Name <mail@example.org>`, or a name alone. */
  readonly userId: string;
  readonly algorithm: SigningAlgorithm;
  /** Protects the secret key; left out or empty for none. */
  readonly passphrase?: string | undefined;
  /** When the key is made. */
  readonly time: Date;
  readonly expires?: Date | undefined;
}

export interface GeneratedKey {
  /** Armored with a CRC24 line, as is the public key. */
  readonly armoredSecret: string;
  readonly publicKey: string;
  /** Upper-case hex. */
  readonly fingerprint: string;
}

/**
 * Makes a signing key that gpg 2.2, rpm 4 and apt accept: version 4, one primary key that certifies and signs, no subkeys (dnf and zypper
 * do not accept repository signatures by one). Throws KEY_INVALID for a user id or expiry that cannot be.
 */
export async function generateKey(options: GenerateKeyOptions): Promise<GeneratedKey> {
  const userId = parseUserId(options.userId);
  const lifetime = options.expires === undefined ? 0 : Math.floor((options.expires.getTime() - options.time.getTime()) / 1000);
  if (options.expires !== undefined && !(lifetime > 0 && lifetime <= 0xffffffff))
    throw new MirrorError('KEY_INVALID', `a key made at ${options.time.toISOString()} cannot expire at ${options.expires.toISOString()}`);
  const { privateKey } = await generate({
    ...(options.algorithm === 'ed25519' ? { type: 'ecc', curve: 'ed25519Legacy' } : { type: 'rsa', rsaBits: 4096 }),
    userIDs: [userId],
    ...(options.passphrase ? { passphrase: options.passphrase } : {}),
    subkeys: [],
    date: options.time,
    keyExpirationTime: lifetime,
    format: 'object',
    config: OPENPGP_CONFIG,
  });
  return {
    armoredSecret: writeArmor('PGP PRIVATE KEY BLOCK', privateKey.write()),
    fingerprint: privateKey.getFingerprint().toUpperCase(),
    publicKey: armoredPublicKey(privateKey),
  };
}

/** The public half of a secret key, armored with a CRC24 line. */
export function armoredPublicKey(key: PrivateKey): string {
  return writeArmor('PGP PUBLIC KEY BLOCK', key.toPublic().write());
}

function parseUserId(text: string): { name?: string; email?: string } {
  const invalid = (why: string) => new MirrorError('KEY_INVALID', `the user id "${text.slice(0, 200)}" ${why}`);
  if (text.trim() === '' || text.length > 1000) throw invalid('is empty or over 1000 characters long');
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) throw invalid('has a control character');
  const match = /^([^<>]*?)\s*<([^<>\s]+@[^<>\s]+)>$/.exec(text.trim());
  if (match !== null) return { ...(match[1] ? { name: match[1] } : {}), email: match[2] ?? '' };
  if (/[<>]/.test(text)) throw invalid('is not of the form "Name <mail@example.org>"');
  return { name: text.trim() };
}
