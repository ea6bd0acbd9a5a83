const TABLE = makeTable();

/** The checksum of ASCII armor (RFC 9580 section 6.1.1): 3 bytes, big endian. */
export function crc24(data: Uint8Array): Buffer {
  let crc = 0xb704ce;
  for (const byte of data) crc = ((crc << 8) ^ (TABLE[((crc >>> 16) ^ byte) & 0xff] ?? 0)) & 0xffffff;
  return Buffer.from([crc >>> 16, (crc >>> 8) & 0xff, crc & 0xff]);
}

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? (crc << 1) ^ 0x1864cfb : crc << 1;
    table[byte] = crc & 0xffffff;
  }
  return table;
}
