import { describe, expect, it } from 'vitest';
import { readTar } from '../../src/codec/tar.ts';
import { parseTarHeader } from '../../src/codec/tar-header.ts';
import { TAR_END, tarHeader, tarPadding } from '../../src/codec/tar-writer.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, pieces } from './streams.ts';

const long = `blobs/sha512/${'a'.repeat(128)}`;

function archive(): Buffer {
  const file = (path: string, content: string): Buffer[] => [
    tarHeader({ path, size: content.length }),
    Buffer.from(content),
    tarPadding(content.length),
  ];
  return Buffer.concat([
    tarHeader({ path: 'blobs/', size: 0 }),
    ...file('blobs/a', 'x'.repeat(512)),
    ...file(long, 'long'),
    ...file(`${'b'.repeat(100)}`, ''),
    TAR_END,
  ]);
}

describe('tarHeader', () => {
  it('is read back', async () => {
    const entries: string[] = [];
    for await (const { path, type, size } of readTar(pieces(archive(), 777), 'it', { strict: true }))
      entries.push(`${type} ${path} ${size}`);
    expect(entries).toEqual(['directory blobs/ 0', 'file blobs/a 512', `file ${long} 4`, `file ${'b'.repeat(100)} 0`]);
  });

  it('says sizes that octal digits cannot', () => {
    for (const size of [8 ** 11 - 1, 8 ** 11, 10 * 2 ** 40]) expect(parseTarHeader(tarHeader({ path: 'x', size }), 'it')?.size).toBe(size);
  });
});

describeWithTools(['tar', 'python3'], 'tarHeader and other readers', () => {
  it('GNU tar and Python read it', () => {
    const names = ['blobs/', 'blobs/a', long, 'b'.repeat(100)];
    expect(filter(['tar', '-t'], archive()).toString().trim().split('\n')).toEqual(names);
    const python = 'import sys,tarfile\nfor m in tarfile.open(fileobj=sys.stdin.buffer,mode="r|"): print(m.name, m.size, m.mtime)';
    expect(filter(['python3', '-c', python], archive()).toString()).toBe(`blobs 0 0\nblobs/a 512 0\n${long} 4 0\n${'b'.repeat(100)} 0 0\n`);
  });
});
