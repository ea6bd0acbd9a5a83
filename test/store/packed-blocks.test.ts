import { hash } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPackedBlocks } from '../../src/store/packed-blocks.ts';
import { openPool } from '../../src/store/pool.ts';
import { temporaryCatalogue } from './catalogue-fixture.ts';

const KEY = hash('sha256', 'a plain block', 'buffer');
const PACKED = Buffer.from('packed');
const FILE = Buffer.concat([Buffer.from('head'), PACKED, Buffer.from('tail')]);

async function remembered() {
  const { catalogue, storage } = await temporaryCatalogue();
  const pool = await openPool(storage);
  const intake = await pool.intake('publish');
  const blob = await intake.add(FILE);
  await intake.flush();
  const blocks = createPackedBlocks(pool, catalogue);
  blocks.add(blob, [{ key: KEY, position: 4, length: PACKED.length, digest: hash('sha256', PACKED, 'buffer') }]);
  catalogue.rememberPackedBlocks(blocks.added());
  return { catalogue, pool, blob, blocks, path: join(storage, 'pool/sha256', blob.sha256.slice(0, 2), blob.sha256) };
}

describe('store/packed-blocks', () => {
  it('finds a block in the file that has it', async () => {
    const { blocks, catalogue, blob } = await remembered();
    expect((await blocks.find(KEY))?.equals(PACKED)).toBe(true);
    expect(await blocks.find(hash('sha256', 'another', 'buffer'))).toBeUndefined();
    expect(catalogue.packedBlock(KEY)).toMatchObject({ sha256: blob.sha256, position: 4, length: 6 });
  });

  it('finds it where it was written last', async () => {
    const { blocks, catalogue, pool } = await remembered();
    const [before] = blocks.added();
    if (before === undefined) throw new Error('nothing was added');
    catalogue.rememberPackedBlocks([{ ...before, sha256: '0'.repeat(64) }]);
    expect(await createPackedBlocks(pool, catalogue).find(KEY)).toBeUndefined();
    catalogue.rememberPackedBlocks([before]);
    expect((await createPackedBlocks(pool, catalogue).find(KEY))?.equals(PACKED)).toBe(true);
  });

  it('knows nothing of a file that is gone, shorter or damaged', async () => {
    const { blocks, pool, blob, path } = await remembered();
    await chmod(path, 0o600);
    const bytes = await readFile(path);
    bytes[5] = 0;
    await writeFile(path, bytes);
    expect(await blocks.find(KEY)).toBeUndefined();
    await writeFile(path, FILE.subarray(0, 7));
    expect(await blocks.find(KEY)).toBeUndefined();
    await pool.delete(blob.sha256);
    expect(await blocks.find(KEY)).toBeUndefined();
  });
});
