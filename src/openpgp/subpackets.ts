import { keyIdOf } from './key-id.ts';
import { readLength } from './packets.ts';

/** What the subpackets of one area of a signature say (RFC 9580 section 5.2.3). Durations are in milliseconds. */
export interface Subpackets {
  /** In milliseconds since 1970. */
  created?: number;
  lifetime?: number | undefined;
  keyLifetime?: number | undefined;
  /** The first byte of them. */
  keyFlags?: number;
  isPrimaryUserId?: boolean;
  /** Upper-case hex, as the fingerprint. */
  issuerKeyId?: string;
  issuerFingerprint?: string;
  /** Body of an embedded signature. */
  embedded?: Buffer;
  /** Types of those that are critical and not understood here. */
  unknownCritical: number[];
}

const SUBPACKET = {
  created: 2,
  lifetime: 3,
  keyLifetime: 9,
  issuer: 16,
  primaryUserId: 25,
  keyFlags: 27,
  embedded: 32,
  issuerFingerprint: 33,
} as const;
/** Subpackets that say nothing which could make a signature invalid. */
const HARMLESS = new Set([4, 7, 11, 21, 22, 23, 24, 26, 28, 29, 30, 34, 35, 39]);

/** Reads an area of subpackets. Throws an Error when it is malformed. */
export function readSubpackets(area: Buffer): Subpackets {
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
  switch (type) {
    case SUBPACKET.created:
      found.created = part(value, 0, 4).readUInt32BE(0) * 1000;
      return;
    case SUBPACKET.lifetime:
      found.lifetime = duration(value);
      return;
    case SUBPACKET.keyLifetime:
      found.keyLifetime = duration(value);
      return;
    case SUBPACKET.keyFlags:
      found.keyFlags = value[0] ?? 0;
      return;
    case SUBPACKET.primaryUserId:
      found.isPrimaryUserId = (value[0] ?? 0) !== 0;
      return;
    case SUBPACKET.issuer:
      found.issuerKeyId = hex(part(value, 0, 8));
      return;
    case SUBPACKET.issuerFingerprint:
      readIssuerFingerprint(found, value);
      return;
    case SUBPACKET.embedded:
      found.embedded = value;
      return;
    default:
      if ((typeByte & 0x80) !== 0 && !HARMLESS.has(type)) found.unknownCritical.push(type);
  }
}

/** Nought stands for ever. */
function duration(value: Buffer): number | undefined {
  const seconds = part(value, 0, 4).readUInt32BE(0);
  return seconds === 0 ? undefined : seconds * 1000;
}

function readIssuerFingerprint(found: Subpackets, value: Buffer): void {
  const version = part(value, 0, 1).readUInt8(0);
  const fingerprint = hex(value.subarray(1));
  found.issuerFingerprint = fingerprint;
  found.issuerKeyId ??= keyIdOf(fingerprint, version);
}

/** Bytes of a signature packet. Throws an Error when it does not have them. */
export function part(bytes: Buffer, start: number, length: number): Buffer {
  if (length < 0 || start + length > bytes.length) throw new Error('a signature is cut short');
  return bytes.subarray(start, start + length);
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}
