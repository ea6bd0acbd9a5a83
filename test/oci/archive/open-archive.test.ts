import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../../src/codec/decompress.ts';
import { MirrorError } from '../../../src/core/errors.ts';
import { openArchive } from '../../../src/oci/archive/open-archive.ts';
import type { ImageContent, ImageSource } from '../../../src/oci/content.ts';
import type { Descriptor } from '../../../src/oci/format/descriptor.ts';
import { digestOf, hasDigest } from '../../../src/oci/format/digest.ts';
import { parseManifest } from '../../../src/oci/format/manifest.ts';
import { isManifestType } from '../../../src/oci/format/media-types.ts';
import { formatReference, parseReference } from '../../../src/oci/format/reference.ts';
import { tarArchive, tarEntry } from '../../codec/tar-archive.ts';
import { LAYER_TYPE, Layout, MANIFEST_TYPE, tarOf, twoPlatforms } from './layouts.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archives-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

async function tree(name: string, files: Iterable<readonly [string, Uint8Array]>): Promise<string> {
  for (const [path, bytes] of files) await file(join(name, path), bytes);
  return join(directory, name);
}

const REF = 'org.opencontainers.image.ref.name';
const CONTAINERD = 'io.containerd.image.name';
const names = (source: ImageSource): string[] => source.images.map(({ reference }) => formatReference(reference)).sort();

/** All that a root leads to, read and compared with its digest. Gives how many blobs there are. */
async function readAll(content: ImageContent, root: Descriptor): Promise<number> {
  if (!isManifestType(root.mediaType)) {
    const bytes = await collect(content.blob(root, 0), root.size, 'a blob');
    expect(hasDigest(bytes, root.digest)).toBe(true);
    return 1;
  }
  const bytes = await content.manifest(root);
  expect(hasDigest(bytes, root.digest)).toBe(true);
  const { manifests, layers, config } = parseManifest(bytes, root.mediaType, 'it');
  const counts = [];
  for (const child of [...manifests, ...layers, ...(config === undefined ? [] : [config])]) counts.push(await readAll(content, child));
  return counts.reduce((sum, count) => sum + count, 0);
}

const large = Buffer.alloc(3_000_000, 'a large layer ');
const single = (name: string): Layout => {
  const layout = new Layout();
  return layout.done([layout.image([large, 'small'], { annotations: { [REF]: name } })]);
};

describe('openArchive', () => {
  it('reads an archive, compressed or not, by what is in it and not by its name', async () => {
    const tar = single('team/app:v1').tar();
    for (const bytes of [tar, gzipSync(tar), zstdCompressSync(tar)]) {
      const source = await openArchive(await file('archive', bytes));
      expect(names(source)).toEqual(['team/app:v1']);
      expect(source.problems).toEqual([]);
      await source.close();
    }
  });

  it('gives any part of any blob, many at a time, of a file and of a directory', async () => {
    const layout = single('team/app:v1');
    const bundle = tarArchive(tarEntry({ path: './bundle/team&app@v1.tar', content: layout.tar() }));
    for (const path of [await file('archive', layout.tar()), await file('bundle', bundle), await tree('layout', layout.files)]) {
      const source = await openArchive(path);
      expect(source.stream).toBeUndefined();
      const [image] = source.images;
      if (image === undefined) throw new Error('no image');
      expect(await readAll(image.content, image.root)).toBe(3);
      const layer = { mediaType: LAYER_TYPE, digest: digestOf(large), size: large.length };
      const starts = [0, 1, 1_000_000, large.length - 1, large.length];
      const parts = await Promise.all(starts.map((start) => collect(image.content.blob(layer, start), large.length, 'a layer')));
      expect(parts.map((part, index) => part.equals(large.subarray(starts[index])))).toEqual(starts.map(() => true));
    }
  });

  it('gives the blobs of a compressed one in their order, each once, and small ones at any time', async () => {
    const bundle = tarArchive(
      tarEntry({ path: 'bundle/a@v1.tar', content: single('x').tar() }),
      tarEntry({ path: 'bundle/b@v1.tar.gz', content: gzipSync(single('y').tar()) }),
      tarEntry({ path: 'bundle/c@v1.tar', content: twoPlatforms('z').tar() }),
    );
    for (const path of [await file('bundle.tar.gz', gzipSync(bundle)), await file('bundle.tar', bundle)]) {
      const source = await openArchive(path);
      const given: string[] = [];
      for await (const { digest, size, content } of source.stream?.(() => true) ?? []) {
        const bytes = await collect(content, size, 'a blob');
        expect(digestOf(bytes)).toBe(digest);
        given.push(digest);
      }
      expect(new Set(given).size).toBe(given.length);
      expect(given).toContain(digestOf(large));
      expect(given.length).toBeGreaterThan(7);
      const only: string[] = [];
      for await (const { digest } of source.stream?.((digest) => digest === digestOf(large)) ?? []) only.push(digest);
      expect(only).toEqual([digestOf(large)]);
      const image = source.images.find(({ reference }) => reference.repository === 'c');
      if (image === undefined) throw new Error('no image');
      expect(await readAll(image.content, image.root)).toBe(6);
    }
  });

  it('has the whole of a bundle with problems: names that do not decode, strangers, links', async () => {
    const tar = single('x').tar();
    const files: [string, Buffer][] = [
      ['bundle/README.md', Buffer.from('x')],
      ['bundle/SHA256SUMS', Buffer.from('x')],
      ['bundle/a&b&c@v1.tar', tar],
      ['bundle/deep/d@v1.2.3.tgz', gzipSync(tar)],
      ['bundle/app.tar', tar],
      ['bundle/a@b@c.tar', tar],
      ['bundle/Upper@v1.tar', tar],
      ['bundle/e@v1.zip', Buffer.from('x')],
      ['bundle/f@v1.tar', Buffer.from('no archive')],
    ];
    const path = await tree('bundle-directory', files);
    await symlink('a&b&c@v1.tar', join(path, 'bundle/g@v1.tar'));
    for (const source of [await openArchive(path), await openArchive(await file('bundle.tar.gz', gzipSync(tarOf(files))))]) {
      expect(names(source)).toEqual(['a/b/c:v1', 'd:v1.2.3']);
      const problems = source.problems.map(({ what }) => what).sort();
      const expected = ['bundle/Upper@v1.tar', 'bundle/a@b@c.tar', 'bundle/app.tar', 'bundle/e@v1.zip', 'bundle/f@v1.tar'];
      expect(problems.filter((what) => what !== 'bundle/g@v1.tar')).toEqual(expected);
      if (source.name === path) expect(source.problems).toContainEqual({ what: 'bundle/g@v1.tar', reason: 'it is a link' });
    }
  });

  it('names images by annotations, then by the file, then as it is told', async () => {
    const layout = new Layout();
    const [a, b, c] = [layout.image(['a']), layout.image(['b']), layout.image(['c'])];
    layout.done([
      { ...a, annotations: { [REF]: 'latest', [CONTAINERD]: 'docker.io/library/nginx:latest' } },
      { ...b, annotations: { [REF]: 'v2' } },
      c,
    ]);
    const path = await file('several.tar', layout.tar());
    const source = await openArchive(path);
    expect(names(source)).toEqual(['docker.io/library/nginx:latest']);
    expect(source.problems).toEqual([
      { what: 'v2', reason: expect.stringContaining('write the repository') },
      { what: c.digest, reason: expect.stringContaining('does not name') },
    ]);
    expect(names(await openArchive(path, { name: parseReference('team/app') }))).toEqual(['docker.io/library/nginx:latest', 'team/app:v2']);
    const nameless = new Layout();
    nameless.done([nameless.image(['a'])]);
    expect((await openArchive(await file('nameless.tar', nameless.tar()))).images).toEqual([]);
    expect(names(await openArchive(await file('team&app@v3.tar', nameless.tar())))).toEqual(['team/app:v3']);
    expect(names(await openArchive(join(directory, 'nameless.tar'), { name: parseReference('team/app:v4') }))).toEqual(['team/app:v4']);
    expect(names(await openArchive(join(directory, 'team&app@v3.tar'), { name: parseReference('h.example/x:v5') }))).toEqual([
      'h.example/x:v5',
    ]);
  });

  it('lists an image with missing blobs, and tells what is missing', async () => {
    const layout = twoPlatforms('team/app:v1');
    const blobs = [...layout.files.keys()].filter(
      (name) => name.startsWith('blobs/') && !layout.files.get(name)?.includes('schemaVersion'),
    );
    const [gone = ''] = blobs;
    layout.files.delete(gone);
    const source = await openArchive(await file('incomplete.tar', layout.tar()));
    const [image] = source.images;
    if (image === undefined) throw new Error('no image');
    expect(await image.content.has(gone.slice(6).replace('/', ':'))).toBe(false);
    expect(await image.content.has((blobs[1] ?? '').slice(6).replace('/', ':'))).toBe(true);
    const missing = { mediaType: LAYER_TYPE, digest: gone.slice(6).replace('/', ':'), size: 1 };
    await expect(collect(image.content.blob(missing, 0), 10, 'x')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(image.content.manifest(missing)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });

  it("finds what refers to an image: by its subject, by cosign's tags, and as hauler writes it", async () => {
    const layout = new Layout();
    const image = layout.image(['a']);
    const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json');
    const attached = (text: string, more: object = {}): ReturnType<Layout['image']> =>
      layout.blob(
        { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layout.blob(text, 'text/plain')], ...more },
        MANIFEST_TYPE,
      );
    const sbom = attached('sbom', { artifactType: 'text/spdx', subject: image, annotations: { made: 'today' } });
    const signature = attached('signature');
    const attestation = attached('attestation');
    const named = { [REF]: 'team/app:v1', [CONTAINERD]: 'h.example/team/app:v1' };
    layout.done([
      { ...image, annotations: { ...named, kind: 'dev.cosignproject.cosign/image' } },
      sbom,
      { ...signature, annotations: { ...named, kind: 'dev.cosignproject.cosign/sigs' } },
      { ...attestation, annotations: { [REF]: `${image.digest.replace(':', '-')}.att` } },
    ]);
    const source = await openArchive(await file('attached.tar.zst', zstdCompressSync(layout.tar())));
    expect(names(source)).toEqual(['h.example/team/app:v1']);
    expect(source.problems).toEqual([]);
    const [found] = source.images;
    expect(await found?.content.referrers(image.digest)).toEqual([{ ...sbom, artifactType: 'text/spdx', annotations: { made: 'today' } }]);
    const tag = image.digest.replace(':', '-');
    expect(await found?.content.tagged(`${tag}.sig`)).toMatchObject({ digest: signature.digest });
    expect(await found?.content.tagged(`${tag}.att`)).toMatchObject({ digest: attestation.digest });
    expect(await found?.content.tagged(`${tag}.sbom`)).toBeUndefined();
    expect(found === undefined ? 0 : await readAll(found.content, signature)).toBe(2);
  });

  it('reads an archive of docker save, whose layers may be links, and makes the same manifest each time', async () => {
    const layers = [Buffer.from('lower'), large];
    const diffIds = layers.map((layer) => digestOf(layer));
    const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: diffIds } }));
    const hex = digestOf(config).slice(7);
    const manifest = [{ Config: `${hex}.json`, RepoTags: ['team/app:v1', 'h.example/app:v2'], Layers: ['1/layer.tar', '2/layer.tar'] }];
    const bytes = tarArchive(
      tarEntry({ path: '1/layer.tar', content: layers[0] ?? '' }),
      tarEntry({ path: '2/layer.tar', type: '2', target: '../upper.tar' }),
      tarEntry({ path: `${hex}.json`, content: config }),
      tarEntry({ path: 'manifest.json', content: JSON.stringify(manifest) }),
      tarEntry({ path: 'upper.tar', content: large }),
    );
    const roots = new Set<string>();
    for (const path of [await file('saved.tar', bytes), await file('saved.tar.gz', gzipSync(bytes))]) {
      const source = await openArchive(path);
      expect(names(source)).toEqual(['h.example/app:v2', 'team/app:v1']);
      for (const { root } of source.images) roots.add(root.digest);
      const [image] = source.images;
      if (image === undefined) throw new Error('no image');
      const read = parseManifest(await image.content.manifest(image.root), image.root.mediaType, 'it');
      expect(read.config?.digest).toBe(digestOf(config));
      expect(read.layers.map(({ digest }) => digest)).toEqual(diffIds);
      if (source.stream === undefined) expect(await readAll(image.content, image.root)).toBe(3);
      else {
        const streamed: string[] = [];
        for await (const { digest, size, content } of source.stream((digest) => diffIds.includes(digest))) {
          expect(digestOf(await collect(content, size, 'it'))).toBe(digest);
          streamed.push(digest);
        }
        expect(streamed.sort()).toEqual([...diffIds].sort());
      }
    }
    expect(roots.size).toBe(1);
  });

  it('reads what docker saves since version 25 as the OCI layout that it is, too', async () => {
    const layout = single('latest');
    const [entry] = (JSON.parse(String(layout.files.get('index.json'))) as { manifests: { digest: string; annotations: object }[] })
      .manifests;
    if (entry === undefined) throw new Error('no entry');
    layout.done([{ ...entry, annotations: { ...entry.annotations, [CONTAINERD]: 'docker.io/library/app:latest' } }]);
    const saved = [{ Config: 'blobs/sha256/x', RepoTags: ['app:latest'], Layers: ['blobs/sha256/y'] }];
    layout.files.set('manifest.json', Buffer.from(JSON.stringify(saved)));
    layout.files.set('repositories', Buffer.from('{"app":{"latest":"x"}}'));
    const source = await openArchive(await file('saved-25.tar', layout.tar()));
    expect(names(source)).toEqual(['docker.io/library/app:latest']);
    expect(source.images[0]?.root.digest).toBe(entry.digest);
  });

  it('gives a sink every blob of every image once, and no manifest', async () => {
    const bundle = tarArchive(
      tarEntry({ path: 'a@v1.tar', content: single('x').tar() }),
      tarEntry({ path: 'b@v1.tar', content: twoPlatforms('y').tar() }),
      tarEntry({ path: 'c@v1.tar', content: single('z').tar() }),
    );
    const kept = new Map<string, Buffer>();
    const dropped: string[] = [];
    await openArchive(await file('bundle.tar.gz', gzipSync(bundle)), {
      platforms: [{ os: 'linux', architecture: 'arm64' }],
      sink: {
        begin(digest) {
          const pieces: Buffer[] = [];
          return {
            async write(chunk) {
              pieces.push(Buffer.from(chunk));
            },
            async complete() {
              expect(kept.has(digest)).toBe(false);
              kept.set(digest, Buffer.concat(pieces));
            },
            async drop() {
              dropped.push(digest);
            },
          };
        },
      },
    });
    expect([...kept].every(([digest, bytes]) => digestOf(bytes) === digest)).toBe(true);
    const texts = [...kept.values()].map((bytes) => bytes.toString());
    expect(texts).toContain(large.toString());
    expect(texts).toContain('y arm64');
    expect(texts).not.toContain('y amd64');
    expect(texts.some((text) => text.includes('schemaVersion'))).toBe(false);
  });

  it('ends when the sink cannot take any more: that is no problem of an archive', async () => {
    const bundle = tarArchive(...['a', 'b'].map((name) => tarEntry({ path: `${name}@v1.tar`, content: single(name).tar() })));
    const open = new Set<string>();
    let bytes = 0;
    const source = openArchive(await file('bundle.tar.gz', gzipSync(bundle)), {
      sink: {
        begin(digest) {
          open.add(digest);
          const drop = async (): Promise<void> => void open.delete(digest);
          return {
            async write(chunk) {
              bytes += chunk.length;
              if (bytes > 1_000_000) throw new MirrorError('STORAGE_FULL', 'the disk is full');
            },
            complete: drop,
            drop,
          };
        },
      },
    });
    await expect(source).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect([...open]).toEqual([]);
  });

  it('ends where it is told to', async () => {
    const path = await file('archive', single('team/app:v1').tar());
    const stop = new AbortController();
    stop.abort();
    await expect(openArchive(path, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(openArchive(join(directory, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
    let read = 0;
    await openArchive(path, {
      onRead: (bytes) => {
        read += bytes;
      },
    });
    expect(read).toBe(single('team/app:v1').tar().length);
  });

  it('follows no link in a directory', async () => {
    const layout = single('team/app:v1');
    const [blob = ''] = [...layout.files.keys()].filter((name) => name.startsWith('blobs/'));
    const outside = await file('outside', layout.files.get(blob) ?? Buffer.alloc(0));
    layout.files.delete(blob);
    const path = await tree('linked', layout.files);
    await symlink(outside, join(path, blob));
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringContaining('is a link') });
    const elsewhere = await tree('elsewhere', [['x@v1.tar', layout.tar()]]);
    const bundle = await tree('bundle-with-link', [['a@v1.tar', layout.tar()]]);
    await symlink(elsewhere, join(bundle, 'more'));
    const source = await openArchive(bundle);
    expect(names(source)).toEqual(['a:v1']);
    expect(source.problems).toMatchObject([{ what: 'more' }]);
  });
});
