import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListSettings, listImages } from '../../../src/ops/registry/list.ts';
import { twoPlatforms } from '../../oci/archive/layouts.ts';
import { type EmbeddedWorkplace, openEmbedded, registrySettings } from './embedded-workplace.ts';

describe('ops/registry/list', () => {
  let workplace: EmbeddedWorkplace;

  beforeEach(async () => {
    workplace = await openEmbedded('http: { retries: 0 }\n');
  });
  afterEach(() => workplace.close());

  const list = (sources: readonly string[] = [], more: Partial<ListSettings> = {}) =>
    listImages(sources, workplace.context, { ...registrySettings(workplace.root), configured: false, digests: false, ...more });
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(workplace.root, name), content);

  it('lists every tag of the embedded registry, and one that is damaged as that', async () => {
    const { push, context } = workplace;
    expect(await list()).toEqual([]);
    const image = await push.image('team/app', ['layer'], 'v1');
    await push.image('team/app', ['layer'], 'v2');
    const index = await push.index('other', [await push.image('other', ['x'])], 'v1');
    const listed = await list();
    expect(listed.map((one) => [one.image, one.digest, one.platforms])).toEqual([
      ['other:v1', index.digest, []],
      ['team/app:v1', image.digest, ['linux/amd64']],
      ['team/app:v2', image.digest, ['linux/amd64']],
    ]);
    for (const { sha256 } of context.catalogue.registry.blobs('team/app', { limit: 10 })) await context.blobs.delete(sha256);
    expect((await list()).map(({ error }) => error?.code)).toEqual([undefined, 'BLOB_MISSING', 'BLOB_MISSING']);
    expect(workplace.events.filter(({ type }) => type === 'failed')).toHaveLength(2);
  });

  it('names what a list names without asking anybody, and asks where digests are wanted', async () => {
    write('images.txt', '127.0.0.1:1/team/app:v1\n127.0.0.1:1/team/other:v2\n');
    expect(await list(['images.txt'])).toEqual([
      { image: '127.0.0.1:1/team/app:v1', source: 'images.txt' },
      { image: '127.0.0.1:1/team/other:v2', source: 'images.txt' },
    ]);
    write('bad.txt', 'quay.io/team/app:v1\nNot an image\n');
    expect((await list(['bad.txt'])).map(({ image, error }) => [image, error?.code])).toEqual([
      ['bad.txt:2', 'LIST_INVALID'],
      ['quay.io/team/app:v1', undefined],
    ]);
    const asked = await list(['images.txt'], { digests: true });
    expect(asked.map(({ error }) => error?.code)).toEqual(['FETCH_FAILED', 'FETCH_FAILED']);
  });

  it('lists what is in archives, and says what in them is no image', async () => {
    mkdirSync(join(workplace.root, 'bundle'));
    write('bundle/team&app@v1.tar', twoPlatforms('anything:1').tar());
    write('bundle/Not & right@1.tar', 'x');
    const [problem, image] = await list(['bundle']);
    expect(problem).toMatchObject({ image: 'Not & right@1.tar', error: { code: 'ARCHIVE_INVALID' } });
    expect(image).toMatchObject({ image: 'team/app:v1', source: 'bundle', platforms: ['linux/amd64', 'linux/arm64'] });
    expect(workplace.context.catalogue.registry.allRepositories({ limit: 1 })).toEqual([]);
  });

  it('goes on with the others after a source that cannot be read', async () => {
    write('one.tar', twoPlatforms('team/app:v1').tar());
    write('bad.yaml', 'images: [\n');
    const listed = await list(['none.tar', 'bad.yaml', 'one.tar']);
    expect(listed.map(({ image, error }) => [image, error?.code])).toEqual([
      ['none.tar', 'FILE_MISSING'],
      ['bad.yaml', 'LIST_INVALID'],
      ['team/app:v1', undefined],
    ]);
    workplace.abort();
    await expect(list(['one.tar'])).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('shows what is at a tag made of a digest as an artifact', async () => {
    const { push } = workplace;
    const image = await push.image('team/app', ['layer'], 'v1');
    await push.image('team/app', ['signature'], `${image.digest.replace(':', '-')}.sig`);
    expect((await list()).map(({ kind }) => kind)).toEqual(['artifact', 'image']);
  });
});

describe('ops/registry/list of the configuration', () => {
  it('names what is seeded without sources, and asks nobody', async () => {
    const workplace = await openEmbedded(
      'registry: { images: ["quay.invalid/team/app:v1", { image: quay.invalid/other, tags: "v1.*" }], charts: ["oci://quay.invalid/chart:1.0.0"] }\n',
    );
    try {
      const listed = await listImages([], workplace.context, { ...registrySettings(workplace.root), configured: true, digests: false });
      expect(listed.map(({ image, error }) => [image, error])).toEqual([
        ['quay.invalid/team/app:v1', undefined],
        ['quay.invalid/other (v1.*)', undefined],
        ['oci://quay.invalid/chart:1.0.0', undefined],
      ]);
    } finally {
      await workplace.close();
    }
  });
});
