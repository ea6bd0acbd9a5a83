import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pendingSources, readPlan, type SourceOptions } from '../../../src/ops/registry/open-sources.ts';
import { createRegistries } from '../../../src/ops/registry/registries.ts';
import { twoPlatforms } from '../../oci/archive/layouts.ts';
import { packedChart } from '../../oci/format/chart/packed-chart.ts';
import { openWorkplace, type Workplace } from '../operation-context.ts';

describe('ops/registry/open-sources', () => {
  let workplace: Workplace;

  beforeEach(async () => {
    workplace = await openWorkplace(
      'http: { retries: 0 }\nregistry: { images: [quay.io/team/app:v1], charts: [oci://quay.io/charts/app:1.0.0] }\n',
    );
  });
  afterEach(() => workplace.close());

  const pending = (texts: readonly string[], more: Partial<SourceOptions> = {}) => {
    const { context, root } = workplace;
    const registries = createRegistries(context, { allowedRealms: [], environment: {} });
    return pendingSources(texts, context, { registries, directory: root, platforms: [], ...more });
  };
  const one = (text: string, more: Partial<SourceOptions> = {}) => {
    const [source] = pending([text], more);
    if (source === undefined) throw new Error('no source');
    return source;
  };
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(workplace.root, name), content);

  it('takes what the configuration lists where nothing is named, and says when that is nothing', async () => {
    const sources = pending([]);
    expect(sources.map(({ name }) => name)).toEqual([join(workplace.root, 'mirror.yaml')]);
    expect(await sources[0]?.names()).toEqual({ names: ['quay.io/team/app:v1', 'oci://quay.io/charts/app:1.0.0'], failures: [] });
    const empty = await openWorkplace('');
    const registries = createRegistries(empty.context, { allowedRealms: [], environment: {} });
    expect(() => pendingSources([], empty.context, { registries, directory: empty.root, platforms: [] })).toThrow(/nothing to seed/);
    await empty.close();
  });

  it('tells files from images: a file that is there goes first, and what looks like a path is none that is not', async () => {
    write('app', twoPlatforms('from/file:v1').tar());
    const opened = await one('app').open();
    expect(opened.source.images.map(({ reference }) => reference.repository)).toEqual(['from/file']);
    await opened.source.close();
    for (const path of ['none.tar', './none', '/none/x', 'none.yaml'])
      await expect(one(path).open()).rejects.toMatchObject({ code: 'FILE_MISSING' });
    expect((await one('127.0.0.1:1/app:v1').open()).failures).toMatchObject([
      { what: '127.0.0.1:1/app:v1', error: { code: 'FETCH_FAILED' } },
    ]);
    expect(() => one('Not An Image')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });

  it('opens lists and charts by what is in them, whatever they are called', async () => {
    write('versions', 'official_images:\n  kube_proxy: { name: k8s.gcr.io/proxy, version: "{{ versions.kubernetes }}" }\n');
    write('plan.yaml', 'cluster: { version: v1.10.5 }\n');
    const plan = await readPlan('plan.yaml', workplace.root);
    expect(await one('versions', { plan }).names()).toEqual({ names: ['k8s.gcr.io/proxy:v1.10.5'], failures: [] });
    write('chart', packedChart('app', { 'Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0\n' }));
    expect(await one('chart').names()).toBeUndefined();
    expect((await one('chart').open()).source.images.map(({ reference }) => [reference.repository, reference.tag])).toEqual([
      ['app', '1.0.0'],
    ]);
    await expect(readPlan('none.yaml', workplace.root)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });

  it('remembers an archive that was read, until the file changes', async () => {
    write('app.tar', twoPlatforms('team/app:v1').tar());
    const source = one('app.tar');
    expect(await source.remembered?.()).toBeUndefined();
    const opened = await source.open();
    for (const { root, content } of opened.source.images) await content.manifest(root);
    await source.note?.();
    await opened.source.close();
    const remembered = await one('app.tar').remembered?.();
    expect(remembered?.source.images.map(({ reference }) => reference.repository)).toEqual(['team/app']);
    expect(await one('oci-archive:app.tar:other:v1').remembered?.()).toBeUndefined();
    write('app.tar', twoPlatforms('team/app:v2').tar());
    expect(await one('app.tar').remembered?.()).toBeUndefined();
  });

  it('does not remember a file that changed while it was read', async () => {
    write('app.tar', twoPlatforms('team/app:v1').tar());
    const source = one('app.tar');
    const opened = await source.open();
    write('app.tar', twoPlatforms('team/app:v2').tar());
    await source.note?.();
    await opened.source.close();
    expect(await one('app.tar').remembered?.()).toBeUndefined();
  });
});
