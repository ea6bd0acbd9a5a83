import { describe, expect, it } from 'vitest';
import { writeIndexForms } from '../../../src/apt/publish/index-forms.ts';
import { createTree } from '../../../src/store/generation-map.ts';
import { openPool } from '../../../src/store/pool.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';

const STANZAS = Array.from({ length: 100 }, (_, index) => Buffer.from(`Package: p${index}\nVersion: 1\n\n`));

async function newTree() {
  const pool = await openPool(await temporaryDirectory());
  const intake = await pool.intake('publish');
  return { pool, intake, tree: createTree({ intake, previous: undefined, time: new Date(1_700_000_000_000) }) };
}

describe('apt/publish/index-forms', () => {
  it('writes an index in its forms, each by name and by hash, and lists them', async () => {
    const { pool, intake, tree } = await newTree();
    const files = await writeIndexForms(tree, { root: 'dists/stable', path: 'main/binary-amd64/Packages', text: STANZAS });
    expect(files.map(({ path }) => path)).toEqual(['', '.gz', '.xz', '.zst'].map((end) => `main/binary-amd64/Packages${end}`));
    await intake.flush();
    const entries = new Map(tree.entries().map((entry) => [entry.path, entry]));
    expect(entries.size).toBe(8);
    for (const { path, sha256, size } of files) {
      expect(entries.get(`dists/stable/${path}`)).toMatchObject({ blob: { sha256, size }, permanence: 'current' });
      expect(entries.get(`dists/stable/main/binary-amd64/by-hash/SHA256/${sha256}`)).toMatchObject({ permanence: 'fixed' });
      expect(await pool.stat(sha256)).toBe(size);
    }
    expect((await pool.readWhole(files[0]?.sha256 ?? '', 10_000)).equals(Buffer.concat(STANZAS))).toBe(true);
  });

  it('writes only the forms asked for, and an empty index', async () => {
    const { tree } = await newTree();
    const files = await writeIndexForms(tree, {
      root: 'dists/x/y',
      path: 'Contents-amd64',
      text: [],
      separator: '\n',
      compressions: ['gz'],
    });
    expect(files.map(({ path }) => path)).toEqual(['Contents-amd64.gz']);
    expect(tree.entries().map(({ path }) => path)).toEqual([`dists/x/y/Contents-amd64.gz`, `dists/x/y/by-hash/SHA256/${files[0]?.sha256}`]);
  });
});
