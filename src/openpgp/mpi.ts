/** Multiprecision integers (RFC 9580 section 3.2), `count` of them and nothing after. Throws an Error when they are malformed. */
export function readMpis(bytes: Buffer, count: number): Buffer[] {
  const numbers: Buffer[] = [];
  let offset = 0;
  for (let index = 0; index < count; index++) {
    if (offset + 2 > bytes.length) throw new Error('a number is cut short');
    const length = Math.ceil(bytes.readUInt16BE(offset) / 8);
    const end = offset + 2 + length;
    if (end > bytes.length) throw new Error('a number is cut short');
    numbers.push(bytes.subarray(offset + 2, end));
    offset = end;
  }
  if (offset !== bytes.length) throw new Error('there is data after the numbers');
  return numbers;
}

/** The number with leading zeros up to `length` bytes, as cryptographic libraries want it. Throws an Error when it is longer. */
export function padded(number: Buffer, length: number): Buffer {
  if (number.length > length) throw new Error(`a number has ${number.length} bytes, more than ${length}`);
  return number.length === length ? number : Buffer.concat([Buffer.alloc(length - number.length), number]);
}
