/** Packet types (RFC 9580 section 5) that this program meets. */
export const PACKET = {
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  marker: 10,
  trust: 12,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  padding: 21,
} as const;

/** Packets that say nothing of a key: they belong to the keyring that it stood in, or mean nothing. */
export const BESIDE_KEYS: readonly number[] = [PACKET.trust, PACKET.marker, PACKET.padding];

export interface Packet {
  readonly tag: number;
  readonly body: Buffer;
  /** Header and body. */
  readonly whole: Buffer;
}

const MAX_PACKETS = 10_000;

/**
 * Splits OpenPGP data into its packets (RFC 9580 section 4.2), old and new format. Partial and indeterminate lengths, which only
 * encrypted or literal data may have, are refused. Throws an Error that says what is wrong.
 */
export function readPackets(data: Uint8Array): Packet[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const packets: Packet[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (packets.length === MAX_PACKETS) throw new Error(`more than ${MAX_PACKETS} OpenPGP packets`);
    const header = readHeader(bytes, offset);
    const end = header.start + header.length;
    if (end > bytes.length) throw new Error(`the OpenPGP packet at byte ${offset} is cut short`);
    packets.push({ tag: header.tag, body: bytes.subarray(header.start, end), whole: bytes.subarray(offset, end) });
    offset = end;
  }
  return packets;
}

interface PacketHeader {
  readonly tag: number;
  /** Where the body starts. */
  readonly start: number;
  readonly length: number;
}

function readHeader(bytes: Buffer, offset: number): PacketHeader {
  const first = bytes[offset] ?? 0;
  if ((first & 0x80) === 0) throw new Error(`byte ${offset} does not begin an OpenPGP packet`);
  if ((first & 0x40) === 0) {
    const width = [1, 2, 4][first & 0x03];
    if (width === undefined) throw new Error(`the OpenPGP packet at byte ${offset} has no length`);
    return { tag: (first >> 2) & 0x0f, start: offset + 1 + width, length: number(bytes, offset + 1, width) };
  }
  const partial = bytes[offset + 1] ?? 0;
  if (partial >= 224 && partial < 255) throw new Error(`the OpenPGP packet at byte ${offset} is in parts`);
  return { tag: first & 0x3f, ...readLength(bytes, offset + 1) };
}

/** The length of a subpacket, or of a new-format packet that is not partial: where its content starts, and how long it is. */
export function readLength(bytes: Buffer, offset: number): { readonly start: number; readonly length: number } {
  const first = number(bytes, offset, 1);
  if (first < 192) return { start: offset + 1, length: first };
  if (first < 255) return { start: offset + 2, length: ((first - 192) << 8) + number(bytes, offset + 1, 1) + 192 };
  return { start: offset + 5, length: number(bytes, offset + 1, 4) };
}

function number(bytes: Buffer, offset: number, width: number): number {
  if (offset + width > bytes.length) throw new Error('the OpenPGP data is cut short');
  return bytes.readUIntBE(offset, width);
}
