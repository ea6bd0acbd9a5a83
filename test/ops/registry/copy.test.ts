import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArchive } from '../../../src/oci/archive/open-archive.ts';
import { copyImage, exportImage } from '../../../src/ops/registry/copy.ts';
import { Layout, twoPlatforms } from '../../oci/archive/layouts.ts';
import { type EmbeddedWorkplace, openEmbedded, registrySettings } from './embedded-workplace.ts';

describe('ops/registry/copy', () => {
  let workplace: EmbeddedWorkplace;

  beforeEach(async () => {
    workplace = await openEmbedded('http: { retries: 0 }\n');
  });
  afterEach(() => workplace.close());

  const copy = (from: string, to: string) => copyImage(from, to, workplace.context, registrySettings(workplace.root));
  const exported = (from: string, file: string) => exportImage(from, file, workplace.context, registrySettings(workplace.root));

  it('copies within the embedded registry, with what refers to the image, under the tag of the source where none is named', async () => {
    const { push, registry } = workplace;
    const image = await push.image('team/app', ['layer'], 'v1');
    const signature = await push.image('team/app', ['signature'], undefined, { subject: image });
    const report = await copy('team/app:v1', 'other/app');
    expect(report.images).toMatchObject([
      { status: 'seeded', destination: 'other/app:v1', digest: image.digest, manifests: 2, sent: 0, mounted: 4 },
    ]);
    expect(registry.manifest('other/app', 'v1')?.digest).toBe(image.digest);
    expect(registry.manifest('other/app', signature.digest)).toBeDefined();
    expect((await copy('team/app:v1', 'other/app')).images).toMatchObject([{ status: 'unchanged' }]);
    expect((await copy(`team/app@${image.digest}`, 'other/app:v2')).images).toMatchObject([{ destination: 'other/app:v2' }]);
    expect((await copy(`team/app@${image.digest}`, 'third')).images).toMatchObject([{ destination: `third@${image.digest}` }]);
  });

  it('copies out of an archive, of one image only', async () => {
    writeFileSync(join(workplace.root, 'one.tar'), twoPlatforms('team/app:v1').tar());
    expect((await copy('oci-archive:one.tar', 'app:v1')).images).toMatchObject([{ status: 'seeded', destination: 'app:v1', manifests: 3 }]);
    const layout = new Layout();
    const named = (name: string) => layout.image([name], { annotations: { 'org.opencontainers.image.ref.name': name } });
    writeFileSync(join(workplace.root, 'two.tar'), layout.done([named('a:1'), named('b:2')]).tar());
    await expect(copy('oci-archive:two.tar', 'app:v1')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('a:1, b:2'),
    });
  });

  it('refuses what is not there, another digest than that of the source, and names that nothing can have', async () => {
    const { digest } = await workplace.push.image('team/app', ['layer'], 'v1');
    await expect(copy('team/none:v1', 'app')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
    await expect(copy('team/app', 'app')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN', message: expect.stringContaining('team/app') });
    await expect(copy('team/app:v1', `app@sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(digest),
    });
    await expect(copy('team/app:v1', 'App:v1')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    await expect(copy('oci-archive:none.tar', 'app')).rejects.toMatchObject({ code: 'FILE_MISSING' });
    const { images } = await copy('team/app:v1', 'http://127.0.0.1:1/app');
    expect(images).toMatchObject([{ status: 'failed', error: { code: 'FETCH_FAILED' } }]);
  });

  it('writes an archive that is the image, in place of one that is there', async () => {
    const { push, root } = workplace;
    const members = [await push.image('team/app', ['amd']), await push.image('team/app', ['arm'])];
    const image = await push.index('team/app', members, 'v1');
    writeFileSync(join(root, 'app.tar'), 'before');
    expect(await exported('team/app:v1', 'app.tar')).toEqual({ image: 'team/app:v1', digest: image.digest, file: join(root, 'app.tar') });
    const source = await openArchive(join(root, 'app.tar'), { signal: new AbortController().signal });
    expect(source.images.map((one) => one.root.digest)).toEqual([image.digest]);
    await source.close();
    expect(readdirSync(root).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('leaves what is there when it cannot write it all, and says which file cannot be written', async () => {
    const { push, root, context } = workplace;
    const { digest } = await push.image('team/app', ['layer', 'lost'], 'v1');
    const lost = context.catalogue.registry.blobs('team/app', { limit: 10 }).find(({ size }) => size === 4);
    await context.blobs.delete(lost?.sha256 ?? '');
    writeFileSync(join(root, 'app.tar'), 'before');
    await expect(exported('team/app:v1', 'app.tar')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    expect(readFileSync(join(root, 'app.tar'), 'utf8')).toBe('before');
    await push.blob('team/app', 'lost');
    mkdirSync(join(root, 'folder'));
    for (const file of ['none/app.tar', 'folder'])
      await expect(exported(`team/app@${digest}`, file)).rejects.toMatchObject({
        code: 'STORAGE',
        hint: expect.stringContaining('Name a file'),
      });
    workplace.abort();
    await expect(exported('team/app:v1', 'new.tar')).rejects.toMatchObject({ code: 'ABORTED' });
    expect(existsSync(join(root, 'new.tar'))).toBe(false);
    expect(readdirSync(root).filter((name) => name.includes('.part'))).toEqual([]);
  });
});
