import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '../../../src/codec/decompress.ts';
import { openArchive } from '../../../src/oci/archive/open-archive.ts';
import { writeOciArchive } from '../../../src/oci/archive/write-archive.ts';
import type { ImageSource, SourceImage } from '../../../src/oci/content.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { type Manifest, parseManifest } from '../../../src/oci/format/manifest.ts';
import { formatReference, parseReference } from '../../../src/oci/format/reference.ts';
import { describeWithTools, MAKE_BUNDLE } from '../../support/requirements.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'clients-'));
});
afterAll(() => rm(directory, { recursive: true }));

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

function only(source: ImageSource): SourceImage {
  expect(source.problems).toEqual([]);
  const [image, ...more] = source.images;
  if (image === undefined || more.length > 0) throw new Error(`there are ${source.images.length} images`);
  return image;
}

async function manifestOf({ root, content }: SourceImage): Promise<Manifest> {
  return parseManifest(await content.manifest(root), root.mediaType, 'it');
}

async function write(image: SourceImage, name: string): Promise<string> {
  const path = join(directory, name);
  await pipeline(writeOciArchive(image), createWriteStream(path));
  return path;
}

describeWithTools(['skopeo', 'umoci'], 'openArchive and what skopeo and umoci make', () => {
  let digest: string;
  let configDigest: string;
  beforeAll(async () => {
    await mkdir(join(directory, 'tree/etc'), { recursive: true });
    await writeFile(join(directory, 'tree/etc/hosts'), 'a file\n');
    await writeFile(join(directory, 'large'), randomBytes(300_000));
    run('umoci', 'init', '--layout', 'layout');
    run('umoci', 'new', '--image', 'layout:v1');
    run('umoci', 'insert', '--image', 'layout:v1', 'large', '/large');
    run('umoci', 'insert', '--image', 'layout:v1', 'tree/etc', '/etc');
    const inspected: unknown = JSON.parse(run('skopeo', 'inspect', 'oci:layout:v1'));
    digest = digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', 'oci:layout:v1')));
    configDigest = digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', '--config', 'oci:layout:v1')));
    expect(inspected).toMatchObject({ Layers: [expect.any(String), expect.any(String)] });
  });

  it('has the same digest from an OCI layout, an oci-archive, named or not, and a directory of dir:', async () => {
    run('skopeo', 'copy', '-q', 'oci:layout:v1', 'oci-archive:team&app@v1.tar');
    run('skopeo', 'copy', '-q', 'oci:layout:v1', 'oci-archive:named:team/app:v1');
    run('skopeo', 'copy', '-q', 'oci:layout:v1', 'dir:directory');
    const name = parseReference('team/app:v1');
    const sources = [
      await openArchive(join(directory, 'layout'), { name }),
      await openArchive(join(directory, 'team&app@v1.tar')),
      await openArchive(join(directory, 'named')),
      await openArchive(join(directory, 'directory'), { name }),
    ];
    for (const source of sources) {
      const image = only(source);
      expect(formatReference(image.reference)).toBe('team/app:v1');
      expect(image.root.digest).toBe(digest);
      for (const layer of (await manifestOf(image)).layers) {
        expect(digestOf(await collect(image.content.blob(layer, 0), layer.size, 'a layer'))).toBe(layer.digest);
      }
    }
  });

  it('keeps the bytes of a docker manifest', async () => {
    run('skopeo', 'copy', '-q', '--format', 'v2s2', 'oci:layout:v1', 'dir:docker');
    const raw = Buffer.from(run('skopeo', 'inspect', '--raw', 'dir:docker'));
    const image = only(await openArchive(join(directory, 'docker'), { name: parseReference('team/app:v1') }));
    expect(image.root).toEqual({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      digest: digestOf(raw),
      size: raw.length,
    });
    const again = only(await openArchive(await write(image, 'docker.tar')));
    expect(again.root.digest).toBe(digestOf(raw));
    run('skopeo', 'copy', '-q', 'oci-archive:docker.tar', 'dir:docker-again');
    expect(digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', '--config', 'dir:docker-again')))).toBe(configDigest);
  });

  it('makes of a docker-archive an image with the same ID, which skopeo reads', async () => {
    run('skopeo', 'copy', '-q', 'oci:layout:v1', 'docker-archive:saved.tar:team/app:v1');
    const image = only(await openArchive(join(directory, 'saved.tar')));
    expect(formatReference(image.reference)).toBe('docker.io/team/app:v1');
    const manifest = await manifestOf(image);
    expect(manifest.config?.digest).toBe(configDigest);
    const path = join(directory, 'made');
    await mkdir(path);
    await writeFile(join(path, 'version'), 'Directory Transport Version: 1.1\n');
    await writeFile(join(path, 'manifest.json'), await image.content.manifest(image.root));
    for (const blob of [...manifest.layers, ...(manifest.config === undefined ? [] : [manifest.config])])
      await writeFile(join(path, blob.digest.slice(7)), image.content.blob(blob, 0));
    run('skopeo', 'copy', '-q', 'dir:made', 'docker-archive:again.tar:team/app:v1');
    const again = only(await openArchive(join(directory, 'again.tar')));
    expect(again.root.digest).toBe(image.root.digest);
    // It converts the config and compresses the layers, and has to unpack them to the same for that.
    run('skopeo', 'copy', '-q', 'dir:made', 'oci:made-layout:v1');
    expect(JSON.parse(run('skopeo', 'inspect', '--config', 'oci:made-layout:v1'))).toMatchObject({
      rootfs: { diff_ids: manifest.layers.map((layer) => layer.digest) },
    });
  });

  it('writes archives that skopeo reads, with the same digests', async () => {
    const image = only(await openArchive(join(directory, 'layout'), { name: parseReference('h.example:5000/team/app:v1') }));
    await write(image, 'written.tar');
    expect(digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', 'oci-archive:written.tar')))).toBe(digest);
    expect(digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', 'oci-archive:written.tar:h.example:5000/team/app:v1')))).toBe(digest);
    run('skopeo', 'copy', '-q', 'oci-archive:written.tar', 'oci:written:v1');
    expect(digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', 'oci:written:v1')))).toBe(digest);
    expect(run('tar', 'tf', 'written.tar').split('\n').slice(0, 4)).toEqual(['oci-layout', 'index.json', 'blobs/', 'blobs/sha256/']);
  });
});

describeWithTools(['make-bundle', 'skopeo'], "openArchive and a vendor's bundle", () => {
  it('reads it compressed, plain and as a directory, and has what skopeo has', async () => {
    run(MAKE_BUNDLE ?? '', '--images', '2', '--layers', '2', '--layer-bytes', '100000', '--out', 'bundle.tar.gz');
    run('sh', '-c', 'gunzip -k bundle.tar.gz && mkdir unpacked && tar xf bundle.tar -C unpacked');
    const raw = (name: string): string => digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', `oci-archive:unpacked/bundle/${name}`)));
    const expected = {
      'team/component0:v1.0.0': raw('team&component0@v1.0.0.tar'),
      'team/component1:v1.1.0': raw('team&component1@v1.1.0.tar'),
      'charts/chart0:0.0.0': raw('charts&chart0@0.0.0.tar'),
    };
    for (const name of ['bundle.tar.gz', 'bundle.tar', 'unpacked']) {
      const source = await openArchive(join(directory, name));
      expect(source.problems).toEqual([]);
      expect(Object.fromEntries(source.images.map(({ reference, root }) => [formatReference(reference), root.digest]))).toEqual(expected);
    }
  });

  it('writes an image of two platforms as skopeo reads it', async () => {
    const source = await openArchive(join(directory, 'bundle.tar'));
    const [image] = source.images;
    if (image === undefined) throw new Error('no image');
    await write(image, 'platforms.tar');
    run('skopeo', 'copy', '-q', '--all', 'oci-archive:platforms.tar', 'dir:platforms');
    expect(digestOf(Buffer.from(run('skopeo', 'inspect', '--raw', 'dir:platforms')))).toBe(image.root.digest);
    const again = only(await openArchive(join(directory, 'platforms'), { name: image.reference }));
    expect(again.root.digest).toBe(image.root.digest);
    for (const child of (await manifestOf(again)).manifests) {
      const { layers } = await manifestOf({ ...again, root: child });
      for (const layer of layers) expect(await again.content.has(layer.digest)).toBe(true);
    }
  });
});

describeWithTools(['podman', 'skopeo', 'umoci', 'root'], 'writeOciArchive and podman', () => {
  it('is loaded under its name', async () => {
    const image = only(await openArchive(join(directory, 'layout'), { name: parseReference('h.example/team/app:v1') }));
    const path = await write(image, 'podman.tar');
    const own = ['--root', join(directory, 'storage'), '--runroot', join(directory, 'run'), '--storage-driver', 'vfs'];
    expect(run('podman', ...own, 'load', '-q', '-i', path)).toContain('h.example/team/app:v1');
    const [configId = ''] = [(await manifestOf(image)).config?.digest.slice(7)];
    expect(run('podman', ...own, 'image', 'inspect', '--format', '{{.Id}}', 'h.example/team/app:v1').trim()).toBe(configId);
  });
});
