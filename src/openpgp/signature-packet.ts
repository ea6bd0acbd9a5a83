import { readLength } from './packets.ts';

/** A signature packet (RFC 9580 section 5.2), taken apart but not checked. */
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
  /** What is hashed before the data (version 6). */
  readonly salt: Buffer;
  /** What is hashed after the data. */
  readonly trailer: Buffer;
  /** The algorithm's own numbers. */
  readonly material: Buffer;
}

const SUBPACKET = { created: 2, expires: 3, issuer: 16, issuerFingerprint: 33 } as const;
/** Subpackets that say nothing which could make the signature of a document invalid. */
const HARMLESS = new Set([4, 7, 11, 21, 22, 23, 24, 25, 26, 27, 28, 30, 34, 35, 39]);

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
    issuerKeyId: hex(body.subarray(7, 15)),
    issuerFingerprint: undefined,
    publicKeyAlgorithm: body.readUInt8(15),
    hashAlgorithm: body.readUInt8(16),
    unknownCritical: [],
    salt: Buffer.alloc(0),
    trailer: body.subarray(2, 7),
    material: body.subarray(19),
  };
}

interface Subpackets {
  created?: number;
  lifetime?: number;
  issuerKeyId?: string;
  issuerFingerprint?: string;
  unknownCritical: number[];
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
    expires: hashed.lifetime === undefined || hashed.lifetime === 0 ? undefined : hashed.created + hashed.lifetime,
    issuerKeyId: hashed.issuerKeyId ?? unhashed.issuerKeyId,
    issuerFingerprint: hashed.issuerFingerprint ?? unhashed.issuerFingerprint,
    unknownCritical: hashed.unknownCritical,
    salt,
    trailer: Buffer.concat([body.subarray(0, hashedEnd), Buffer.from([version, 0xff]), length]),
    material: part(body, material, body.length - material),
  };
}

function readSubpackets(area: Buffer): Subpackets {
  const found: Subpackets = { unknownCritical: [] };
  let offset = 0;
  while (offset < area.length) {
    const { start, length } = readLength(area, offset);
    const content = part(area, start, length);
    const type = part(content, 0, 1).readUInt8(0);
    readSubpacket(found, type, content.subarray(1));
    offset = start + length;
  }
  return found;
}

function readSubpacket(found: Subpackets, typeByte: number, value: Buffer): void {
  const type = typeByte & 0x7f;
  const critical = (typeByte & 0x80) !== 0;
  if (type === SUBPACKET.created) found.created = part(value, 0, 4).readUInt32BE(0) * 1000;
  else if (type === SUBPACKET.expires) found.lifetime = part(value, 0, 4).readUInt32BE(0) * 1000;
  else if (type === SUBPACKET.issuer) found.issuerKeyId = hex(part(value, 0, 8));
  else if (type === SUBPACKET.issuerFingerprint) readIssuerFingerprint(found, value);
  else if (critical && !HARMLESS.has(type)) found.unknownCritical.push(type);
}

function readIssuerFingerprint(found: Subpackets, value: Buffer): void {
  const version = part(value, 0, 1).readUInt8(0);
  const fingerprint = hex(value.subarray(1));
  found.issuerFingerprint = fingerprint;
  found.issuerKeyId ??= version === 4 ? fingerprint.slice(-16) : fingerprint.slice(0, 16);
}

function part(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new Error('a signature is cut short');
  return bytes.subarray(start, start + length);
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}
