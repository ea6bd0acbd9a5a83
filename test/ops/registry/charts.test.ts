import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import type { ChartEntry } from '../../../src/oci/format/image-list.ts';
import { chartFileImage, imagesOfChart } from '../../../src/ops/registry/charts.ts';
import { packedChart } from '../../oci/format/chart/packed-chart.ts';
import { makeContent, sourceImage } from '../../oci/seed/memory.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';

const ARM = { os: 'linux', architecture: 'arm64' };
const ENTRY: ChartEntry = { kind: 'chart', where: 'charts[0]', chart: { file: 'app.tgz' }, platforms: [ARM], withImages: true };

async function packed(values: string): Promise<string> {
  const path = join(await temporaryDirectory(), 'app.tgz');
  writeFileSync(path, packedChart('app', { 'Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.2.3+build\n', 'values.yaml': values }));
  return path;
}

describe('ops/registry/charts', () => {
  it('makes of a file what helm push would, with blobs that are what they are called', async () => {
    const { reference, root, content } = await chartFileImage(await packed(''));
    expect(reference).toEqual({ host: undefined, repository: 'app', tag: '1.2.3_build' });
    const bytes = await content.manifest(root);
    expect(digestOf(bytes)).toBe(root.digest);
    const { config, layers } = JSON.parse(bytes.toString()) as { config: typeof root; layers: (typeof root)[] };
    for (const blob of [config, ...layers]) {
      const pieces: Buffer[] = [];
      for await (const piece of content.blob(blob, 2)) pieces.push(piece);
      expect(Buffer.concat(pieces)).toHaveLength(blob.size - 2);
      expect(await content.has(blob.digest)).toBe(true);
    }
    expect(await content.has(root.digest)).toBe(false);
    expect([await content.referrers(root.digest), await content.tagged('x')]).toEqual([[], undefined]);
  });

  it('finds the images that it names, for the platforms of its entry', async () => {
    const image = await chartFileImage(await packed('image: { repository: quay.io/team/app, tag: "3.0" }\n'));
    const found = await imagesOfChart(image, ENTRY);
    expect(found?.entries).toMatchObject([
      {
        kind: 'image',
        reference: { host: 'quay.io', repository: 'team/app', tag: '3.0' },
        platforms: [ARM],
        where: expect.stringContaining('charts[0]: '),
      },
    ]);
    expect(found?.entries[0]).not.toHaveProperty('verify');
  });

  it('tells an image that is no chart, and refuses a chart that is too large before it is read', async () => {
    const made = makeContent();
    expect(await imagesOfChart(sourceImage('app:v1', made.image(['x']), made.content), ENTRY)).toBeUndefined();
    const layer = { ...made.blob('x', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'), size: 2 ** 33 };
    const root = made.image([], { config: made.blob('{}', 'application/vnd.cncf.helm.config.v1+json'), layers: [layer] });
    await expect(imagesOfChart(sourceImage('app:v1', root, made.content), ENTRY)).rejects.toMatchObject({ code: 'LIST_INVALID' });
    expect(made.read).toEqual([]);
  });

  it('says which file is missing', async () => {
    await expect(chartFileImage('/none/app.tgz')).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: expect.stringContaining('/none/app.tgz'),
    });
  });
});
