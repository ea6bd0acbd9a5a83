import { type KeyPacket, readKeyPacket } from './key-packet.ts';
import { BESIDE_KEYS, PACKET, type Packet } from './packets.ts';
import { isMathematicallyGood, weaknessOf } from './signature-math.ts';
import { parseSignature, type SignaturePacket } from './signature-packet.ts';
import type { WeakAlgorithm, Weakness } from './weak-algorithms.ts';

/** A public key with what it says of itself, checked (RFC 9580 section 10.1). What others say of it is left out. */
export interface Certificate {
  readonly primary: KeyPacket;
  /** The first user ID without control characters; empty where there is none. */
  readonly userId: string;
  /** What the key says of itself; undefined when nothing vouches for it, and then `weakness` may say why. */
  readonly self: Statement | undefined;
  readonly weakness: Weakness | undefined;
  readonly revoked: boolean;
  readonly subkeys: readonly Subkey[];
}

export interface Subkey {
  readonly key: KeyPacket;
  /** What the primary key says of it; undefined when that does not vouch for it. */
  readonly binding: Statement | undefined;
  /** Whether the subkey has agreed to its binding, without which anybody could claim a key that signs. */
  readonly agreed: boolean;
  readonly revoked: boolean;
}

/** What a key says of itself or of a subkey. */
export interface Statement {
  /** In milliseconds since 1970; undefined for never. */
  readonly expires: number | undefined;
  /** First byte of the key flags; undefined where nothing limits what the key is for. */
  readonly flags: number | undefined;
}

/** Signature types (RFC 9580 section 5.2.1). */
const TYPE = {
  certifications: [0x10, 0x11, 0x12, 0x13],
  subkeyBinding: 0x18,
  primaryKeyBinding: 0x19,
  directKey: 0x1f,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
  certificationRevocation: 0x30,
} as const;

const COMPONENTS: readonly number[] = [PACKET.publicKey, PACKET.userId, PACKET.publicSubkey, PACKET.userAttribute];
/** Packet types from this one on may be passed over by who does not know them. */
const FIRST_UNCRITICAL = 40;

/** Bytes of a user ID that are shown. */
const MAX_USER_ID = 1000;

/** A component of a key and the signatures that follow it. */
interface Component {
  readonly packet: Packet;
  readonly signatures: SignaturePacket[];
}

/**
 * Reads a key from its packets, the primary key first. Subkeys that cannot be read are left out, as are signatures that are malformed, wrong or too weak;
 * SHA-1 is accepted: many vendors' keys have nothing newer, and who holds the key file decides to trust it, not its signatures. A revocation counts however weak.
 * Throws an Error when the primary key cannot be read or a packet has no place in a key.
 */
export function readCertificate(packets: readonly Packet[], accepted: readonly WeakAlgorithm[]): Certificate {
  const [first, ...rest] = components(packets);
  if (first === undefined) throw new Error('there is no key');
  const primary = readKeyPacket(first.packet.body);
  const allowed: readonly WeakAlgorithm[] = [...accepted, 'sha1'];
  const ofKey = first.signatures.filter(({ type }) => type === TYPE.directKey || type === TYPE.keyRevocation);
  const own = ofKey.filter((signature) => isBy(primary, signature, [primary.hashed]));
  const userIds = rest.filter(({ packet }) => packet.tag === PACKET.userId);
  const certifications = userIds.flatMap((userId) => ownCertifications(primary, userId));

  const direct = newest(own.filter((one) => one.type === TYPE.directKey && isAcceptable(one, allowed)));
  const certified = newest(certifications.filter((one) => isAcceptable(one, allowed)));
  const weak = [...certifications, ...own].map((one) => weaknessOf(one, allowed)).find((weakness) => weakness !== undefined);
  return {
    primary,
    userId: (userIds[0]?.packet.body.toString('utf8', 0, MAX_USER_ID) ?? '').replace(/\p{Cc}/gu, ''),
    self: statement(primary, primary.version === 6 ? [direct, certified] : [certified, direct]),
    weakness: weak === undefined ? undefined : { ...weak, reason: `has a self-signature that ${weak.reason}` },
    revoked: own.some(({ type }) => type === TYPE.keyRevocation),
    subkeys: rest.flatMap((component) => readSubkey(primary, component, allowed)),
  };
}

function components(packets: readonly Packet[]): Component[] {
  const found: Component[] = [];
  for (const packet of packets) {
    if (packet.tag === PACKET.signature) {
      const signature = parsedOrNone(packet.body);
      if (signature !== undefined) found.at(-1)?.signatures.push(signature);
    } else if (COMPONENTS.includes(packet.tag)) {
      found.push({ packet, signatures: [] });
    } else if (!BESIDE_KEYS.includes(packet.tag) && packet.tag < FIRST_UNCRITICAL) {
      throw new Error(`an OpenPGP packet of type ${packet.tag} stands in a public key`);
    }
  }
  return found;
}

/** Anybody can add signatures to a key that is passed on: one that is malformed is worth no more than one that is wrong. */
function parsedOrNone(body: Buffer): SignaturePacket | undefined {
  try {
    return parseSignature(body);
  } catch {
    return undefined;
  }
}

/** The certifications of a user ID by the key itself that it has not withdrawn since. */
function ownCertifications(primary: KeyPacket, { packet, signatures }: Component): SignaturePacket[] {
  const length = Buffer.alloc(5);
  length[0] = 0xb4;
  length.writeUInt32BE(packet.body.length, 1);
  const isWithdrawal = ({ type }: SignaturePacket): boolean => type === TYPE.certificationRevocation;
  const isCertification = ({ type }: SignaturePacket): boolean => TYPE.certifications.some((one) => one === type);
  const own = signatures
    .filter((one) => isWithdrawal(one) || isCertification(one))
    .filter((one) => isBy(primary, one, one.version === 3 ? [primary.hashed, packet.body] : [primary.hashed, length, packet.body]));
  const withdrawn = newest(own.filter(isWithdrawal))?.created ?? Number.NEGATIVE_INFINITY;
  return own.filter((one) => isCertification(one) && one.created > withdrawn);
}

function readSubkey(primary: KeyPacket, { packet, signatures }: Component, allowed: readonly WeakAlgorithm[]): Subkey[] {
  if (packet.tag !== PACKET.publicSubkey) return [];
  const key = readableSubkey(packet.body);
  if (key === undefined) return [];
  const both = [primary.hashed, key.hashed];
  const own = signatures
    .filter(({ type }) => type === TYPE.subkeyBinding || type === TYPE.subkeyRevocation)
    .filter((signature) => isBy(primary, signature, both));
  const binding = newest(own.filter((one) => one.type === TYPE.subkeyBinding && isAcceptable(one, allowed)));
  const embedded = binding?.ofKey.embedded === undefined ? undefined : parsedOrNone(binding.ofKey.embedded);
  const agreed = embedded?.type === TYPE.primaryKeyBinding && isAcceptable(embedded, allowed) && isRightBy(key, embedded, both);
  return [{ key, binding: statement(key, [binding]), agreed, revoked: own.some(({ type }) => type === TYPE.subkeyRevocation) }];
}

/** A key may have subkeys of kinds that are not known here beside those that sign. */
function readableSubkey(body: Buffer): KeyPacket | undefined {
  try {
    return readKeyPacket(body);
  } catch {
    return undefined;
  }
}

/** Whether the key made the signature over the data, whatever its hash. */
function isBy(key: KeyPacket, signature: SignaturePacket, data: readonly Buffer[]): boolean {
  const named =
    signature.issuerFingerprint === undefined
      ? signature.issuerKeyId === undefined || signature.issuerKeyId === key.keyId
      : signature.issuerFingerprint === key.fingerprint;
  return named && isRightBy(key, signature, data);
}

function isRightBy({ material }: KeyPacket, signature: SignaturePacket, data: readonly Buffer[]): boolean {
  return !('weakness' in material) && isMathematicallyGood(signature, material, Buffer.concat(data));
}

function isAcceptable(signature: SignaturePacket, allowed: readonly WeakAlgorithm[]): boolean {
  return signature.unknownCritical.length === 0 && weaknessOf(signature, allowed) === undefined;
}

/** Of those that certify the main user ID where one is said to be that, else of all. */
function newest(signatures: readonly SignaturePacket[]): SignaturePacket | undefined {
  const main = signatures.filter(({ ofKey }) => ofKey.isPrimaryUserId === true);
  const among = main.length > 0 ? main : signatures;
  return among.reduce<SignaturePacket | undefined>(
    (found, one) => (found === undefined || one.created > found.created ? one : found),
    undefined,
  );
}

/** What the first signature that is there says, the others for what it does not; undefined when there is none. */
function statement(key: KeyPacket, signatures: readonly (SignaturePacket | undefined)[]): Statement | undefined {
  const present = signatures.filter((one) => one !== undefined);
  const [first] = present;
  if (first === undefined) return undefined;
  const lifetime = present.find(({ ofKey }) => ofKey.lifetime !== undefined)?.ofKey.lifetime;
  const ends = [lifetime === undefined ? undefined : key.created + lifetime, first.expires].filter((end) => end !== undefined);
  return {
    expires: ends.length === 0 ? undefined : Math.min(...ends),
    flags: present.find(({ ofKey }) => ofKey.flags !== undefined)?.ofKey.flags,
  };
}
