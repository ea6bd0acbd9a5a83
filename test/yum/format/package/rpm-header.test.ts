import { describe, expect, it } from 'vitest';
import { parseHeader } from '../../../../src/yum/format/package/rpm-header.ts';

const NAME = 1000;
const STRING_ARRAY = 8;

/** A header with one entry: strings that are all empty. */
function headerOf(count: number): Buffer {
  const header = Buffer.alloc(16 + 16 + count);
  Buffer.from([0x8e, 0xad, 0xe8, 0x01]).copy(header);
  header.writeUInt32BE(1, 8);
  header.writeUInt32BE(count, 12);
  header.writeUInt32BE(NAME, 16);
  header.writeUInt32BE(STRING_ARRAY, 20);
  header.writeUInt32BE(count, 28);
  return header;
}

describe('yum/format/package/rpm-header', () => {
  it('reads one string of many without reading the others', () => {
    const parsed = parseHeader(headerOf(8_000_000), { regionTag: 62, wholeRegion: false, what: 'x' });
    const start = performance.now();
    expect(parsed.string(NAME)).toBe('');
    expect(performance.now() - start).toBeLessThan(50);
  });

  it('does not make millions of strings of a hostile array', () => {
    const read = (count: number) => parseHeader(headerOf(count), { regionTag: 62, wholeRegion: false, what: 'x' }).strings(NAME);
    expect(read(1000)).toHaveLength(1000);
    expect(() => read(1001)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });

  it('does not take up a list that no package has', () => {
    const read = (count: number) => parseHeader(headerOf(count), { regionTag: 62, wholeRegion: false, what: 'x' }).byteStrings(NAME);
    expect(read(1_000_000)).toHaveLength(1_000_000);
    expect(() => read(1_000_001)).toThrow(
      'x is not a valid RPM package: the header entry 1000 at offset 0x10 has more than 1000000 values',
    );
  });
});
