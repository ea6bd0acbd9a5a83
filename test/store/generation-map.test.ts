import { describe, expect, it } from 'vitest';
import { createTree, loadGeneration, readEntries } from '../../src/store/generation-map.ts';
import type { TreeEntry } from '../../src/store/generations.ts';
import { openPool } from '../../src/store/pool.ts';
import { sha256, temporaryDirectory } from './storage-fixture.ts';

const TIME = new Date(1_700_000_000_900);

async function tree(previous?: Iterable<TreeEntry>, time = TIME) {
  const pool = await openPool(await temporaryDirectory());
  const intake = await pool.intake('publish');
  return { pool, tree: createTree({ intake, previous, time }) };
}

const blob = (name: string) => ({ sha256: sha256(name), size: name.length });

describe('store/generation-map', () => {
  it('stores a tree that can be loaded again, and its files', async () => {
    const { pool, tree: writer } = await tree();
    writer.link('pool/z.deb', blob('z'));
    const release = await writer.write([{ path: 'dists/Release', permanence: 'current' }], Buffer.from('release'));
    const byHash = await writer.write(
      (written) => [
        { path: 'dists/Packages', permanence: 'current' },
        { path: `dists/by-hash/SHA256/${written.sha256}`, permanence: 'fixed' },
      ],
      (async function* () {
        yield Buffer.from('pack');
        yield Buffer.from('ages');
      })(),
    );
    expect(release).toEqual({ sha256: sha256('release'), size: 7 });
    const map = await writer.finish();
    const loaded = await loadGeneration(pool, map.sha256);
    expect([...loaded.values()]).toEqual(writer.entries());
    const entries = await readEntries(pool, map.sha256);
    for (let time = 0; time < 2; time++) expect([...entries]).toEqual(writer.entries());
    expect(entries.get('dists/Release')).toMatchObject({ blob: release });
    expect(entries.get('dists/Rel')).toBeUndefined();
    expect(loaded.get('dists/Packages')).toEqual({ path: 'dists/Packages', blob: byHash, modified: 1_700_000_000, permanence: 'current' });
    expect(loaded.get(`dists/by-hash/SHA256/${sha256('packages')}`)?.permanence).toBe('fixed');
    expect(loaded.get('pool/z.deb')).toEqual({ path: 'pool/z.deb', blob: blob('z'), modified: 1_700_000_000, permanence: 'fixed' });
    expect(await pool.stat(sha256('packages'))).toBe(8);
  });

  it('keeps the date of what stays the same', async () => {
    const first = (await tree()).tree;
    for (const name of ['same', 'changed', 'gone']) first.link(name, blob(name));
    const previous = first.entries();
    const { tree: second } = await tree(previous, new Date(1_800_000_000_000));
    second.link('same', blob('same'));
    second.link('changed', blob('other'));
    second.link('new', blob('same'));
    expect(second.entries().map(({ path, modified }) => [path, modified])).toEqual([
      ['changed', 1_800_000_000],
      ['new', 1_800_000_000],
      ['same', 1_700_000_000],
    ]);
  });

  it('takes the same file under a path twice, and refuses another', async () => {
    const { tree: writer } = await tree();
    writer.link('a', blob('a'));
    writer.link('a', blob('a'));
    expect(writer.entries()[0]?.permanence).toBe('fixed');
    await writer.write([{ path: 'b', permanence: 'current' }], Buffer.from('b'));
    writer.link('b', blob('b'));
    expect(writer.entries().map((entry) => [entry.path, entry.permanence])).toEqual([
      ['a', 'fixed'],
      ['b', 'current'],
    ]);
    expect(() => writer.link('a', blob('b'))).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_CONFLICT',
        message: expect.stringMatching(new RegExp(` a: .*${sha256('a')}.*${sha256('b')}`)),
      }),
    );
    await expect(writer.write([{ path: 'a', permanence: 'fixed' }], Buffer.from('c'))).rejects.toMatchObject({ code: 'PACKAGE_CONFLICT' });
  });

  it.each(['', '/a', '../a', 'a/../b', './a', 'a//b', 'a/', 'a\nb', '\ud800'])('refuses the path %j', async (path) => {
    const { tree: writer } = await tree();
    expect(() => writer.link(path, blob('a'))).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });

  it('has the same digest for the same tree, written in any order', async () => {
    const names = ['b', 'a', 'c/d'];
    const digests = [];
    for (const order of [names, [...names].reverse()]) {
      const { tree: writer } = await tree();
      for (const name of order) writer.link(name, blob(name));
      digests.push((await writer.finish()).sha256);
    }
    expect(digests[0]).toBe(digests[1]);
  });

  it('says so when the map is missing or is none', async () => {
    const { pool } = await tree();
    await expect(loadGeneration(pool, sha256('nothing'))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    const intake = await pool.intake('s');
    const other = await intake.add(Buffer.from('no map'));
    await intake.finish();
    await expect(loadGeneration(pool, other.sha256)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });
});
