import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** OpenPGP material put together byte by byte (RFC 9580), for what no real tool would write. Times are in seconds since 1970. */
export interface HandmadeKey {
  readonly secret: KeyObject;
  /** The body of the key packet. */
  readonly body: Buffer;
  readonly fingerprint: Buffer;
}

export interface SignatureFields {
  readonly type: number;
  readonly hash?: number;
  readonly created: number;
  /** Further hashed subpackets, each with its type byte. */
  readonly hashed?: readonly Buffer[];
  readonly unhashed?: readonly Buffer[];
  /** Leaves out the creation time. */
  readonly undated?: boolean;
  /** Of version 3, which has no subpackets. */
  readonly isVersion3?: boolean;
}

export function handmadeKey(created: number): HandmadeKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const curve = Buffer.from('092b06010401da470f01', 'hex');
  const body = Buffer.concat([
    Buffer.from([4]),
    uint32(created),
    Buffer.from([22]),
    curve,
    mpi(Buffer.concat([Buffer.from([0x40]), point])),
  ]);
  return { secret: privateKey, body, fingerprint: createHash('sha1').update(forHash(body)).digest() };
}

export function packet(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xc0 | tag, 0xff]), uint32(body.length), body]);
}

export function subpacket(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([value.length + 1, type]), value]);
}

/** A signature packet by the key over the bytes that its type says are hashed. */
export function signature(key: HandmadeKey, data: Buffer, fields: SignatureFields): Buffer {
  const dated = fields.undated === true ? [] : [subpacket(2, uint32(fields.created))];
  const issuer = subpacket(33, Buffer.concat([Buffer.from([4]), key.fingerprint]));
  const hashed = Buffer.concat([...dated, issuer, ...(fields.hashed ?? [])]);
  const hash = fields.hash ?? 10;
  if (fields.isVersion3 === true) return signatureOfVersion3(key, data, fields);
  const head = Buffer.concat([Buffer.from([4, fields.type, 22, hash]), uint16(hashed.length), hashed]);
  const trailer = Buffer.concat([head, Buffer.from([4, 0xff]), uint32(head.length)]);
  const unhashed = Buffer.concat(fields.unhashed ?? []);
  return packet(2, Buffer.concat([head, uint16(unhashed.length), unhashed, ...hashAndNumbers(key, [data, trailer], hash)]));
}

function signatureOfVersion3(key: HandmadeKey, data: Buffer, { created, hash = 10, type }: SignatureFields): Buffer {
  const trailer = Buffer.concat([Buffer.from([type]), uint32(created)]);
  const head = [Buffer.from([3, 5]), trailer, key.fingerprint.subarray(12), Buffer.from([22, hash])];
  return packet(2, Buffer.concat([...head, ...hashAndNumbers(key, [data, trailer], hash)]));
}

function hashAndNumbers(key: HandmadeKey, hashed: readonly Buffer[], hash: number): Buffer[] {
  const digest = createHash({ 1: 'md5', 2: 'sha1', 8: 'sha256', 10: 'sha512', 11: 'sha224' }[hash] ?? 'sha512')
    .update(Buffer.concat(hashed))
    .digest();
  const numbers = sign(null, digest, key.secret);
  return [digest.subarray(0, 2), mpi(numbers.subarray(0, 32)), mpi(numbers.subarray(32))];
}

/** A public key with a user ID; `extra` packets follow; `fields` are of its self-signature. */
export function certificate(
  key: HandmadeKey,
  created: number,
  extra: readonly Buffer[] = [],
  fields: Pick<SignatureFields, 'hash' | 'isVersion3' | 'hashed'> = {},
): Buffer {
  const userId = Buffer.from('Handmade <handmade@example.org>');
  const prefix = fields.isVersion3 === true ? [] : [Buffer.from([0xb4]), uint32(userId.length)];
  const certified = Buffer.concat([forHash(key.body), ...prefix, userId]);
  const flags = subpacket(27, Buffer.from([0x03]));
  const self = signature(key, certified, { type: 0x13, created, ...fields, hashed: [flags, ...(fields.hashed ?? [])] });
  return Buffer.concat([packet(6, key.body), packet(13, userId), self, ...extra]);
}

/** A subkey that may sign, bound by `binder`; without the subkey's own signature unless it is given. */
export function subkey(
  primary: HandmadeKey,
  part: HandmadeKey,
  fields: { binder: HandmadeKey; created: number; crossSigned: boolean },
): Buffer {
  const bound = Buffer.concat([forHash(primary.body), forHash(part.body)]);
  const flags = subpacket(27, Buffer.from([0x02]));
  const cross = signature(part, bound, { type: 0x19, created: fields.created }).subarray(6);
  const embedded = Buffer.concat([Buffer.from([255]), uint32(cross.length + 1), Buffer.from([32]), cross]);
  const hashed = fields.crossSigned ? [flags, embedded] : [flags];
  return Buffer.concat([packet(14, part.body), signature(fields.binder, bound, { type: 0x18, created: fields.created, hashed })]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint16(value: number): Buffer {
  return uint32(value).subarray(2);
}

function mpi(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  const number = bytes.subarray(start);
  const bits = number.length === 0 ? 0 : number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
  return Buffer.concat([uint16(bits), number]);
}

function forHash(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x99]), uint16(body.length), body]);
}
