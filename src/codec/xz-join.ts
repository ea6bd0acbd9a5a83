import { crc32 } from 'node:zlib';

const HEADER_LENGTH = 12;
const FOOTER_LENGTH = 12;
const CRC_LENGTH = 4;

/** A block as the index of its stream records it. */
interface BlockRecord {
  readonly unpaddedSize: number;
  readonly uncompressedSize: number;
}

/**
 * Several complete xz streams of our own making as one stream with all their blocks (.xz file format 1.2.1, sections 2 to 4). Streams one
 * after another would be a valid file, too, of which apt reads the first only. All must have the same kind of check.
 */
export function joinXzStreams(streams: readonly Buffer[]): Buffer {
  const [first] = streams;
  if (first === undefined) throw new Error('there is no xz stream to join');
  if (streams.length === 1) return first;
  const parts: Buffer[] = [first.subarray(0, HEADER_LENGTH)];
  const records: BlockRecord[] = [];
  for (const stream of streams) {
    const footer = stream.subarray(-FOOTER_LENGTH);
    if (!footer.subarray(8).equals(first.subarray(-FOOTER_LENGTH).subarray(8)))
      throw new Error('xz streams of different kinds cannot be joined');
    const indexStart = stream.length - FOOTER_LENGTH - (footer.readUInt32LE(4) + 1) * 4;
    parts.push(stream.subarray(HEADER_LENGTH, indexStart));
    records.push(...readIndex(stream.subarray(indexStart, -FOOTER_LENGTH)));
  }
  const index = writeIndex(records);
  const flags = first.subarray(6, 8);
  return Buffer.concat([...parts, index, writeFooter(index.length, flags)]);
}

function readIndex(index: Buffer): BlockRecord[] {
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = index.readUInt8(at++);
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  };
  return Array.from({ length: next() }, () => ({ unpaddedSize: next(), uncompressedSize: next() }));
}

function writeIndex(records: readonly BlockRecord[]): Buffer {
  const bytes = [0, ...variableLength(records.length)];
  for (const record of records) bytes.push(...variableLength(record.unpaddedSize), ...variableLength(record.uncompressedSize));
  while (bytes.length % 4 !== 0) bytes.push(0);
  return withCrcAfter(Buffer.from(bytes));
}

function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return bytes;
}

function writeFooter(indexLength: number, flags: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(indexLength / 4 - 1);
  const checked = Buffer.concat([size, flags]);
  return Buffer.concat([crcOf(checked), checked, Buffer.from('YZ')]);
}

function withCrcAfter(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, crcOf(bytes)]);
}

function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(CRC_LENGTH);
  crc.writeUInt32LE(crc32(bytes));
  return crc;
}
