import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIndex } from '../../../src/yum/upstream/open-index.ts';
import { createRig, type Rig } from '../rig.ts';

describe('yum/upstream/open-index', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await createRig('.');
  });
  afterEach(() => rig.close());

  it.each([undefined, 500, 1e12])('unpacks no more than its ceiling when %j bytes are stated', async (openSize) => {
    const blob = await rig.add(gzipSync(Buffer.alloc(1000)));
    const drain = async (ceiling: number): Promise<number> => {
      let size = 0;
      for await (const chunk of openIndex({ path: 'primary.xml.gz', ...blob, openSize }, rig.blobs, 'x', ceiling)) size += chunk.length;
      return size;
    };
    await expect(drain(999)).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
    if (openSize === undefined) expect(await drain(1000)).toBe(1000);
  });
});
