import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../../src/oci/archive/open-archive.ts';
import type { BlobSink } from '../../../src/oci/content.ts';
import { paxRecord, tarArchive, tarEntry } from '../../codec/tar-archive.ts';
import { CONFIG_TYPE, INDEX_TYPE, LAYER_TYPE, Layout, MANIFEST_TYPE, tarOf, twoPlatforms, type WrittenDescriptor } from './layouts.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A sink that remembers what it was made to keep. */
function sink(): BlobSink & { readonly kept: string[]; readonly open: Set<string> } {
  const kept: string[] = [];
  const open = new Set<string>();
  return {
    kept,
    open,
    begin(digest) {
      open.add(digest);
      return {
        write: () => undefined,
        async complete() {
          open.delete(digest);
          kept.push(digest);
        },
        async drop() {
          open.delete(digest);
        },
      };
    },
  };
}

const named = { annotations: { 'org.opencontainers.image.ref.name': 'team/app:v1' } };
const good = twoPlatforms('team/app:v1');
const goodFiles = [...good.files];
const layer = Buffer.alloc(100_000, 'x');

function changed(change: (layout: Layout) => void): Buffer {
  const layout = twoPlatforms('team/app:v1');
  change(layout);
  return layout.tar();
}

/** A layout with one image, of which the descriptor in index.json is changed. */
function withRoot(change: (root: WrittenDescriptor) => object): Buffer {
  const layout = new Layout();
  const root = layout.image([layer], named);
  return layout.done([change(root)]).tar();
}

/** A layout whose only manifest is the given document. */
function withDocument(document: object | string, mediaType = MANIFEST_TYPE): Buffer {
  const layout = new Layout();
  return layout.done([layout.blob(document, mediaType, named)]).tar();
}

function nested(depth: number): Buffer {
  const layout = new Layout();
  let root = layout.image([layer]);
  for (let level = 0; level < depth; level++) root = layout.list([root]);
  return layout.done([{ ...root, ...named }]).tar();
}

const digest = `sha256:${'a'.repeat(64)}`;
const config = { mediaType: CONFIG_TYPE, digest, size: 2 };
const [firstBlob = ''] = goodFiles.map(([name]) => name).filter((name) => name.startsWith('blobs/'));
const entry = (path: string, more: object = {}): Buffer => tarEntry({ path, content: 'x', ...more });
const beside = (...entries: Buffer[]): Buffer => tarArchive(...goodFiles.map(([path, content]) => tarEntry({ path, content })), ...entries);

const CASES: Readonly<Record<string, () => Buffer>> = {
  'a symbolic link as a blob': () => beside(entry(`blobs/sha256/${'b'.repeat(64)}`, { type: '2', content: '', target: '/etc/passwd' })),
  'a hard link as a blob': () => beside(entry(`blobs/sha256/${'b'.repeat(64)}`, { type: '1', content: '', target: firstBlob })),
  'index.json as a link': () =>
    tarArchive(tarEntry({ path: 'oci-layout', content: '{}' }), entry('index.json', { type: '2', content: '', target: 'x' })),
  'a device': () => beside(entry('device', { type: '3', content: '' })),
  'a block device': () => beside(entry('device', { type: '4', content: '' })),
  'a named pipe': () => beside(entry('pipe', { type: '6', content: '' })),
  'a sparse file': () => beside(entry('sparse', { type: 'S' })),
  'a sparse file of the pax format': () =>
    beside(entry('pax', { type: 'x', content: paxRecord('GNU.sparse.major', '1') }), entry('sparse')),
  'a name that is absolute': () => beside(entry('/etc/passwd')),
  'a name that leads out': () => beside(entry('../../etc/passwd')),
  'a name that leads out in the middle': () => beside(entry('blobs/../../x')),
  'a name that leads out by a pax header': () => beside(entry('pax', { type: 'x', content: paxRecord('path', '../x') }), entry('x')),
  'a name of Windows': () => beside(entry('C:\\x')),
  'a control character in a name': () => beside(entry('a\x1bb')),
  'a name that is no UTF-8': () => beside(tarEntry({ path: Buffer.from([0x61, 0xff]), content: 'x' })),
  'two index.json': () => beside(tarEntry({ path: 'index.json', content: '{}' })),
  'two index.json by other names': () => beside(tarEntry({ path: './index.json', content: '{}' })),
  'two files for one blob': () => beside(tarEntry({ path: `./${firstBlob}`, content: good.files.get(firstBlob) ?? '' })),
  'a wrong digest': () => changed((layout) => layout.files.set(firstBlob, Buffer.from('another'))),
  'a wrong digest of the same size': () =>
    changed((layout) => layout.files.set(firstBlob, Buffer.alloc(layout.files.get(firstBlob)?.length ?? 0))),
  'a digest that leads out': () => beside(entry('blobs/sha256/../../x')),
  'a digest that is too short': () => beside(entry('blobs/sha256/abcd')),
  'a digest in capitals': () => beside(entry(`blobs/sha256/${'A'.repeat(64)}`)),
  'a directory in blobs': () => beside(entry('blobs/sha256/ab/cd')),
  'a file in blobs': () => beside(entry('blobs/x')),
  'a descriptor with a digest that leads out': () => withRoot((root) => ({ ...root, digest: 'sha256:../../x' })),
  'a descriptor with a larger size': () => withRoot((root) => ({ ...root, size: root.size + 1 })),
  'a descriptor with a smaller size': () => withRoot((root) => ({ ...root, size: root.size - 1 })),
  'a descriptor with a negative size': () => withRoot((root) => ({ ...root, size: -1 })),
  'a descriptor with a size of no whole number': () => withRoot((root) => ({ ...root, size: 2 ** 60 })),
  'a descriptor with another type than the manifest': () => withRoot((root) => ({ ...root, mediaType: INDEX_TYPE })),
  'a layer with another size': () => {
    const layout = new Layout();
    const blob = layout.blob('layer', LAYER_TYPE);
    const document = { schemaVersion: 2, config: layout.blob('{}', CONFIG_TYPE), layers: [{ ...blob, size: 10 * 2 ** 30 }] };
    return layout.done([layout.blob(document, MANIFEST_TYPE, named)]).tar();
  },
  'a manifest that is no JSON': () => withDocument('{"schemaVersion":2'),
  'a manifest that is a list': () => withDocument('[]'),
  'a layer that is described as a manifest': () => {
    const layout = new Layout();
    return layout.done([layout.blob(layer, MANIFEST_TYPE, named)]).tar();
  },
  'a manifest that is an index, too': () => withDocument({ schemaVersion: 2, config, layers: [], manifests: [] }),
  'a manifest of version 1': () => withDocument({ schemaVersion: 1, config, layers: [] }),
  'an index with a prototype': () => withDocument('{"schemaVersion":2,"__proto__":{"manifests":"x"}}', INDEX_TYPE),
  'a manifest with a prototype': () => withDocument('{"schemaVersion":2,"__proto__":{"config":{"digest":"x"},"layers":7}}'),
  'indexes nested nine deep': () => nested(9),
  'no index.json': () => tarOf(goodFiles.filter(([name]) => name !== 'index.json')),
  'no oci-layout': () => tarOf(goodFiles.filter(([name]) => name !== 'oci-layout')),
  'an oci-layout of another version': () =>
    changed((layout) => layout.files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"2.0.0"}'))),
  'an oci-layout that is none': () => changed((layout) => layout.files.set('oci-layout', Buffer.from('x'))),
  'an index.json that is none': () => changed((layout) => layout.files.set('index.json', Buffer.from('x'))),
  'an index.json that is too large': () => changed((layout) => layout.files.set('index.json', Buffer.alloc(9 * 2 ** 20, ' '))),
  'an index.json of 100,001 entries': () =>
    changed((layout) => layout.done(Array.from({ length: 100_001 }, () => ({ mediaType: 'a', digest: 'b:c', size: 1 })))),
  'two images of one name': () => changed((layout) => layout.done([layout.image(['a'], named), layout.image(['b'], named)])),
  'a header with 10 GiB': () => beside(tarEntry({ path: `blobs/sha256/${'b'.repeat(64)}`, content: 'x', size: '120000000000' })),
  'a header with more than numbers have': () =>
    beside(tarEntry({ path: 'x', content: 'x', size: Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) })),
  'a damaged header': () => {
    const bytes = good.tar();
    bytes.writeUInt8(0x7a, 1);
    return bytes;
  },
  'an end in a file': () => good.tar().subarray(0, good.tar().length - 1100),
  'an end after a file': () => good.tar().subarray(0, good.tar().length - 1024),
  'something else after the end': () => Buffer.concat([good.tar(), Buffer.from('something')]),
  'a second archive after the end': () => Buffer.concat([good.tar(), good.tar()]),
  'nothing in it': () => tarArchive(),
  'no bytes': () => Buffer.alloc(0),
  'only text': () => Buffer.from('hello\n'.repeat(1000)),
  'files that are none of an image': () => tarArchive(entry('etc/passwd')),
  'a bundle that is an archive, too': () => beside(tarEntry({ path: 'team&app@v2.tar', content: good.tar() })),
  'two archives for one name': () =>
    tarArchive(
      tarEntry({ path: 'a/team&app@v1.tar', content: good.tar() }),
      tarEntry({ path: 'b/team&app@v1.tar.gz', content: gzipSync(good.tar()) }),
    ),
  'docker save: a config that is not there': () => tarOf([['manifest.json', Buffer.from('[{"Config":"x.json","Layers":[]}]')]]),
  'docker save: a config that leads out': () => tarOf([['manifest.json', Buffer.from('[{"Config":"../../etc/passwd","Layers":[]}]')]]),
  'docker save: a layer that is a link out': () =>
    tarArchive(
      tarEntry({ path: 'manifest.json', content: '[{"Config":"c.json","Layers":["l.tar"]}]' }),
      tarEntry({ path: 'c.json', content: '{"rootfs":{"diff_ids":["x"]}}' }),
      tarEntry({ path: 'l.tar', type: '2', target: '../../etc/passwd' }),
    ),
  'docker save: links in a circle': () =>
    tarArchive(
      tarEntry({ path: 'manifest.json', content: '[{"Config":"c.json","Layers":["l.tar"]}]' }),
      tarEntry({ path: 'c.json', content: '{"rootfs":{"diff_ids":["x"]}}' }),
      tarEntry({ path: 'l.tar', type: '2', target: 'm.tar' }),
      tarEntry({ path: 'm.tar', type: '2', target: 'l.tar' }),
    ),
  'docker save: a layer that the config does not name': () =>
    tarOf([
      ['manifest.json', Buffer.from('[{"Config":"c.json","Layers":["l.tar"]}]')],
      ['c.json', Buffer.from(`{"rootfs":{"diff_ids":["${digest}"]}}`)],
      ['l.tar', Buffer.from('layer')],
    ]),
};

/** Refused for the archives in it, of which others were read before. */
const OF_BUNDLES: ReadonlySet<string> = new Set(['a bundle that is an archive, too', 'two archives for one name']);

describe('openArchive refuses', () => {
  for (const [name, make] of Object.entries(CASES)) {
    for (const packed of [false, true]) {
      it(`${name}${packed ? ', compressed' : ''}`, async () => {
        const path = join(directory, 'archive');
        await writeFile(path, packed ? gzipSync(make(), { level: 1 }) : make());
        const keeper = sink();
        await expect(openArchive(path, { sink: keeper })).rejects.toMatchObject({
          name: 'MirrorError',
          code: expect.stringMatching(/^(?:ARCHIVE_INVALID|MANIFEST_INVALID|DECOMPRESS_FAILED)$/),
        });
        expect([...keeper.open]).toEqual([]);
        if (!OF_BUNDLES.has(name)) expect(keeper.kept).toEqual([]);
      });
    }
  }

  it('damaged gzip, and what follows it', async () => {
    const path = join(directory, 'archive');
    const packed = gzipSync(good.tar());
    for (const bytes of [packed.subarray(0, -20), Buffer.concat([packed, Buffer.from('x')]), Buffer.concat([packed, Buffer.alloc(9)])]) {
      await writeFile(path, bytes);
      await expect(openArchive(path)).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
    }
  });

  it('a bomb', async () => {
    const path = join(directory, 'archive');
    const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 9 });
    const start = gzipSync(tarEntry({ path: `blobs/sha256/${'b'.repeat(64)}`, size: '120000000000' }));
    await writeFile(path, Buffer.concat([start, ...Array.from({ length: 160 }, () => zeros)]));
    const before = process.memoryUsage().rss;
    await expect(openArchive(path)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:ARCHIVE_INVALID|DECOMPRESS_TOO_LARGE)$/) });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });
});

describe('openArchive, of a bundle with one bad archive,', () => {
  const second = twoPlatforms('team/other:v1');
  const others = [...second.files].filter(([file, content]) => file.startsWith('blobs/') && !content.includes('schemaVersion'));
  for (const [name, make] of Object.entries(CASES).filter(([name]) => !OF_BUNDLES.has(name))) {
    for (const packed of [false, true]) {
      it(`has the others: ${name}${packed ? ', compressed' : ''}`, async () => {
        const path = join(directory, 'bundle');
        const bad = packed
          ? { path: 'bundle/bad@v1.tgz', content: gzipSync(make(), { level: 1 }) }
          : { path: 'bundle/bad@v1.tar', content: make() };
        const bytes = tarArchive(tarEntry(bad), tarEntry({ path: 'bundle/team&other@v1.tar', content: second.tar() }));
        await writeFile(path, gzipSync(bytes, { level: 1 }));
        const keeper = sink();
        const source = await openArchive(path, { sink: keeper });
        expect(source.images.map(({ reference }) => reference)).toEqual([{ host: undefined, repository: 'team/other', tag: 'v1' }]);
        expect(source.problems).toMatchObject([{ what: bad.path }]);
        expect([...keeper.open]).toEqual([]);
        expect([...keeper.kept].sort()).toEqual(others.map(([file]) => file.slice(6).replace('/', ':')).sort());
      });
    }
  }

  it('refuses all where the bundle itself is cut short', async () => {
    const path = join(directory, 'bundle');
    const bytes = tarArchive(tarEntry({ path: 'a@v1.tar', content: second.tar() }), tarEntry({ path: 'b@v1.tar', content: good.tar() }));
    for (const cut of [bytes.subarray(0, -2000), bytes.subarray(0, second.tar().length + 512), gzipSync(bytes).subarray(0, -100)]) {
      await writeFile(path, cut);
      await expect(openArchive(path)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:ARCHIVE_INVALID|DECOMPRESS_FAILED)$/) });
    }
  });
});
