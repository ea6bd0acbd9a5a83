import { part, readSubpackets } from './subpackets.ts';

/** A signature packet (RFC 9580 section 5.2, for version 3 RFC 4880 section 5.2.2), taken apart but not checked. */
export interface SignaturePacket {
  readonly version: 3 | 4 | 6;
  readonly type: number;
  readonly publicKeyAlgorithm: number;
  readonly hashAlgorithm: number;
  /** In milliseconds since 1970. */
  readonly created: number;
  /** In milliseconds since 1970; undefined when the signature does not expire. */
  readonly expires: number | undefined;
  /** Upper-case hex; may come from the unhashed part, so it is only a hint. */
  readonly issuerKeyId: string | undefined;
  readonly issuerFingerprint: string | undefined;
  /** Types of hashed subpackets that are critical and not understood here. */
  readonly unknownCritical: readonly number[];
  /** What a signature of a key over itself says of the key. */
  readonly ofKey: KeyParticulars;
  /** What is hashed before the data (version 6). */
  readonly salt: Buffer;
  /** What is hashed after the data. */
  readonly trailer: Buffer;
  /** The algorithm's own numbers. */
  readonly material: Buffer;
}

/** What subpackets of a self-signature say; undefined is what they do not. */
export interface KeyParticulars {
  /** From the creation of the key on, in milliseconds; never 0. */
  readonly lifetime?: number | undefined;
  /** First byte of the key flags. */
  readonly flags?: number | undefined;
  readonly isPrimaryUserId?: boolean | undefined;
  /** Body of the signature that a subkey made over its binding. */
  readonly embedded?: Buffer | undefined;
}

/**
 * Parses the body of a signature packet. Gives undefined for versions that do not exist here; throws an Error for a packet that is malformed.
 */
export function parseSignature(body: Buffer): SignaturePacket | undefined {
  const version = body[0];
  if (version === 3) return parseVersion3(body);
  if (version === 4 || version === 6) return parseSubpacketed(body, version);
  return undefined;
}

function parseVersion3(body: Buffer): SignaturePacket {
  if (body.length < 19 || body[1] !== 5) throw new Error('a version 3 signature is malformed');
  return {
    version: 3,
    type: body.readUInt8(2),
    created: body.readUInt32BE(3) * 1000,
    expires: undefined,
    issuerKeyId: body.toString('hex', 7, 15).toUpperCase(),
    issuerFingerprint: undefined,
    publicKeyAlgorithm: body.readUInt8(15),
    hashAlgorithm: body.readUInt8(16),
    unknownCritical: [],
    ofKey: {},
    salt: Buffer.alloc(0),
    trailer: body.subarray(2, 7),
    material: body.subarray(19),
  };
}

function parseSubpacketed(body: Buffer, version: 4 | 6): SignaturePacket {
  const width = version === 4 ? 2 : 4;
  const hashedStart = 4 + width;
  const hashedEnd = hashedStart + part(body, 4, width).readUIntBE(0, width);
  const unhashedStart = hashedEnd + width;
  const unhashedEnd = unhashedStart + part(body, hashedEnd, width).readUIntBE(0, width);
  const hashed = readSubpackets(part(body, hashedStart, hashedEnd - hashedStart));
  const unhashed = readSubpackets(part(body, unhashedStart, unhashedEnd - unhashedStart));
  if (hashed.created === undefined) throw new Error('a signature has no creation time');

  // Two bytes of the hash follow; they are a hint that the full check makes superfluous.
  let material = unhashedEnd + 2;
  let salt: Buffer = Buffer.alloc(0);
  if (version === 6) {
    salt = part(body, material + 1, part(body, material, 1).readUInt8(0));
    material += 1 + salt.length;
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(hashedEnd);
  return {
    version,
    type: body.readUInt8(1),
    publicKeyAlgorithm: body.readUInt8(2),
    hashAlgorithm: body.readUInt8(3),
    created: hashed.created,
    expires: hashed.lifetime === undefined ? undefined : hashed.created + hashed.lifetime,
    issuerKeyId: hashed.issuerKeyId ?? unhashed.issuerKeyId,
    issuerFingerprint: hashed.issuerFingerprint ?? unhashed.issuerFingerprint,
    unknownCritical: hashed.unknownCritical,
    // The signature that is embedded vouches for itself, wherever it stands.
    ofKey: {
      lifetime: hashed.keyLifetime,
      flags: hashed.keyFlags,
      isPrimaryUserId: hashed.isPrimaryUserId,
      embedded: hashed.embedded ?? unhashed.embedded,
    },
    salt,
    trailer: Buffer.concat([body.subarray(0, hashedEnd), Buffer.from([version, 0xff]), length]),
    material: part(body, material, body.length - material),
  };
}
