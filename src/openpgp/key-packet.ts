import { createHash } from 'node:crypto';
import { reasonOf } from '../core/errors.ts';
import { keyIdOf } from './key-id.ts';
import { type VerifyingKey, verifyingKey, type WeakKey } from './verifying-key.ts';

/** A public key or subkey packet (RFC 9580 section 5.5). Identifiers are in upper-case hex. */
export interface KeyPacket {
  readonly version: 4 | 6;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly fingerprint: string;
  readonly keyId: string;
  readonly material: VerifyingKey | WeakKey;
  /** The packet as signatures over keys hash it. */
  readonly hashed: Buffer;
}

/**
 * Reads the body of a key packet. Material that is malformed makes the key one that cannot be used. Throws an Error for a packet that is cut short, and for
 * keys of version 2 and 3, whose identifiers are forgeable, and of version 5, which never became a standard.
 */
export function readKeyPacket(body: Buffer): KeyPacket {
  const version = body[0];
  if (version === 2 || version === 3) throw new Error(`a key is of the outdated version ${version}`);
  if (version !== 4 && version !== 6) throw new Error(`a key is of the unknown version ${version ?? '(none)'}`);
  const hashed = asHashed(body, version);
  const fingerprint = createHash(version === 4 ? 'sha1' : 'sha256')
    .update(hashed)
    .digest('hex')
    .toUpperCase();
  if (body.length < 10) throw new Error('a key packet is cut short');
  return {
    version,
    created: body.readUInt32BE(1) * 1000,
    fingerprint,
    keyId: keyIdOf(fingerprint, version),
    material: materialOf(body),
    hashed,
  };
}

function asHashed(body: Buffer, version: 4 | 6): Buffer {
  const header = Buffer.alloc(version === 4 ? 3 : 5);
  header[0] = version === 4 ? 0x99 : 0x9b;
  header.writeUIntBE(body.length, 1, header.length - 1);
  return Buffer.concat([header, body]);
}

function materialOf(body: Buffer): VerifyingKey | WeakKey {
  try {
    return verifyingKey(body);
  } catch (error) {
    return { algorithm: body.readUInt8(5), description: 'malformed', weakness: `is malformed: ${reasonOf(error)}` };
  }
}
