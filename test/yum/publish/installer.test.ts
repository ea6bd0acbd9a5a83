import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeInstaller } from '../../../src/yum/publish/installer.ts';
import { createPublishing, type Publishing } from './publishing.ts';

const REPOMD = Buffer.from('<repomd/>');
const SUM = createHash('sha256').update(REPOMD).digest('hex');

describe('yum/publish/installer', () => {
  let publishing: Publishing;
  beforeEach(async () => {
    publishing = await createPublishing();
  });
  afterEach(() => publishing.close());

  it('publishes nothing where there is no .treeinfo', async () => {
    const stray = await publishing.supplement('installer', 'images/x', 'x');
    await writeInstaller(publishing.context([stray]), REPOMD);
    expect([...publishing.writer.links.keys()]).toEqual([]);
  });

  it('publishes a .treeinfo under both names with the new checksum, and what it names at its places', async () => {
    const tree = await publishing.supplement('treeinfo', 'treeinfo', '[checksums]\nrepodata/repomd.xml = sha256:old\n');
    const image = await publishing.supplement('installer', 'images/x', 'x');
    await writeInstaller(publishing.context([tree, image]), REPOMD);
    for (const name of ['.treeinfo', 'treeinfo'])
      expect(publishing.read(name).toString()).toBe(`[checksums]\nrepodata/repomd.xml = sha256:${SUM}\n`);
    expect([...publishing.writer.links]).toEqual([['images/x', image.sha256]]);
  });

  it('takes the installer of the last source whole, and nothing of the others', async () => {
    const files = [
      await publishing.supplement('treeinfo', '.treeinfo', '[general]\nname = one\n', 'one'),
      await publishing.supplement('installer', 'images/x', 'one', 'one'),
      await publishing.supplement('treeinfo', '.treeinfo', '[general]\nname = two\n', 'two'),
      await publishing.supplement('installer', 'images/y', 'two', 'two'),
    ];
    await writeInstaller(publishing.context(files), REPOMD);
    expect([...publishing.writer.links.keys()]).toEqual(['images/y']);
    expect(publishing.read('.treeinfo').toString()).toContain('two');
    expect(publishing.events).toMatchObject([{ type: 'warning', message: expect.stringContaining('that of mirror two is') }]);
  });

  it.each(['repodata/repomd.xml', 'repodata/x', 'repodata', '.treeinfo', 'treeinfo', '../x', '/x'])(
    'refuses an image at %j',
    async (path) => {
      const tree = await publishing.supplement('treeinfo', '.treeinfo', '');
      const image = await publishing.supplement('installer', path, 'x');
      await expect(writeInstaller(publishing.context([tree, image]), REPOMD)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    },
  );
});
