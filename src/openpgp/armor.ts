import { crc24 } from './crc24.ts';

export type ArmorType = 'PGP PUBLIC KEY BLOCK' | 'PGP PRIVATE KEY BLOCK' | 'PGP SIGNATURE';

export interface ArmorBlock {
  /** What stands between `BEGIN` and the dashes. */
  readonly type: string;
  readonly data: Buffer;
}

export interface ArmorOptions {
  /** Whether other text may stand before, between and after the blocks, as people write around keys. */
  readonly textAround: boolean;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ,/]{1,60})-----$/;
const HEADER = /^(Version|Comment|MessageID|Hash|Charset): .*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const CHECKSUM = /^=([A-Za-z0-9+/]{4})$/;

/**
 * Reads ASCII armor (RFC 9580 section 6.2): all blocks of a text. Checksum lines may be absent but must match; blank lines inside a block,
 * which some publishers leave, are passed over. Throws an Error that says what is wrong and in which line.
 */
export function readArmor(text: string, options: ArmorOptions): ArmorBlock[] {
  const lines = text.split('\n');
  const blocks: ArmorBlock[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = lineAt(lines, index);
    const type = BEGIN.exec(line)?.[1];
    if (type !== undefined) {
      const read = readBlock(lines, index, type);
      blocks.push(read.block);
      index = read.next;
    } else {
      if (line !== '' && !options.textAround) throw new Error(`line ${index + 1} is outside of the armored block`);
      index++;
    }
  }
  return blocks;
}

/** Writes ASCII armor with lines of 64 characters and the CRC24 line, without which rpm refuses a key. */
export function writeArmor(type: ArmorType, data: Uint8Array): string {
  const body = Buffer.from(data)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${type}-----\n\n${body}\n=${crc24(data).toString('base64')}\n-----END ${type}-----\n`;
}

function lineAt(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end--;
  return line.slice(0, end);
}

function readBlock(lines: readonly string[], start: number, type: string): { block: ArmorBlock; next: number } {
  let index = start + 1;
  while (index < lines.length && lineAt(lines, index) !== '') {
    if (!HEADER.test(lineAt(lines, index))) throw new Error(`line ${index + 1} is not an armor header`);
    index++;
  }
  const body: string[] = [];
  let checksum: string | undefined;
  for (; index < lines.length; index++) {
    const line = lineAt(lines, index);
    if (line === `-----END ${type}-----`) return { block: { type, data: decode(body, checksum, start) }, next: index + 1 };
    if (line === '') continue;
    if (checksum !== undefined) throw new Error(`line ${index + 1} follows the checksum`);
    checksum = CHECKSUM.exec(line)?.[1];
    if (checksum !== undefined) continue;
    if (!BASE64.test(line)) throw new Error(`line ${index + 1} is not base64`);
    body.push(line);
  }
  throw new Error(`the block that begins in line ${start + 1} has no END line`);
}

function decode(body: readonly string[], checksum: string | undefined, start: number): Buffer {
  const text = body.join('');
  if (text === '' || text.length % 4 !== 0 || !BASE64.test(text))
    throw new Error(`the block that begins in line ${start + 1} is not whole base64`);
  const data = Buffer.from(text, 'base64');
  if (checksum !== undefined && crc24(data).toString('base64') !== checksum)
    throw new Error(`the block that begins in line ${start + 1} does not match its checksum`);
  return data;
}
