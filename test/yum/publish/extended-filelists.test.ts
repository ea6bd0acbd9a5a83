import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { writeFurtherMetadata } from '../../../src/yum/publish/further-metadata.ts';
import { createPublishing, type Publishing } from './publishing.ts';

const idOf = (name: string): string => Buffer.from(name.padEnd(32, '-')).toString('hex');

function stored(name: string): StoredPackage {
  const record = Buffer.from(`<package type="rpm"><name>${name}</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>
<checksum type="sha256" pkgid="YES">${idOf(name)}</checksum><size package="1"/><location href="${name}.rpm"/></package>`);
  return {
    id: 1,
    name,
    version: '1-1',
    architecture: 'noarch',
    sha256: 'a'.repeat(64),
    size: 1,
    location: `${name}.rpm`,
    record,
  };
}

const element = (name: string): string =>
  `<package pkgid="${idOf(name)}" name="${name}" arch="noarch"><version epoch="0" ver="1" rel="1"/><checksum type="sha256"/><file hash="ab">/${name}</file></package>`;
const documentOf = (...names: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<filelists-ext xmlns="http://linux.duke.edu/metadata/filelists-ext" packages="${names.length}">\n${names.map(element).join('\n')}\n</filelists-ext>`;

describe('yum/publish/extended-filelists', () => {
  let publishing: Publishing;
  beforeEach(async () => {
    publishing = await createPublishing();
  });
  afterEach(() => publishing.close());

  const source = (mirror: string, content: string | Buffer, name = 'filelists-ext.xml.gz') =>
    publishing.supplement('data/filelists-ext', `repodata/${name}`, content, mirror);

  async function published(supplements: readonly Awaited<ReturnType<typeof source>>[], names: readonly string[]): Promise<string[]> {
    const [record, ...others] = await writeFurtherMetadata(publishing.context(supplements), names.map(stored));
    expect(others).toEqual([]);
    if (record === undefined) return [];
    expect(record).toMatchObject({ type: 'filelists-ext', path: expect.stringMatching(/^repodata\/[0-9a-f]{64}-filelists-ext\.xml\.gz$/) });
    const text = gunzipSync(publishing.read(record.path)).toString();
    const listed = [...text.matchAll(/<file hash="ab">\/(\w+)<\/file>/g)].map(([, name]) => name ?? '');
    expect(text).toContain(`<filelists-ext xmlns="http://linux.duke.edu/metadata/filelists-ext"`);
    expect(text).toContain(` packages="${listed.length}">`);
    return listed;
  }

  it('is as the upstream has it where all of its packages are published', async () => {
    const whole = await source('one', gzipSync(documentOf('foo', 'bar')));
    expect(await writeFurtherMetadata(publishing.context([whole]), [stored('foo'), stored('bar'), stored('baz')])).toMatchObject([
      { type: 'filelists-ext', checksum: { value: whole.sha256 } },
    ]);
    expect(publishing.writer.links.size).toBe(1);
  });

  it('has the packages that are published, of all sources, each once', async () => {
    const one = await source('one', gzipSync(documentOf('foo', 'bar')));
    const two = await source('two', documentOf('bar', 'baz', 'gone'), 'filelists-ext.xml');
    expect(await published([one, two], ['foo', 'bar', 'baz'])).toEqual(['foo', 'bar', 'baz']);
    expect(await published([one], ['bar'])).toEqual(['bar']);
    expect(await published([one], ['other'])).toEqual([]);
    expect(publishing.events).toEqual([]);
  });

  it.each([
    ['is no document', 'hello'],
    ['has a document type', documentOf('foo').replace('<filelists', '<!DOCTYPE x><filelists')],
    ['has an element that is not well-formed', documentOf('foo', 'bar').replace('</file>', '</fil>')],
    ['ends early', documentOf('foo').slice(0, -10)],
  ])('leaves out one that %s, with a warning', async (_, text) => {
    const broken = await source('broken', gzipSync(text));
    const sound = await source('sound', gzipSync(documentOf('foo', 'gone')));
    expect(await published([broken, sound], ['foo', 'bar'])).toEqual(['foo']);
    expect(publishing.events).toMatchObject([{ type: 'warning', message: expect.stringMatching(/broken.* is left out: /) }]);
  });
});
