import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../../src/apt/format/release.ts';
import type { Supplement } from '../../../src/store/catalogue.ts';
import { sha256, Upstream } from '../archive.ts';
import { publish, stored } from './publish-rig.ts';

const upstream = new Upstream();

/** What a mirror has besides packages, compressed as its name says. */
function supplement(kind: string, path: string, content: string, mirror = 'base'): Supplement {
  const blob = upstream.store(path.endsWith('.gz') ? gzipSync(content) : Buffer.from(content));
  return { kind, mirror, component: 'main', path, ...blob };
}

const described = (name: string, text: string, language = 'en') =>
  `Package: ${name}\nDescription-md5: ${sha256(Buffer.from(name)).slice(0, 32)}\nDescription-${language}: ${text}\n long\n\n`;
const packageOf = (name: string, fields: Readonly<Record<string, string>> = {}) =>
  stored(name, { 'Description-md5': sha256(Buffer.from(name)).slice(0, 32), Section: 'net', ...fields });

const publishMain = (supplements: readonly Supplement[], packages: readonly ReturnType<typeof stored>[], more = {}) =>
  publish([{ name: 'main', supplements, packages }], { upstream, ...more });

describe('apt/publish/supplements', () => {
  const DISTS = 'dists/xenial';

  it('cuts descriptions to the packages that are published, and lists them in the Release in every form', async () => {
    const en = supplement('translation', 'main/i18n/Translation-en.gz', described('a', 'A') + described('b', 'B'));
    const { files, text, unpacked } = await publishMain([en], [packageOf('a')]);
    const path = 'main/i18n/Translation-en';
    expect(await unpacked(`${DISTS}/${path}.gz`)).toBe(described('a', 'A'));
    expect(await unpacked(`${DISTS}/${path}.xz`)).toBe(described('a', 'A'));
    const listed = parseRelease(Buffer.from(text(`${DISTS}/Release`)), 'Release').files;
    expect(listed.get(path)).toMatchObject({
      size: described('a', 'A').length,
      checksums: [{ value: sha256(Buffer.from(described('a', 'A'))) }],
    });
    expect(files.has(`${DISTS}/${path}`)).toBe(false);
    const packed = listed.get(`${path}.xz`)?.checksums[0]?.value ?? '';
    expect(files.get(`${DISTS}/main/i18n/by-hash/SHA256/${packed}`)?.sha256).toBe(packed);
  });

  it('does not take a description that the package has no longer', async () => {
    const en = supplement('translation', 'main/i18n/Translation-en.gz', described('a', 'A') + described('b', 'B'));
    const { unpacked } = await publishMain([en], [packageOf('a', { 'Description-md5': 'f'.repeat(32) }), packageOf('b')]);
    expect(await unpacked(`${DISTS}/main/i18n/Translation-en.gz`)).toBe(described('b', 'B'));
  });

  it("publishes the upstream's own file where nothing is cut", async () => {
    const content = described('a', 'A') + described('b', 'B');
    const en = supplement('translation', 'main/i18n/Translation-en.gz', content);
    const { files, text } = await publishMain([en], [packageOf('a'), packageOf('b'), packageOf('c')]);
    expect(files.get(`${DISTS}/main/i18n/Translation-en.gz`)).toEqual({ sha256: en.sha256, permanence: 'current' });
    expect(files.get(`${DISTS}/main/i18n/by-hash/SHA256/${en.sha256}`)).toEqual({ sha256: en.sha256, permanence: 'fixed' });
    const listed = parseRelease(Buffer.from(text(`${DISTS}/Release`)), 'Release').files;
    expect(listed.get('main/i18n/Translation-en')).toMatchObject({
      size: content.length,
      checksums: [{ value: sha256(Buffer.from(content)) }],
    });
    expect(listed.has('main/i18n/Translation-en.xz')).toBe(false);
  });

  it('merges what several sources say, the later one first', async () => {
    const base = supplement('translation', 'main/i18n/Translation-de.gz', described('a', 'alt', 'de') + described('b', 'B', 'de'));
    const updates = supplement('translation', 'main/i18n/Translation-de', described('a', 'neu', 'de'), 'updates');
    const { unpacked } = await publishMain([base, updates], [packageOf('a'), packageOf('b')]);
    expect(await unpacked(`${DISTS}/main/i18n/Translation-de.gz`)).toBe(described('a', 'neu', 'de') + described('b', 'B', 'de'));
  });

  it('merges Contents by path: of all architectures, of the later source, and of packages whose files are known', async () => {
    const own = packageOf('own', { Section: 'admin' });
    const supplements = [
      supplement('contents', 'main/Contents-amd64.gz', 'bin/a  net/a\nbin/b net/b,net/gone\netc/old net/b\nusr/gone net/gone\n'),
      supplement('contents', 'main/Contents-all', 'bin/doc net/doc\n'),
      supplement('contents', 'main/Contents-arm64', 'bin/arm net/a\n'),
      supplement('contents', 'Contents-amd64.gz', 'bin/b net/b\netc/new universe/net/b\n', 'updates'),
    ];
    const packages = [packageOf('a'), packageOf('b'), packageOf('doc', { Architecture: 'all' }), own];
    const { files, unpacked, text } = await publishMain(supplements, packages, { contents: new Map([[own.id, 'bin/own\nbin/a']]) });
    expect(await unpacked(`${DISTS}/main/Contents-amd64.gz`)).toBe(
      'bin/a  net/a,admin/own\nbin/b net/b\nbin/doc net/doc\nbin/own admin/own\netc/new universe/net/b\n',
    );
    expect(text(`${DISTS}/Release`)).toMatch(/ main\/Contents-amd64\n.* main\/Contents-amd64\.gz\n/);
    expect([...files.keys()].filter((path) => path.includes('arm64') || path.includes('Contents-all'))).toEqual([]);
  });

  it('has Contents of the packages of the installer apart, and the upstream file where nothing is cut', async () => {
    const udeb = packageOf('anna', { Filename: 'pool/anna_1.udeb' });
    const contents = supplement('contents', 'main/Contents-udeb-amd64.gz', 'bin/anna net/anna\n');
    const { files } = await publishMain([contents], [packageOf('a'), udeb]);
    expect(files.get(`${DISTS}/main/Contents-udeb-amd64.gz`)).toEqual({ sha256: contents.sha256, permanence: 'current' });
    expect(files.has(`${DISTS}/main/Contents-amd64.gz`)).toBe(false);
  });

  it('cuts software components, keeps their head, and publishes icons as they are', async () => {
    const head = '---\nFile: DEP-11\nOrigin: test\n';
    const components = `${head}---\nPackage: a\nID: a1\n---\nPackage: a\nID: a2\n---\nPackage: b\nID: b\n`;
    const icons = supplement('icons', 'main/dep11/icons-64x64@2.tar.gz', 'icons');
    const { files, unpacked, text } = await publishMain(
      [supplement('dep11', 'main/dep11/Components-amd64.yml.gz', components), icons],
      [packageOf('a')],
    );
    expect(await unpacked(`${DISTS}/main/dep11/Components-amd64.yml.xz`)).toBe(`${head}---\nPackage: a\nID: a1\n---\nPackage: a\nID: a2\n`);
    expect(files.get(`${DISTS}/main/dep11/icons-64x64@2.tar.gz`)?.sha256).toBe(icons.sha256);
    expect(text(`${DISTS}/Release`)).toContain(` ${sha256(Buffer.from('icons'))}`);
  });

  it('cuts commands, under a head of what is published', async () => {
    const cnf = supplement(
      'cnf',
      'main/cnf/Commands-amd64',
      'suite: up\ncomponent: main\narch: amd64\n\nname: a\ncommands: a\n\nname: b\ncommands: b\n',
    );
    const { unpacked } = await publish([{ name: 'ours', supplements: [cnf], packages: [packageOf('b')] }], {
      upstream,
      config: { suite: 'stable' },
    });
    expect(await unpacked(`${DISTS}/ours/cnf/Commands-amd64.gz`)).toBe(
      'suite: stable\ncomponent: ours\narch: amd64\n\nname: b\ncommands: b\n\n',
    );
  });

  it('publishes the images of the installer at their places, and lists their checksums', async () => {
    const images = 'main/installer-amd64/current/images';
    const supplements = [
      supplement('installer', `${images}/SHA256SUMS`, 'sums'),
      supplement('installer', `${images}/netboot/mini.iso`, 'iso'),
      supplement('installer', `${images}/netboot/mini.iso`, 'newer iso', 'updates'),
    ];
    const { files, text } = await publishMain(supplements, [packageOf('a')]);
    expect(files.get(`${DISTS}/${images}/netboot/mini.iso`)).toEqual({ sha256: supplements[2]?.sha256, permanence: 'current' });
    expect(text(`${DISTS}/Release`)).toContain(` 4 ${images}/SHA256SUMS\n`.trimStart());
    expect(text(`${DISTS}/Release`)).not.toContain('mini.iso');
  });

  it('has nothing of what no source has', async () => {
    const { files } = await publishMain([], [packageOf('a')]);
    expect([...files.keys()].filter((path) => /i18n|Contents|dep11|cnf|installer/.test(path))).toEqual([]);
    expect(gunzipSync(files.get(`${DISTS}/main/binary-amd64/Packages.gz`)?.bytes ?? '').length).toBeGreaterThan(0);
  });
});
