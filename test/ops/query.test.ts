// biome-ignore-all lint/suspicious/noTemplateCurlyInString: formats have fields that look like it
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['dpkg-deb', 'gpg'], 'ops/query', () => {
  let site: Site;
  let archive: AptArchive;
  const debs: string[] = [];

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(join(site.upstream, 'apt'), site.gnupg);
    const build = async (...specs: Parameters<typeof buildDeb>[1][]): Promise<void> => {
      for (const spec of specs) debs.push(await buildDeb(site.root, spec));
    };
    await build(
      { Package: 'app', Version: '1.10', Depends: 'lib (>= 2), extra', Section: 'web' },
      { Package: 'app', Version: '1.9', Architecture: 'all', Depends: 'gone' },
      { Package: 'lib', Version: '2.0', Provides: 'virtual', Section: 'libs' },
    );
    const extra = await buildDeb(site.root, { Package: 'extra' });
    await archive.publish(debs);
    const second = createAptArchive(join(site.upstream, 'more'), site.gnupg);
    await second.publish([extra]);
    site.configure(`
mirrors:
  main: { type: apt, url: "${site.server.url}apt", suite: stable, keys: ["${archive.key}"] }
  more: { type: apt, url: "${site.server.url}more", suite: stable, keys: ["${second.key}"] }
  empty: { type: apt, url: "${site.server.url}apt", suite: stable, keys: ["${archive.key}"] }
publications:
  site: { from: [main, more], distribution: stable }
`);
    await site.ok('sync', 'main', 'more');
    await site.ok('publish', 'site');
  }, 60_000);
  afterAll(() => site.close());

  it('lists packages by name, then version as Debian orders them, then architecture', async () => {
    expect(await site.ok('query', 'main')).toBe('app_1.9_all\napp_1.10_amd64\nlib_2.0_amd64\n');
    expect(await site.ok('query', 'site')).toBe('app_1.9_all\napp_1.10_amd64\nextra_1.0-1_amd64\nlib_2.0_amd64\n');
  });

  it('prints fields as aptly, dpkg-query and dnf write them, and everything that the metadata says', async () => {
    expect(
      await site.ok('query', 'main', 'virtual', '--format', '{{.Package}}\\t${Section;-6}|%{version} %{arch} [${Nothing}] {{.ShortKey}}'),
    ).toBe('lib\tlibs  |2.0 amd64 [] Pamd64 lib 2.0\n');
    const full = await site.ok('query', 'main', 'lib', '--format', 'full');
    expect(full).toMatch(/^Version: 2\.0\n(?:.+\n)+Package: lib\n(?:.+\n)+SHA256: [0-9a-f]{64}\n\n$/);
    const json = await site.json('query', 'main', 'lib', '--format', '%{name} {{.Section}}');
    const file = { location: 'pool/main/lib_2.0_amd64.deb', sha256: /^SHA256: (.*)$/m.exec(full)?.[1] };
    expect(json).toMatchObject([{ name: 'lib', version: '2.0', architecture: 'amd64', Section: 'libs', ...file }]);
    expect(await site.json('query', 'main', 'Section (none)')).toEqual([]);
  });

  it('follows dependencies into the mirrors that it is published with, and says what is missing', async () => {
    const found = await site.mirror('query', 'main', 'app', '--with-deps');
    expect(found).toMatchObject({ status: 0, stdout: 'app_1.9_all\napp_1.10_amd64\nextra_1.0-1_amd64\nlib_2.0_amd64\n' });
    expect(found.stderr).toContain('main: warning: nothing provides gone, needed by app_1.9_all\n');
  });

  it('finds nothing with a word about it, and names that are near', async () => {
    const found = await site.mirror('query', 'main', 'lbi | app_9_amd64');
    expect(found).toEqual({
      status: 0,
      stdout: '',
      stderr: 'main: warning: there is no package "lbi"; did you mean lib?\nmain: no package matches\n',
    });
  });

  it.each([
    [['query', 'man'], 'Did you mean main'],
    [['query', 'empty'], 'mirror "empty" was never synced'],
    [['query', 'main', 'app (>='], '\n  app (>=\n         ^\n'],
    [['query', 'main', 'app', '--format', 'x ${app'], '\n  x ${app\n    ^\n'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await site.mirror(...args);
    expect({ status, stdout }).toEqual({ status: args[1] === 'empty' ? 1 : 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('searches what the metadata says where it is newer than the packages', async () => {
    await archive.publish(debs.slice(1));
    await site.ok('sync', 'main', '--metadata-only');
    const found = await site.mirror('query', 'main');
    expect(found).toMatchObject({ status: 0, stdout: 'app_1.9_all\nlib_2.0_amd64\n' });
    expect(found.stderr).toContain('main: the metadata is newer than the packages');
    const frozen = await site.mirror('snapshot', 'create', 'frozen', '--from', 'main');
    expect(frozen.stdout).toMatch(/^snapshot frozen: 3 packages, /);
    expect(frozen.stderr).toMatch(/^main: warning: the packages are those of \d{4}-\S+Z, older than the metadata/);
  });
});
