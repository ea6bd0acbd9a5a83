import { createMessage, decryptKey, type PrivateKey, readPrivateKey, type Subkey, sign } from 'openpgp';
import { MirrorError, reasonOf } from '../core/errors.ts';
import { readArmor, writeArmor } from './armor.ts';
import { canonicalText, joinCleartext } from './cleartext.ts';
import { armoredPublicKey } from './generate-key.ts';
import { PACKET, readPackets } from './packets.ts';
import { OPENPGP_CONFIG } from './policy.ts';
import { parseSignature } from './signature-packet.ts';
import type { Signer } from './types.ts';

export interface SecretKey {
  /** The secret key, armored, exactly one. */
  readonly armoredSecret: string;
  /** Needed when the key is protected by one. */
  readonly passphrase?: string | undefined;
}

/**
 * Opens a secret key for signing. The primary key signs where it can, else the newest subkey that can. Signatures are of version 4, made with
 * SHA-512 unless the key's preferences exclude it, and the same for the same bytes, key and time. Throws KEY_INVALID for a key that cannot be read or cannot sign, KEY_LOCKED for
 * a passphrase that is missing or wrong. Signing throws KEY_INVALID when the key is not valid at the signature's time.
 */
export async function openSigner(secret: SecretKey): Promise<Signer> {
  const key = await unlock(await readSecretKey(secret.armoredSecret), secret.passphrase);
  const fingerprint = key.getFingerprint().toUpperCase();
  await signingPart(key, null);

  const packets = async (message: { readonly text: string } | { readonly binary: Uint8Array }, time: Date): Promise<Uint8Array> => {
    const part = await signingPart(key, time);
    return sign({
      message: 'text' in message ? await createMessage({ text: message.text }) : await createMessage({ binary: message.binary }),
      signingKeys: key,
      signingKeyIDs: part.getKeyID(),
      detached: true,
      date: time,
      format: 'binary',
      config: OPENPGP_CONFIG,
    });
  };
  return {
    fingerprint,
    publicKey: armoredPublicKey(key),
    signDetached: async (bytes, time) => writeArmor('PGP SIGNATURE', await packets({ binary: bytes }, time)),
    async signCleartext(text, time) {
      const signature = await packets({ text: canonicalText(text).toString() }, time);
      return joinCleartext(text, writeArmor('PGP SIGNATURE', signature), hashName(signature));
    },
  };
}

/** The `Hash` header has to name what the signature uses, or gpg does not compute it. */
function hashName(signature: Uint8Array): string {
  const [packet] = readPackets(signature);
  const algorithm = packet === undefined ? undefined : parseSignature(packet.body)?.hashAlgorithm;
  const name = { 8: 'SHA256', 9: 'SHA384', 10: 'SHA512' }[algorithm ?? 0];
  if (name !== undefined) return name;
  const hint = 'Set its preferences to SHA512 SHA256, or make a key with `mirror key generate`.';
  throw new MirrorError('KEY_INVALID', `the signing key asks for the hash algorithm ${algorithm}, which clients do not know`, { hint });
}

async function readSecretKey(armored: string): Promise<PrivateKey> {
  try {
    const blocks = readArmor(armored, { textAround: true }).filter((block) => block.type === 'PGP PRIVATE KEY BLOCK');
    const [block] = blocks;
    if (block === undefined) throw new Error('it holds no armored secret key');
    const keys = readPackets(block.data).filter((packet) => packet.tag === PACKET.secretKey).length;
    if (blocks.length > 1 || keys > 1) throw new Error('it holds more than one secret key');
    return await readPrivateKey({ binaryKey: block.data, config: OPENPGP_CONFIG });
  } catch (error) {
    const hint = 'It has to be one armored OpenPGP secret key, as `mirror key generate` or `gpg --armor --export-secret-keys` writes it.';
    throw new MirrorError('KEY_INVALID', `the signing key cannot be read: ${reasonOf(error)}`, { hint, cause: error });
  }
}

async function unlock(key: PrivateKey, passphrase: string | undefined): Promise<PrivateKey> {
  const isProtected = ({ keyPacket }: PrivateKey | Subkey): boolean =>
    'isMissingSecretKeyMaterial' in keyPacket && !keyPacket.isMissingSecretKeyMaterial() && !keyPacket.isDecrypted();
  if (!key.getKeys().some(isProtected)) return key;
  const name = key.getFingerprint().toUpperCase();
  if (passphrase === undefined || passphrase === '') {
    const hint = 'Set signing.passphraseFile, or the environment variable MIRROR_PASSPHRASE.';
    throw new MirrorError('KEY_LOCKED', `the signing key ${name} is protected by a passphrase and none was given`, { hint });
  }
  try {
    return await decryptKey({ privateKey: key, passphrase, config: OPENPGP_CONFIG });
  } catch (error) {
    throw new MirrorError('KEY_LOCKED', `the signing key ${name} cannot be unlocked: ${reasonOf(error)}`, { cause: error });
  }
}

/** What signs at a time; at any time for null. */
async function signingPart(key: PrivateKey, time: Date | null): Promise<PrivateKey | Subkey> {
  let failure: unknown;
  for (const wanted of [key.getKeyID(), undefined]) {
    try {
      const part = await key.getSigningKey(wanted, time, undefined, OPENPGP_CONFIG);
      if (part.keyPacket.isDecrypted()) return part;
      failure = new Error('its secret part is not in the file');
    } catch (error) {
      failure = error;
    }
  }
  const when = time === null ? '' : ` at ${time.toISOString()}`;
  throw new MirrorError('KEY_INVALID', `the key ${key.getFingerprint().toUpperCase()} cannot sign${when}: ${reasonOf(failure)}`, {
    hint: 'A signing key has to be unrevoked, unexpired, and made before what it signs; the clock of this machine may be wrong.',
    cause: failure,
  });
}
