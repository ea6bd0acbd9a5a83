import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readChart } from '../../../../src/oci/format/chart/read-chart.ts';
import { packedChart, tarHeader, tarOf } from './packed-chart.ts';

const CHART = 'apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: 1.10\n';

describe('oci/format/chart/read-chart', () => {
  it('reads what matters, with charts in directories and in archives', async () => {
    const chart = await readChart(
      packedChart('app', {
        'Chart.yaml': CHART,
        'values.yaml': 'a: 1\n',
        'README.md': 'no',
        'templates/a.yaml': 'x',
        'templates/tests/b.yaml': 'y',
        'charts/one/Chart.yaml': 'name: one\nversion: 1.0.0\n',
        'charts/two-1.tgz': packedChart('two', { 'Chart.yaml': 'name: two\nversion: 1.0.0\n' }),
        'charts/.ignored/x': '',
        'charts/README.md': '',
        'requirements.yaml': 'dependencies: [{ name: one, repository: "" }]\n',
      }),
      'app.tgz',
    );
    // Helm makes a number of it, and a text of that.
    expect(chart.metadata.appVersion).toBe('1.1');
    expect(chart.metadata.dependencies?.map(({ name }) => name)).toEqual(['one']);
    expect([...chart.templates.keys()]).toEqual(['templates/a.yaml', 'templates/tests/b.yaml']);
    expect(chart.subcharts.map(({ what, metadata }) => [what, metadata.name])).toEqual([
      ['app.tgz/charts/one', 'one'],
      ['app.tgz/charts/two-1.tgz', 'two'],
    ]);
  });

  it.each([
    ['no archive', Buffer.from('hello'), 'LIST_INVALID'],
    ['no chart', packedChart('app', { 'values.yaml': '' }), 'LIST_INVALID'],
    ['a chart without a version', packedChart('app', { 'Chart.yaml': 'name: app\n' }), 'LIST_INVALID'],
    ['a name that leaves its place', packedChart('app', { 'Chart.yaml': 'name: ../app\nversion: 1.0.0\n' }), 'LIST_INVALID'],
    ['a file outside', gzipSync(tarOf({ 'Chart.yaml': CHART })), 'LIST_INVALID'],
    ['a path that leaves', gzipSync(tarOf({ 'app/../../x/Chart.yaml': CHART })), 'LIST_INVALID'],
    ['an absolute path', gzipSync(tarOf({ '/app/Chart.yaml': CHART })), 'LIST_INVALID'],
    [
      'a file twice',
      gzipSync(Buffer.concat([tarOf({ 'app/Chart.yaml': CHART }).subarray(0, 1024), tarOf({ 'app/Chart.yaml': CHART })])),
      'LIST_INVALID',
    ],
    ['a file of 6 MiB', packedChart('app', { 'Chart.yaml': CHART, 'templates/a.yaml': Buffer.alloc(6 * 1024 * 1024) }), 'LIST_INVALID'],
    ['a header that lies', gzipSync(Buffer.concat([tarHeader('app/Chart.yaml', 2 ** 32, '0'), Buffer.alloc(512)])), 'LIST_INVALID'],
    ['a key of JavaScript', packedChart('app', { 'Chart.yaml': `${CHART}__proto__: { polluted: yes }\n` }), 'LIST_INVALID'],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(readChart(bytes, 'app.tgz')).rejects.toMatchObject({ code });
    expect({}).not.toHaveProperty('polluted');
  });

  it('passes over links', async () => {
    const link = tarHeader('app/values.yaml', 0, '2', '/etc/passwd');
    const chart = await readChart(gzipSync(Buffer.concat([link, tarOf({ 'app/Chart.yaml': CHART })])), 'app.tgz');
    expect(chart.values).toBeUndefined();
  });

  it('refuses bombs: of one archive, and of archives within archives together', async () => {
    const zeros = gzipSync(Buffer.alloc(120 * 1024 * 1024));
    await expect(readChart(zeros, 'bomb.tgz')).rejects.toMatchObject({ code: expect.stringMatching(/DECOMPRESS_TOO_LARGE|LIST_INVALID/) });
    const padded = (name: string): Buffer =>
      packedChart(name, {
        'Chart.yaml': `name: ${name}\nversion: 1.0.0\n`,
        ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`x/${index}`, Buffer.alloc(4 * 1024 * 1024)])),
      });
    const several = packedChart('app', {
      'Chart.yaml': CHART,
      ...Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`charts/${name}.tgz`, padded(name)])),
    });
    await expect(readChart(several, 'app.tgz')).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
  });

  it('refuses charts within charts without end', async () => {
    let inner = packedChart('app', { 'Chart.yaml': CHART });
    for (let depth = 0; depth < 10; depth++) inner = packedChart('app', { 'Chart.yaml': CHART, 'charts/app.tgz': inner });
    await expect(readChart(inner, 'app.tgz')).rejects.toMatchObject({ code: 'LIST_INVALID' });
  });
});
