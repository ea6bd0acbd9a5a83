import { createHash } from 'node:crypto';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { writeFurtherMetadata } from '../../../src/yum/publish/further-metadata.ts';
import { createPublishing, type Publishing } from './publishing.ts';

const PACKAGE: StoredPackage = {
  id: 1,
  name: 'foo',
  version: '1-1',
  architecture: 'noarch',
  sha256: 'a'.repeat(64),
  size: 1,
  location: 'foo-1-1.noarch.rpm',
  record: Buffer.alloc(0),
};

const groups = (...names: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<comps>\n${names
    .map(
      (name) =>
        `  <group>\n    <id>${name}</id>\n    <name>${name}</name>\n    <packagelist>\n      <packagereq type="default">foo</packagereq>\n    </packagelist>\n  </group>\n`,
    )
    .join('')}</comps>\n`;

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('yum/publish/further-metadata', () => {
  let publishing: Publishing;
  beforeEach(async () => {
    publishing = await createPublishing();
  });
  afterEach(() => publishing.close());

  it('has no records of sources without further metadata', async () => {
    expect(await writeFurtherMetadata(publishing.context([]), [PACKAGE])).toEqual([]);
  });

  it('combines groups, plain and packed for old clients', async () => {
    const one = await publishing.supplement('data/group', 'repodata/one-comps.xml.gz', gzipSync(groups('one')), 'one');
    const two = await publishing.supplement('data/group', 'repodata/comps.xml', groups('two'), 'two');
    const records = await writeFurtherMetadata(publishing.context([one, two]), [PACKAGE]);
    expect(records.map(({ type }) => type)).toEqual(['group', 'group_gz']);
    const [plain, packed] = records;
    const text = publishing.read(plain?.path ?? '').toString();
    expect(text).toContain('<id>one</id>');
    expect(text).toContain('<id>two</id>');
    expect(plain?.openChecksum).toBeUndefined();
    expect(packed).toMatchObject({ openChecksum: plain?.checksum, openSize: plain?.size });
    expect(publishing.writer.links.size).toBe(0);
  });

  it('leaves out groups of packages that are not published', async () => {
    const group = await publishing.supplement('data/group', 'repodata/comps.xml', groups('one'));
    expect(await writeFurtherMetadata(publishing.context([group]), [{ ...PACKAGE, name: 'bar' }])).toEqual([]);
  });

  it('compresses as the publication does', async () => {
    const group = await publishing.supplement('data/group', 'repodata/comps.xml', groups('one'));
    const [record, ...others] = await writeFurtherMetadata(publishing.context([group], [], { compression: 'zst' }), [PACKAGE]);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ type: 'group', path: expect.stringMatching(/^repodata\/[0-9a-f]{64}-comps\.xml\.zst$/) });
    expect(zstdDecompressSync(publishing.read(record?.path ?? '')).toString()).toContain('<id>one</id>');
  });

  it('passes anything else through under a name with its checksum in place of the old one', async () => {
    const packed = gzipSync('a certificate');
    const product = await publishing.supplement('data/productid', `repodata/${'0'.repeat(64)}-productid.gz`, packed);
    const notes = await publishing.supplement('data/notes', 'elsewhere/notes.txt', 'hello');
    const records = await writeFurtherMetadata(publishing.context([product, notes]), [PACKAGE]);
    expect(records).toMatchObject([
      {
        type: 'productid',
        path: `repodata/${sha256(packed)}-productid.gz`,
        checksum: { algorithm: 'sha256', value: sha256(packed) },
        size: packed.length,
        openChecksum: { algorithm: 'sha256', value: sha256('a certificate') },
        openSize: 13,
      },
      { type: 'notes', path: `repodata/${sha256('hello')}-notes.txt`, size: 5 },
    ]);
    expect([...publishing.writer.links.values()]).toEqual([product.sha256, notes.sha256]);
    expect(publishing.events).toEqual([]);
  });

  it('passes through what is not packed as its name says, and what has too long a name for a checksum before it', async () => {
    const odd = await publishing.supplement('data/odd', 'repodata/odd.gz', 'plain');
    const empty = await publishing.supplement('data/empty', 'repodata/empty.xz', '');
    const long = await publishing.supplement('data/long', `repodata/${'ä'.repeat(123)}.json.gz`, gzipSync('{}'));
    const records = await writeFurtherMetadata(publishing.context([odd, empty, long]), [PACKAGE]);
    expect(records.map(({ type, path, openSize }) => [type, path.slice('repodata/'.length + 64), openSize])).toEqual([
      ['odd', '-odd.gz', undefined],
      ['empty', '-empty.xz', undefined],
      ['long', '-long.gz', 2],
    ]);
  });

  it('takes the last of several that differ, and says so', async () => {
    const one = await publishing.supplement('data/notes', 'repodata/notes', 'one', 'first');
    const two = await publishing.supplement('data/notes', 'repodata/notes', 'two', 'second');
    expect(await writeFurtherMetadata(publishing.context([one, two]), [PACKAGE])).toMatchObject([
      { size: 3, checksum: { value: sha256('two') } },
    ]);
    expect(publishing.events).toMatchObject([{ type: 'warning', message: expect.stringContaining('that of mirror second is published') }]);
    publishing.events.length = 0;
    await writeFurtherMetadata(publishing.context([one, one]), [PACKAGE]);
    expect(publishing.events).toEqual([]);
  });

  it.each(['prestodelta', 'deltainfo'])('leaves out %s and says so', async (type) => {
    const delta = await publishing.supplement(`data/${type}`, 'repodata/x.xml', '<x/>');
    expect(await writeFurtherMetadata(publishing.context([delta]), [PACKAGE])).toEqual([]);
    expect(publishing.events).toMatchObject([{ type: 'info', message: expect.stringContaining(`the ${type} of test is left out`) }]);
  });

  it.each([
    ['cannot be unpacked', 'repodata/updateinfo.xml.gz', 'no gzip'],
    ['cannot be read', 'repodata/updateinfo.xml', '<updates><update>'],
  ])('leaves out advisories of a source that %s, and keeps those of the others', async (_, path, content) => {
    const advisory =
      '<update from="a" status="final" type="bugfix" version="1"><id>A-1</id><title>t</title><issued date="2026-01-01 00:00:00"/><pkglist><collection short="c"><name>c</name><package name="foo" version="1" release="1" epoch="0" arch="noarch" src="foo-1-1.src.rpm"><filename>foo-1-1.noarch.rpm</filename></package></collection></pkglist></update>';
    const sound = await publishing.supplement('data/updateinfo', 'repodata/sound.xml', `<updates>${advisory}</updates>`, 'sound');
    const broken = await publishing.supplement('data/updateinfo', path, content, 'broken');
    const [record] = await writeFurtherMetadata(publishing.context([sound, broken]), [PACKAGE]);
    expect(record).toMatchObject({ type: 'updateinfo', openSize: advisory.length + 19 });
    expect(publishing.events).toMatchObject([{ type: 'warning', message: expect.stringMatching(/broken.* is left out: /) }]);
    publishing.events.length = 0;
    expect(await writeFurtherMetadata(publishing.context([broken]), [PACKAGE])).toEqual([]);
    expect(publishing.events).toMatchObject([{ type: 'warning' }]);
  });

  it('leaves comps out that unpack to more than any distribution has', async () => {
    const group = await publishing.supplement('data/group', 'repodata/comps.xml.gz', gzipSync(`${groups('one')}${' '.repeat(17 << 20)}`));
    expect(await writeFurtherMetadata(publishing.context([group]), [PACKAGE])).toEqual([]);
  });

  it('refuses modules that cannot be read: without them clients would take packages of other streams', async () => {
    const broken = await publishing.supplement('data/modules', 'repodata/modules.yaml.gz', 'no gzip');
    await expect(writeFurtherMetadata(publishing.context([broken]), [PACKAGE])).rejects.toMatchObject({
      code: expect.stringMatching(/^DECOMPRESS_/),
    });
  });
});
