import { describe, expect, it } from 'vitest';
import { chartArtifact } from '../../../../src/oci/format/chart/chart-artifact.ts';
import { readChart } from '../../../../src/oci/format/chart/read-chart.ts';
import { digestOf } from '../../../../src/oci/format/digest.ts';
import { parseManifest } from '../../../../src/oci/format/manifest.ts';
import { packedChart } from './packed-chart.ts';

const CHART = `apiVersion: v2
type: application
name: app
version: 1.2.3+build.1
appVersion: "2.5"
description: Serves <b> & more
home: https://example.com
sources: [https://example.com/git, https://example.com/other]
keywords: [one]
maintainers:
  - { name: Ann, email: ann@example.com }
  - { name: Bob }
icon: ""
deprecated: false
unknown: dropped
annotations: { z: last, org.opencontainers.image.title: not this, a: first }
dependencies:
  - { name: redis, version: ^1.0, repository: "https://x", condition: redis.enabled, tags: [back], alias: cache }
`;

const tgz = packedChart('app', { 'Chart.yaml': CHART });
const metadata = (await readChart(tgz, 'app.tgz')).metadata;

describe('oci/format/chart/chart-artifact', () => {
  it('has the config that helm push makes', () => {
    const { config } = chartArtifact(tgz, metadata);
    expect(config.descriptor.mediaType).toBe('application/vnd.cncf.helm.config.v1+json');
    expect(config.bytes.toString()).toBe(
      '{"name":"app","home":"https://example.com","sources":["https://example.com/git","https://example.com/other"],' +
        '"version":"1.2.3+build.1","description":"Serves \\u003cb\\u003e \\u0026 more","keywords":["one"],' +
        '"maintainers":[{"name":"Ann","email":"ann@example.com"},{"name":"Bob"}],"apiVersion":"v2","appVersion":"2.5",' +
        '"annotations":{"a":"first","org.opencontainers.image.title":"not this","z":"last"},' +
        '"dependencies":[{"name":"redis","version":"^1.0","repository":"https://x","condition":"redis.enabled","tags":["back"],"alias":"cache"}],' +
        '"type":"application"}',
    );
  });

  it('has a manifest with the chart as its layer, the same each time', () => {
    const { name, tag, config, layers, manifest } = chartArtifact(tgz, metadata);
    expect([name, tag]).toEqual(['app', '1.2.3_build.1']);
    expect(parseManifest(manifest.bytes, manifest.descriptor.mediaType, 'chart')).toMatchObject({
      config: config.descriptor,
      layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: digestOf(tgz), size: tgz.length }],
      annotations: {
        a: 'first',
        z: 'last',
        'org.opencontainers.image.authors': 'Ann (ann@example.com), Bob',
        'org.opencontainers.image.description': 'Serves <b> & more',
        'org.opencontainers.image.source': 'https://example.com/git',
        'org.opencontainers.image.title': 'app',
        'org.opencontainers.image.url': 'https://example.com',
        'org.opencontainers.image.version': '1.2.3+build.1',
      },
    });
    expect(layers).toHaveLength(1);
    expect(manifest.bytes.toString()).not.toContain('image.created');
    expect(chartArtifact(tgz, metadata).manifest.descriptor.digest).toBe(manifest.descriptor.digest);
  });

  it('has what vouches for the chart, and when it was made, where that is given', () => {
    const provenance = Buffer.from('signed');
    const { layers, manifest } = chartArtifact(tgz, metadata, { provenance, created: new Date(1_700_000_000_000) });
    expect(layers.map(({ descriptor }) => descriptor.digest)).toEqual([digestOf(tgz), digestOf(provenance)].sort());
    expect(manifest.bytes.toString()).toContain('"org.opencontainers.image.created":"2023-11-14T22:13:20Z"');
  });
});
