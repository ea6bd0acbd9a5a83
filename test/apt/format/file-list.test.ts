import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PackagedEntry } from '../../../src/apt/format/deb-file.ts';
import { readDebFile } from '../../../src/apt/format/deb-file.ts';
import { createFileList } from '../../../src/apt/format/file-list.ts';
import { pieces } from '../../codec/streams.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { buildPackage, writeTree } from './packages-on-disk.ts';

const entry = (path: string, type: PackagedEntry['type'] = 'file'): PackagedEntry => ({
  path: Buffer.from(path, 'latin1'),
  type,
  size: 0,
  target: Buffer.alloc(0),
});

function listOf(...entries: readonly PackagedEntry[]): Buffer {
  const list = createFileList('x.deb');
  for (const one of entries) list.add(one);
  return list.text();
}

describe('apt/format/file-list', () => {
  it('sorts paths by their bytes, each once, without directories', () => {
    const list = listOf(
      entry('', 'directory'),
      entry('b'),
      entry('a/\xff'),
      entry('a', 'directory'),
      entry('a/b', 'symlink'),
      entry('B'),
      entry('b'),
    );
    expect(list).toEqual(Buffer.from('B\na/b\na/\xff\nb', 'latin1'));
    expect(listOf(entry('a', 'directory'))).toEqual(Buffer.alloc(0));
  });

  it('refuses more than fits in memory', () => {
    const list = createFileList('x.deb');
    const large = { ...entry(''), path: Buffer.alloc(1 << 20, 'x') };
    const fill = (): void => {
      for (let count = 0; count < 64; count++) list.add(large);
    };
    expect(fill).toThrow(
      expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining('more files than can be listed') }),
    );
  });

  describeWithTools(['dpkg-deb', 'apt-ftparchive'], 'as apt-ftparchive', () => {
    it('lists what a package installs', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mirror-list-'));
      const path = join(folder, 'x.deb');
      writeTree(join(folder, 'tree'));
      buildPackage(join(folder, 'tree'), path, 'gzip');
      const list = createFileList(path);
      await readDebFile(pieces(readFileSync(path)), path, list.add);
      const contents = execFileSync('apt-ftparchive', ['contents', folder], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      const expected = contents.split('\n').flatMap((line) => /^(.*\S)\s+hello-world$/.exec(line)?.slice(1) ?? []);
      expect(expected.length).toBeGreaterThan(6);
      expect(list.text().toString().split('\n').sort()).toEqual(expected.sort());
    });
  });
});
