import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRounds } from '../../src/store/rounds.ts';
import { sha256, temporaryDirectory } from './storage-fixture.ts';

describe('store/rounds', () => {
  it('moves files that come together, and those that come meanwhile in the next round', async () => {
    const { move, moved, put, root } = await setUp();
    const first = ['a', 'b', 'c'].map((text) => move(put(text), { sha256: sha256(text), size: 1 }));
    await Promise.all([...first, first[0]?.then(() => move(put('d'), { sha256: sha256('d'), size: 1 }))]);
    for (const text of ['a', 'b', 'c', 'd']) expect(existsSync(join(root, sha256(text)))).toBe(true);
    expect(moved.length).toBe(4);
  });

  it('fails the files of one round, and goes on with the next', async () => {
    const { move, put, settled, root } = await setUp();
    await expect(move('/nowhere/at/all', { sha256: sha256('gone'), size: 1 })).rejects.toMatchObject({ code: 'STORAGE' });
    await move(put('next'), { sha256: sha256('next'), size: 4 });
    await settled();
    expect(existsSync(join(root, sha256('next')))).toBe(true);
  });
});

async function setUp() {
  const directory = await temporaryDirectory();
  const root = join(directory, 'pool');
  mkdirSync(root);
  const moved: string[] = [];
  const rounds = createRounds(directory, { root, shard: () => root, blob: (name) => join(root, name) }, (path) => moved.push(path));
  const put = (text: string): string => {
    const path = join(directory, `part-${text}`);
    writeFileSync(path, text);
    chmodSync(path, 0o444);
    return path;
  };
  return { ...rounds, moved, put, root };
}
