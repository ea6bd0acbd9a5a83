import { describe, expect, it } from 'vitest';
import { chartImages } from '../../../../src/oci/format/chart/chart-images.ts';
import { readChart } from '../../../../src/oci/format/chart/read-chart.ts';
import { formatReference } from '../../../../src/oci/format/reference.ts';
import { type ChartFile, packedChart } from './packed-chart.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CHART = 'apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: "2.5"\n';

interface Found {
  readonly images: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly string[];
}

async function find(files: Readonly<Record<string, ChartFile>>): Promise<Found> {
  const chart = await readChart(packedChart('app', { 'Chart.yaml': CHART, ...files }), 'app.tgz');
  const { images, problems } = chartImages(chart);
  return {
    images: Object.fromEntries(images.map(({ reference, where }) => [formatReference(reference), where])),
    problems: problems.map(({ what, reason }) => `${what}: ${reason}`),
  };
}

describe('oci/format/chart/chart-images', () => {
  it('finds the forms that images have in values', async () => {
    const { images, problems } = await find({
      'values.yaml': `
image: { registry: quay.io, repository: team/app, tag: "1.10", pullPolicy: Always }
fromVersion: { image: { repository: team/other, tag: "" } }
pinned: { image: { registry: ghcr.io, repository: a/b, tag: v1, digest: "${DIGEST}" } }
sha: { repository: a/c, tag: v1, sha: ${'a'.repeat(64)} }
controller: { image: { registry: registry.k8s.io, image: ingress-nginx/controller, tag: v1.2.3 } }
initImage: busybox:1.36
images: { proxy: "envoyproxy/envoy:v1.30", tool: { name: a/tool, tag: v3 } }
list:
  - image: a/listed:1
  - { name: second, image: a/split, imageTag: v9 }
source: { repository: https://github.com/a/b, tag: main }
notImages: { repository: some/where }
disabled: { enabled: false, image: a/off:1 }
`,
    });
    expect(problems).toEqual([]);
    expect(images).toEqual({
      'a/listed:1': ['app.tgz/values.yaml: list.0.image'],
      'a/off:1': ['app.tgz/values.yaml: disabled.image'],
      'a/split:v9': ['app.tgz/values.yaml: list.1.image'],
      'a/tool:v3': ['app.tgz/values.yaml: images.tool'],
      [`a/c:v1@${DIGEST}`]: ['app.tgz/values.yaml: sha'],
      'busybox:1.36': ['app.tgz/values.yaml: initImage'],
      'envoyproxy/envoy:v1.30': ['app.tgz/values.yaml: images.proxy'],
      [`ghcr.io/a/b:v1@${DIGEST}`]: ['app.tgz/values.yaml: pinned.image'],
      'quay.io/team/app:1.10': ['app.tgz/values.yaml: image'],
      'registry.k8s.io/ingress-nginx/controller:v1.2.3': ['app.tgz/values.yaml: controller.image'],
      'team/other:2.5': ['app.tgz/values.yaml: fromVersion.image (with appVersion for its tag)'],
    });
  });

  it('reports what only Helm would know', async () => {
    const { images, problems } = await find({
      'values.yaml': `
a: { image: { repository: a/a, tag: 1.10 } }
b: { image: { repository: a/b, tag: 20240101 } }
c: { image: { repository: "{{ .Values.x }}", tag: v1 } }
d: { image: a/d }
e: { image: { repository: Not/Good, tag: v1 } }
f: { image: { repository: a/f, tag: 7 } }
`,
    });
    expect(Object.keys(images)).toEqual(['a/f:7']);
    expect(problems).toEqual([
      'app.tgz/values.yaml: a.image: 1.10 is a number without quotes, which Helm does not keep as it is written',
      'app.tgz/values.yaml: b.image: 20240101 is a number without quotes, which Helm does not keep as it is written',
      'app.tgz/values.yaml: c.image: what is there is only known when Helm installs the chart: {{ .Values.x }}',
      'app.tgz/values.yaml: d.image: "a/d" has no tag that stands in the values',
      'app.tgz/values.yaml: e.image: "Not/Good:v1" names no image: "Not/Good" is no repository',
    ]);
  });

  it('finds plain lines in templates, and reports those that lead to nothing that was found', async () => {
    const { images, problems } = await find({
      'values.yaml': 'image: { repository: team/app, tag: v1 }\nother: { thing: x }\n',
      'templates/_helpers.tpl': `
{{- define "app.image" -}}
{{ printf "%s:%s" .Values.image.repository .Values.image.tag }}
{{- end }}
{{- define "app.unknown" -}}
{{ .Values.other.thing }}
{{- end }}
{{- define "app.twice" -}}{{ include "app.image" . }}{{- end }}
`,
      'templates/a.yaml': `
containers:
  - image: "busybox:1.36"  # plain
  - image: 'a/b:1'
    image: a/c:2
  - image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
  - image: {{ include "app.image" . }}
  - image: {{ include "app.twice" . | quote }}
  - image: {{ include "app.unknown" . }}
  - image: {{ $image }}
  # image: commented/out:1
{{/*
  image: commented/out:2
*/}}
  - image: a/after:1
`,
      'templates/NOTES.txt': 'image: a/notes:1\n',
    });
    expect(images).toEqual({
      'a/after:1': ['app.tgz/templates/a.yaml:15'],
      'a/b:1': ['app.tgz/templates/a.yaml:4'],
      'a/c:2': ['app.tgz/templates/a.yaml:5'],
      'busybox:1.36': ['app.tgz/templates/a.yaml:3'],
      'team/app:v1': ['app.tgz/values.yaml: image'],
    });
    expect(problems).toEqual([
      'app.tgz/templates/a.yaml:9: which image this is, is only known when Helm installs the chart: {{ include "app.unknown" . }}',
      'app.tgz/templates/a.yaml:10: which image this is, is only known when Helm installs the chart: {{ $image }}',
    ]);
  });

  it('finds annotations and lists of images', async () => {
    const { images, problems } = await find({
      'Chart.yaml': `${CHART}annotations:
  artifacthub.io/images: |
    - name: app
      image: quay.io/team/app:1.10
  images: |
    - { name: a, image: "docker.io/bitnami/a:1" }
  helm.sh/images: "no list"
`,
      'images.lock': `apiVersion: v0\nkind: ImagesLock\nimages:\n  - { name: a, image: "docker.io/bitnami/locked@${DIGEST}" }\n  - { name: b }\n`,
    });
    expect(images).toEqual({
      'docker.io/bitnami/a:1': ['app.tgz/Chart.yaml: annotations.images'],
      [`docker.io/bitnami/locked@${DIGEST}`]: ['app.tgz/images.lock'],
      'quay.io/team/app:1.10': ['app.tgz/Chart.yaml: annotations.artifacthub.io/images'],
    });
    expect(problems).toEqual([
      'app.tgz/Chart.yaml: annotations.helm.sh/images: it is no list of images',
      'app.tgz/images.lock: an entry of it names no image',
    ]);
  });

  it('looks into subcharts as the values of the chart have them', async () => {
    const subchart = (name: string, tag: string): Record<string, string> => ({
      'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.2.3\n`,
      'values.yaml': `image: { repository: lib/${name}, tag: "${tag}" }\n`,
    });
    const { images, problems } = await find({
      'Chart.yaml': `${CHART}dependencies:
  - { name: redis, version: ^1.0, repository: "https://x", condition: cache.enabled }
  - { name: redis, alias: second, version: ^1.0, repository: "https://x" }
  - { name: off, version: 1.2.3, repository: "https://x", condition: "missing.enabled,off.enabled", tags: [front] }
  - { name: tagged, version: "*", repository: "https://x", tags: [back] }
  - { name: absent, version: 1.x, repository: "https://x" }
`,
      'values.yaml': `
global: { imageRegistry: registry.example.com }
cache: { enabled: true }
off: { enabled: false }
tags: { front: true, back: false }
second: { image: { tag: "9" } }
`,
      'charts/redis-1.2.3.tgz': packedChart('redis', subchart('redis', '7.0')),
      'charts/off/Chart.yaml': subchart('off', '1')['Chart.yaml'] ?? '',
      'charts/off/values.yaml': subchart('off', '1')['values.yaml'] ?? '',
      'charts/tagged.tgz': packedChart('tagged', subchart('tagged', '1')),
      'charts/unlisted.tgz': packedChart('unlisted', subchart('unlisted', '1')),
    });
    expect(images).toEqual({
      'registry.example.com/lib/redis:7.0': ['app.tgz/charts/redis-1.2.3.tgz/values.yaml: image'],
      'registry.example.com/lib/redis:9': ['app.tgz/charts/redis-1.2.3.tgz/values.yaml: image'],
      'registry.example.com/lib/unlisted:1': ['app.tgz/charts/unlisted.tgz/values.yaml: image'],
    });
    expect(problems).toEqual([
      'app.tgz/Chart.yaml: it depends on absent, which is not in the chart: `helm dependency build` puts it there',
    ]);
  });

  it('goes on where the values cannot be read', async () => {
    const { images, problems } = await find({ 'values.yaml': 'a: [\n', 'templates/a.yaml': 'image: a/b:1\n' });
    expect(Object.keys(images)).toEqual(['a/b:1']);
    expect(problems).toEqual([expect.stringMatching(/^app\.tgz\/values\.yaml: \d+:\d+: /)]);
  });

  it('takes time in proportion to hostile templates', async () => {
    const start = performance.now();
    await find({
      'templates/a.yaml': `${'{{/*'.repeat(200_000)}\nimage: a${' '.repeat(500_000)}b\n`,
      'values.yaml': `image: "${':'.repeat(500_000)}/"\n`,
    });
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
