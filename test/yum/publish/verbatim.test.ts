import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredPackage, Supplement } from '../../../src/store/catalogue.ts';
import { publishTree } from '../../../src/yum/publish/tree.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createPublishing, type Publishing } from './publishing.ts';

const VERBATIM = { metadata: 'verbatim' } as const;

function stored(name: string, more: Partial<StoredPackage> = {}): StoredPackage {
  const label = `${name}-1-1.noarch`;
  return {
    id: 1,
    name,
    version: '1-1',
    architecture: 'noarch',
    sha256: createHash('sha256').update(label).digest('hex'),
    size: 3,
    location: `${label}.rpm`,
    record: Buffer.alloc(0),
    ...more,
  };
}

describe('yum/publish/verbatim', () => {
  let scratch: string;
  let publishing: Publishing;
  beforeEach(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'mirror-verbatim-'));
    publishing = await createPublishing();
  });
  afterEach(async () => {
    await publishing.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** What is kept of an upstream with these packages. */
  async function upstream(packages: readonly XmlPackage[], change = (repomd: string): string => repomd): Promise<Supplement[]> {
    writeRepository(scratch, packages);
    const supplements: Supplement[] = [];
    for (const name of readdirSync(join(scratch, 'repodata'))) {
      const bytes = readFileSync(join(scratch, 'repodata', name));
      const isRepomd = name === 'repomd.xml';
      const content = isRepomd ? change(bytes.toString()) : bytes;
      supplements.push(await publishing.supplement(isRepomd ? 'release' : 'index', `repodata/${name}`, content));
    }
    return supplements;
  }

  it('links every file at its own path, and says that nobody signed it', async () => {
    const supplements = await upstream([{ name: 'foo' }, { name: 'bar' }]);
    const tree = await publishTree(publishing.context(supplements, [stored('bar'), stored('foo')], VERBATIM));
    expect(tree).toEqual({ components: ['main'], architectures: ['noarch'], signedBy: undefined, publicKey: undefined });
    const paths = ['bar-1-1.noarch.rpm', 'foo-1-1.noarch.rpm', ...supplements.map(({ path }) => path)];
    expect([...publishing.writer.links.keys()].sort()).toEqual(paths.sort());
  });

  it('links a package that the upstream has twice at both places', async () => {
    writeRepository(scratch, [{ name: 'foo' }]);
    const supplements = await upstream([{ name: 'foo' }]);
    const package_ = stored('foo', { location: 'elsewhere/foo.rpm' });
    await publishTree(publishing.context(supplements, [package_], VERBATIM));
    expect(publishing.writer.links.get('foo-1-1.noarch.rpm')).toBe(package_.sha256);
    expect(publishing.writer.links.get('elsewhere/foo.rpm')).toBe(package_.sha256);
  });

  it('refuses what does not have all that the metadata lists', async () => {
    const supplements = await upstream([{ name: 'foo' }, { name: 'bar' }]);
    const other = stored('bar', { sha256: 'b'.repeat(64) });
    for (const packages of [[stored('foo')], [stored('foo'), other]]) {
      await expect(publishTree(publishing.context(supplements, packages, VERBATIM))).rejects.toMatchObject({
        code: 'METADATA_INCOMPLETE',
        message: expect.stringContaining('bar-1-1.noarch'),
      });
    }
    const partial = supplements.filter(({ path }) => !path.includes('filelists'));
    await expect(publishTree(publishing.context(partial, [stored('foo'), stored('bar')], VERBATIM))).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('repodata/filelists.xml.gz'),
    });
  });

  it('refuses what is not of one upstream as it was served', async () => {
    const supplements = await upstream([]);
    const mixed = [...supplements, { ...(supplements[0] as Supplement), mirror: 'other' }];
    const without = supplements.filter(({ kind }) => kind !== 'release');
    for (const wrong of [mixed, without, []])
      await expect(publishTree(publishing.context(wrong, [], VERBATIM))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('refuses an upstream whose metadata names its own description, or packages outside', async () => {
    const own = await upstream([], (repomd) => repomd.replaceAll('repodata/other.xml.gz', 'repodata/repomd.xml'));
    await expect(publishTree(publishing.context(own, [], VERBATIM))).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    const outside = await upstream([], (repomd) => repomd.replaceAll('repodata/other.xml.gz', '../other.xml.gz'));
    await expect(publishTree(publishing.context(outside, [], VERBATIM))).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  });

  it('warns of metadata that is older than what was published before', async () => {
    const supplements = await upstream([], (repomd) => repomd.replaceAll('1700000000', '1600000000'));
    const newer = await publishing.rig.add(
      Buffer.from(readFileSync(join(scratch, 'repodata/repomd.xml'), 'utf8').replaceAll('1700000000', '1650000000')),
    );
    const entry = { path: 'repodata/repomd.xml', blob: newer, modified: 0, permanence: 'current' as const };
    const context = { ...publishing.context(supplements, [], VERBATIM), previous: new Map([[entry.path, entry]]) };
    await publishTree(context);
    expect(publishing.events).toMatchObject([
      { type: 'warning', message: expect.stringContaining('older than what was published before') },
    ]);
  });
});
