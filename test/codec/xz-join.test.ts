import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { joinXzStreams } from '../../src/codec/xz-join.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText } from './streams.ts';

describe('codec/xz-join', () => {
  describeWithTools(['xz'], 'with the real tool', () => {
    const pack = (bytes: Uint8Array): Buffer => filter(['xz', '-1', '-c'], bytes);

    it('makes one stream with the blocks of all', () => {
      const parts = [
        indexText(10),
        Buffer.alloc(0),
        ...Array.from({ length: 300 }, (_, index) => Buffer.alloc(index * 50, index)),
        indexText(5000),
      ];
      const joined = joinXzStreams(parts.map(pack));
      expect(filter(['xz', '-dc'], joined).equals(Buffer.concat(parts))).toBe(true);
      const directory = mkdtempSync(join(tmpdir(), 'mirror-xz-'));
      try {
        const file = join(directory, 'joined.xz');
        writeFileSync(file, joined);
        // Streams, blocks, compressed and uncompressed size: the tool takes them from the index. Two of the parts are empty.
        const totals = filter(['xz', '--robot', '-l', file], Buffer.alloc(0)).toString().split('\n').at(-2);
        expect(totals?.split('\t').slice(0, 5)).toEqual(['totals', '1', '301', String(joined.length), String(Buffer.concat(parts).length)]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it('leaves one stream as it is, and refuses different kinds', () => {
      const one = pack(Buffer.from('a'));
      expect(joinXzStreams([one])).toBe(one);
      const other = filter(['xz', '--check=crc32', '-c'], Buffer.from('a'));
      expect(() => joinXzStreams([one, other])).toThrow('different kinds');
      expect(() => joinXzStreams([])).toThrow('no xz stream');
    });
  });
});
