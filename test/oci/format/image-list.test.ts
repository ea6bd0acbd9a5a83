import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configuredImageList, parseImageList } from '../../../src/oci/format/image-list.ts';
import { formatReference } from '../../../src/oci/format/reference.ts';

const names = (text: string, options = {}): string[] =>
  parseImageList(text, 'list', options).entries.map((entry) => (entry.kind === 'image' ? formatReference(entry.reference) : 'a chart'));
const reasons = (text: string): string[] => parseImageList(text, 'list').problems.map(({ what, reason }) => `${what}: ${reason}`);
const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('oci/format/image-list: the manifest of KET', () => {
  const manifest = `---
official_images:
  kube_proxy:
    name: gcr.io/google-containers/kube-proxy-amd64
    version: "{{ versions.kubernetes }}"
  kube_apiserver: { name: gcr.io/google-containers/kube-apiserver-amd64, version: v1.9.0 }
  pause: { name: gcr.io/google_containers/pause-amd64, version: 3.0 }
  default_backend: { name: gcr.io/google_containers/defaultbackend, version: 1.10 }
  nginx: { name: nginx, version: stable-alpine }
  odd1: { name: a/b, version: 1e3 }
  odd2: { name: a/b, version: 0x10 }
  odd3: { name: a/b, version: on }
  odd4: { name: a/b, version: 010 }
  odd5: { name: a/b, version: 2018-01-01 }
`;

  it('keeps versions as they are written', () => {
    expect(names(manifest)).toEqual([
      'gcr.io/google-containers/kube-proxy-amd64:v1.10.5',
      'gcr.io/google-containers/kube-apiserver-amd64:v1.10.5',
      'gcr.io/google_containers/pause-amd64:3.0',
      'gcr.io/google_containers/defaultbackend:1.10',
      'nginx:stable-alpine',
      'a/b:1e3',
      'a/b:0x10',
      'a/b:on',
      'a/b:010',
      'a/b:2018-01-01',
    ]);
  });

  it('takes the version of Kubernetes from the plan', () => {
    expect(names(manifest, { kubernetesVersion: 'v1.10.3' }).slice(0, 2)).toEqual([
      'gcr.io/google-containers/kube-proxy-amd64:v1.10.3',
      'gcr.io/google-containers/kube-apiserver-amd64:v1.10.3',
    ]);
  });

  it('reports what has another template in it, no version or a version that is no tag, and reads the rest', () => {
    const text = `official_images:
  etcd: { name: quay.io/coreos/etcd, version: "{{ versions.etcd }}" }
  none: { name: a/b }
  tilde: { name: a/b, version: ~ }
  good: { name: a/b, version: v1 }
`;
    expect(names(text)).toEqual(['a/b:v1']);
    expect(reasons(text)).toEqual([
      'list:2: etcd has a template in it, and no value for it is known: quay.io/coreos/etcd:{{ versions.etcd }}',
      'list:3: none has no version',
      'list:4: "a/b:~" names no image: "~" is no tag',
    ]);
  });

  it('says where the manifest is malformed', () => {
    expect(() => parseImageList('official_images:\n  a: { version: "1" }\n', 'm.yaml')).toThrow(
      'm.yaml:2:3: official_images.a.name: is missing; allowed: a text',
    );
    expect(() => parseImageList('official_images: [a]\n', 'm.yaml')).toThrow('m.yaml:1:18: official_images: a list stands here');
    expect(() => parseImageList('official_images:\n  a: { name: x, version: {{ y }} }\n', 'm.yaml')).toThrow(/^m\.yaml:2:\d+: .*in quotes/);
  });
});

describe('oci/format/image-list: a plain list', () => {
  it('reads a reference a line, each once', () => {
    const text = `\ufeff# images\r\n\r\nnginx:1.25\r\nlocalhost:5000/a/b:v1  # ours\nnginx:1.25\n\tquay.io/x@${DIGEST}\t\nredis\n`;
    expect(names(text)).toEqual(['nginx:1.25', 'localhost:5000/a/b:v1', `quay.io/x@${DIGEST}`, 'redis']);
  });

  it('reports the lines that name no image', () => {
    const text = 'nginx\nnginx latest\nUpper/case\n';
    expect(names(text)).toEqual(['nginx']);
    expect(reasons(text)).toEqual([
      'list:2: "nginx latest" is more than one word: a line has one image',
      'list:3: "Upper/case" names no image: "Upper/case" is no repository',
    ]);
  });

  it('is none where no line is one', () => {
    expect(() => parseImageList('<html>\n<body>\n', 'page')).toThrow('page is no list of images that is known here: page:1');
    expect(() => parseImageList('a\0b', 'page')).toThrow('page:1:2: there is a NUL: this is no text');
    expect(names('')).toEqual([]);
  });
});

describe('oci/format/image-list: a list in YAML', () => {
  it('reads texts and items, with tags as they are written', () => {
    const { entries, problems } = parseImageList(
      `images:
  - nginx:1.25
  - image: quay.io/team/app
    tags: [1.10, 3.0, "v1.*"]
    semver: ">=1.2 <2"
    digests: ${DIGEST}
    exclude: ["*-rc*"]
    platforms: [linux/amd64, linux/arm/v7]
    as: ours/app
    verify: { cosign: { key: keys/cosign.pub } }
  - { image: redis }
charts:
  - oci://registry.example.com/charts/app:1.2.3+build
  - files/app-1.0.0.tgz
  - { chart: oci://registry.example.com/charts/app, semver: "^1.0", images: false }
`,
      'list.yaml',
      { directory: '/lists' },
    );
    expect(problems).toEqual([]);
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ];
    const host = 'quay.io';
    const app = { kind: 'image', where: 'list.yaml:3', platforms, as: 'ours/app', verify: { cosign: { key: ['/lists/keys/cosign.pub'] } } };
    const chart = { host: 'registry.example.com', repository: 'charts/app' };
    expect(entries).toEqual([
      { kind: 'image', where: 'list.yaml:2', platforms: [], reference: { host: undefined, repository: 'nginx', tag: '1.25' } },
      { ...app, reference: { host, repository: 'team/app', tag: '1.10' } },
      { ...app, reference: { host, repository: 'team/app', tag: '3.0' } },
      { ...app, reference: { host, repository: 'team/app', digest: DIGEST } },
      { ...app, reference: { host, repository: 'team/app' }, select: { globs: ['v1.*'], range: '>=1.2 <2', exclude: ['*-rc*'] } },
      { kind: 'image', where: 'list.yaml:11', platforms: [], reference: { host: undefined, repository: 'redis' } },
      { kind: 'chart', where: 'list.yaml:13', platforms: [], withImages: true, chart: { reference: { ...chart, tag: '1.2.3_build' } } },
      { kind: 'chart', where: 'list.yaml:14', platforms: [], withImages: true, chart: { file: '/lists/files/app-1.0.0.tgz' } },
      {
        kind: 'chart',
        where: 'list.yaml:15',
        platforms: [],
        withImages: false,
        chart: { reference: chart, select: { globs: [], range: '^1.0', exclude: [] } },
      },
    ]);
  });

  it('reads a bare YAML list', () => {
    expect(names('- nginx:1\n- { image: redis, tags: 7.0 }\n')).toEqual(['nginx:1', 'redis:7.0']);
  });

  it('reports items that say two things, and reads the rest', () => {
    const text = `images:
  - { image: "nginx:1", tags: "*" }
  - { image: nginx, tags: "[" }
  - Bad/Name
  - good
charts: ["oci://h.example/chart", chart, { chart: a.tgz, version: "1" }, { chart: "oci://h.example/c", version: "1", semver: "1" }]
`;
    expect(names(text)).toEqual(['good']);
    expect(reasons(text)).toEqual([
      'list:2: "nginx:1" has a tag or digest already, beside tags, semver and digests',
      'list:3: a [...] class of the glob is not closed',
      'list:4: "Bad/Name" names no image: "Bad/Name" is no repository',
      'list:6: "oci://h.example/chart" has no version: write it behind a colon, or as version or semver',
      expect.stringMatching(/^list:6: ".*\/chart" is no chart: name oci:\/\/… or a \.tgz file$/),
      expect.stringMatching(/^list:6: ".*a\.tgz" is a file, which has one version only$/),
      'list:6: version and semver exclude each other',
    ]);
  });

  it('names line, column and key of what is malformed', () => {
    const wrong = (text: string): string => {
      try {
        parseImageList(text, 'l');
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
      return 'nothing';
    };
    expect(wrong('images:\n  - { image: nginx, tag: a }\n')).toContain('l:2:21: images[0].tag: unknown key; allowed: image, tags');
    expect(wrong('images:\n  - { image: nginx, tag: a }\n')).toContain('did you mean "tags"?');
    expect(wrong('images:\n  - { image: nginx, platforms: x86 }\n')).toContain('a platform such as linux/amd64');
    expect(wrong('images:\n  - { image: nginx, semver: ">>1" }\n')).toContain('a range of versions');
    expect(wrong('images:\n  - { image: nginx, verify: {} }\n')).toContain('cosign or notation');
    expect(wrong('imags: []\n')).toBe('l:1:1: this is no list of images; allowed: images, charts or official_images');
    expect(wrong('cluster: { version: v1.10.5 }\n')).toContain('plan file of KET');
    expect(wrong('images: [a]\nimages: [b]\n')).toContain('l:2:1: this key is there twice');
    expect(wrong('images: [a\n')).toMatch(/^l:\d+:\d+: /);
    expect(wrong('images:\n  - { image: a, __proto__: { tags: x } }\n')).toContain('l:2:17: __proto__ cannot be a key');
  });

  it('refuses what is nested without end, or has more than anyone writes, in time', () => {
    for (const text of [`images: ${'['.repeat(50_000)}`, `${'- '.repeat(20_000)}x`, `{images: ${'{a: '.repeat(20_000)}`])
      expect(() => parseImageList(text, 'deep')).toThrow(/^deep:\d+:\d+: /);
    const many = Array.from({ length: 5_000 }, (_, index) => `  k${index}: { name: a/b, version: v${index} }`);
    expect(() => parseImageList(`official_images:\n${many.join('\n')}\n`, 'many')).toThrow('many:1:1: it has 5000 images');
    const wrong = '  - { image: a, x: 1 }\n'.repeat(100);
    expect(() => parseImageList(`images:\n${wrong}`, 'wrong')).toThrow('wrong: and 80 more errors');
  });

  it('reads any text, or says LIST_INVALID', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'images:',
        'charts:',
        'official_images:',
        '\n',
        '\n  - ',
        ': ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!!x ',
        '"',
        '{{',
        'nginx:1',
        '---\n',
        '\ufeff',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          const { entries, problems } = parseImageList(pieces.join(''), 'any');
          for (const { what } of problems) expect(what).toMatch(/^any:\d+$/);
          for (const entry of entries) expect(entry.where).toMatch(/^any:\d+$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'LIST_INVALID' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses what blows up and what is too large', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((key, index) => {
        const before = 'abcdefg'.charAt(index);
        return `${key}: &${key} [${Array(9).fill(`*${before}`).join(',')}]`;
      }),
      'images: *h',
    ].join('\n');
    expect(() => parseImageList(bomb, 'bomb')).toThrow(/^bomb:2:\d+: .*alias/);
    const large = `images:\n${'  - nginx:1\n'.repeat(1_000_000)}`;
    expect(() => parseImageList(large, 'large')).toThrow(/^large:\d+:\d+: the list goes on beyond 4194304 characters/);
  });
});

describe('oci/format/image-list: the configuration', () => {
  it('names the key of what is wrong', () => {
    const { entries, problems } = configuredImageList(['nginx', 'UPPER'], ['oci://h.example/charts/a:1']);
    expect(entries.map(({ where }) => where)).toEqual(['registry.images[0]', 'registry.charts[0]']);
    expect(problems).toEqual([{ what: 'registry.images[1]', reason: expect.stringContaining('"UPPER" is no repository') }]);
  });
});
