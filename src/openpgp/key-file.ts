import { LIMITS } from '../core/limits.ts';
import { readArmor } from './armor.ts';
import { PACKET, type Packet, readPackets } from './packets.ts';

const MAX_KEYS = 1000;
const KEYBOX_MAGIC = 'KBXf';

/**
 * Cuts a file of public keys, armored or binary, into the packets of each primary key, in the order of the file. Text around armored
 * blocks is passed over. Throws an Error that says what is wrong; `isKeybox` tells one cause apart.
 */
export function splitKeyFile(bytes: Uint8Array): Packet[][] {
  if (bytes.length > LIMITS.keyFile) throw new Error(`it has ${bytes.length} bytes, more than ${LIMITS.keyFile}`);
  if (isKeybox(bytes)) throw new Error('it is a GnuPG keybox');
  const keys = isBinary(bytes) ? splitKeys(readPackets(bytes)) : armoredKeys(bytes);
  if (keys.length === 0) throw new Error('it holds no OpenPGP key');
  if (keys.length > MAX_KEYS) throw new Error(`it holds more than ${MAX_KEYS} keys`);
  return keys;
}

/** Whether the file is GnuPG's own database of keys, which only GnuPG reads. */
export function isKeybox(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(8, 12)).toString('latin1') === KEYBOX_MAGIC;
}

/** Whether the data is OpenPGP packets rather than armor: every packet begins with a byte that no ASCII text has. */
export function isBinary(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0x80) !== 0 && !startsWithUtf8Mark(bytes);
}

function startsWithUtf8Mark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function armoredKeys(bytes: Uint8Array): Packet[][] {
  const text = startsWithUtf8Mark(bytes) ? bytes.subarray(3) : bytes;
  const blocks = readArmor(Buffer.from(text).toString('latin1'), { textAround: true });
  return blocks.flatMap((block) => {
    if (block.type === 'PGP PRIVATE KEY BLOCK') throw new Error('it holds a secret key where a public key is wanted');
    return block.type === 'PGP PUBLIC KEY BLOCK' ? splitKeys(readPackets(block.data)) : [];
  });
}

function splitKeys(packets: readonly Packet[]): Packet[][] {
  const keys: Packet[][] = [];
  for (const packet of packets) {
    if (packet.tag === PACKET.secretKey) throw new Error('it holds a secret key where a public key is wanted');
    if (packet.tag === PACKET.publicKey) keys.push([packet]);
    else if (keys.length > 0) keys.at(-1)?.push(packet);
    else if (packet.tag !== PACKET.marker && packet.tag !== PACKET.padding) throw new Error('it does not begin with a public key');
  }
  return keys;
}
