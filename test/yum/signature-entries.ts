import { readPackageHeaders } from '../../src/yum/format/package/package-file.ts';

/** The package with one more binary entry in its signature header. */
export function withSignature(bytes: Buffer, tag: number, packet: Buffer): Buffer {
  const entries = bytes.readUInt32BE(96 + 8);
  const dataSize = bytes.readUInt32BE(96 + 12);
  const dataStart = 112 + 16 * entries;
  const intro = Buffer.from(bytes.subarray(96, 112));
  intro.writeUInt32BE(entries + 1, 8);
  intro.writeUInt32BE(dataSize + packet.length, 12);
  const entry = Buffer.alloc(16);
  for (const [index, value] of [tag, 7, dataSize, packet.length].entries()) entry.writeUInt32BE(value, 4 * index);
  const header = Buffer.concat([intro, bytes.subarray(112, dataStart), entry, bytes.subarray(dataStart, dataStart + dataSize), packet]);
  const padding = Buffer.alloc((8 - (header.length % 8)) % 8);
  return Buffer.concat([bytes.subarray(0, 96), header, padding, bytes.subarray(readPackageHeaders(bytes, 'x').headerStart)]);
}
