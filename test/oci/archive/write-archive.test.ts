import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../../src/oci/archive/open-archive.ts';
import { type WriteArchiveOptions, writeOciArchive } from '../../../src/oci/archive/write-archive.ts';
import type { ImageContent, SourceImage } from '../../../src/oci/content.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { formatReference, parseReference } from '../../../src/oci/format/reference.ts';
import { LAYER_TYPE, Layout, MANIFEST_TYPE, twoPlatforms } from './layouts.ts';

let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'written-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function opened(bytes: Buffer): Promise<SourceImage> {
  const path = join(directory, `archive-${count++}`);
  await writeFile(path, bytes);
  const source = await openArchive(path);
  expect(source.problems).toEqual([]);
  const [image] = source.images;
  if (image === undefined || source.images.length > 1) throw new Error(`there are ${source.images.length} images`);
  return image;
}

async function written(image: SourceImage, options?: WriteArchiveOptions): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeOciArchive(image, options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** An index of an index of images, with an SBOM by subject, a signature by cosign's tag, and a signature of the SBOM. */
function signed(): Layout {
  const layout = new Layout();
  const platform = { os: 'linux', architecture: 'amd64' };
  const root = layout.list([layout.list([layout.image(['a', 'b'])], { platform })]);
  const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json');
  const attached = (text: string, more: object = {}): ReturnType<Layout['image']> =>
    layout.blob({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layout.blob(text, 'text/plain')], ...more }, MANIFEST_TYPE);
  const { mediaType, digest, size } = root;
  const sbom = attached('sbom', { artifactType: 'text/spdx', subject: { mediaType, digest, size } });
  const tag = (subject: string): object => ({ annotations: { 'org.opencontainers.image.ref.name': `${subject.replace(':', '-')}.sig` } });
  return layout.done([
    { ...root, annotations: { 'org.opencontainers.image.ref.name': 'h.example:5000/team/app:v1' } },
    sbom,
    { ...attached('signature'), ...tag(root.digest) },
    { ...attached('signature of the SBOM'), ...tag(sbom.digest) },
  ]);
}

const blobs = (layout: Layout): string[] =>
  [...layout.files.keys()].filter((name) => name.startsWith('blobs/')).map((name) => name.slice(6).replace('/', ':'));

describe('writeOciArchive', () => {
  it('writes all platforms and nothing else, the same bytes each time', async () => {
    const layout = twoPlatforms('team/app:v1');
    const image = await opened(layout.tar());
    const bytes = await written(image);
    expect(await written(await opened(bytes))).toEqual(bytes);
    const again = await opened(bytes);
    expect(again.root.digest).toBe(image.root.digest);
    expect(formatReference(again.reference)).toBe('team/app:v1');
    for (const digest of blobs(layout)) expect(await again.content.has(digest)).toBe(true);
  });

  it('takes along what refers to the image where it is told to', async () => {
    const layout = signed();
    const image = await opened(layout.tar());
    const tag = `${image.root.digest.replace(':', '-')}.sig`;
    const alone = await opened(await written(image));
    expect(await alone.content.referrers(image.root.digest)).toEqual([]);
    expect(await alone.content.tagged(tag)).toBeUndefined();
    const bytes = await written(image, { referrers: true });
    const whole = await opened(bytes);
    for (const digest of blobs(layout)) expect(await whole.content.has(digest)).toBe(true);
    expect(await whole.content.referrers(image.root.digest)).toEqual(await image.content.referrers(image.root.digest));
    expect(await whole.content.tagged(tag)).toMatchObject({ digest: (await image.content.tagged(tag))?.digest });
    expect(await written(whole, { referrers: true })).toEqual(bytes);
  });

  it('leaves out layers that are not to be passed on and are not there, and no others', async () => {
    const layout = new Layout();
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: digestOf(Buffer.from('far')),
      size: 3,
    };
    const config = layout.blob('{}', 'application/vnd.docker.container.image.v1+json');
    const document = { schemaVersion: 2, config, layers: [foreign, layout.blob('near', LAYER_TYPE)] };
    layout.done([layout.blob(document, MANIFEST_TYPE, { annotations: { 'org.opencontainers.image.ref.name': 'team/app:v1' } })]);
    const image = await opened(await written(await opened(layout.tar())));
    expect(await image.content.has(foreign.digest)).toBe(false);
    layout.files.delete(`blobs/sha256/${digestOf(Buffer.from('near')).slice(7)}`);
    await expect(written(await opened(layout.tar()))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });

  it('refuses a source that gives other bytes than it promises', async () => {
    const good = await opened(twoPlatforms('team/app:v1').tar());
    const others = [Buffer.from('other'), Buffer.from('much more than there should be')];
    for (const bytes of others) {
      const content: ImageContent = {
        manifest: (descriptor) => good.content.manifest(descriptor),
        async *blob() {
          yield bytes;
        },
        has: (digest) => good.content.has(digest),
        referrers: (digest) => good.content.referrers(digest),
        tagged: (tag) => good.content.tagged(tag),
      };
      await expect(written({ reference: parseReference('a:b'), root: good.root, content })).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
      });
    }
  });
});
