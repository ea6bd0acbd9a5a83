import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSite, type Site } from '../support/site.ts';
import { writeRepository } from '../yum/repository.ts';

describe('ops/check of yum repositories', () => {
  let site: Site;

  beforeAll(async () => {
    site = await createSite();
    const write = (name: string, packages: Parameters<typeof writeRepository>[1]): void => {
      mkdirSync(join(site.upstream, name));
      writeRepository(join(site.upstream, name), packages);
    };
    write('one', [
      { name: 'app', arch: 'x86_64', requires: ['lib >= 2', '(plugin if gui)', 'gui'] },
      { name: 'app', arch: 'i686' },
      { name: 'lib', arch: 'x86_64', version: '1' },
      { name: 'gui', conflicts: ['(theme unless lib)'] },
      { name: 'plugin', requires: ['theme'], conflicts: ['lib'], hiddenFiles: ['/usr/share/plugin/data'] },
      { name: 'theme', hiddenFiles: ['/usr/share/theme/a&b', '/usr/share/theme/c'] },
      { name: 'old', obsoletes: ['gui'], requires: ['gui'] },
      { name: 'both', arch: 'x86_64', requires: ['(lib and plugin)'] },
      { name: 'either', arch: 'x86_64', requires: ['(gui unless theme)', 'theme'] },
    ]);
    write('many', [
      { name: 'app', requires: ['lib'] },
      ...['x86_64', 'aarch64'].map((arch) => ({ name: 'lib', arch, requires: [`base(${arch})`] })),
      { name: 'base', arch: 'i686', provides: ['base(x86_64)'] },
    ]);
    const mirror = (name: string, more = ''): string => `{ type: yum, url: "${site.server.url}${name}/", verify: []${more} }`;
    site.configure(`
mirrors:
  one: ${mirror('one')}
  many: ${mirror('many')}
  files: ${mirror('one', ', filter: "Files (% /usr/share/*/a&b) | Files (= /usr/share/plugin/data)", withDeps: true')}
  others: ${mirror('one', ', filter: "!Files, $Architecture (noarch)"')}
`);
    await site.ok('sync', '--metadata-only', 'one', 'many', 'files', 'others');
  }, 60_000);
  afterAll(() => site.close());

  const text = async (...args: readonly string[]): Promise<string[]> =>
    (await site.mirror('check', ...args)).stdout.trimEnd().split('\n').slice(1);

  it('says of rich dependencies, conflicts and obsoletes what is in the way', async () => {
    expect(await text('one', '--install', 'app')).toEqual([
      'app cannot be installed:',
      '  app-1-1.x86_64 depends on lib >= 2, but lib-1-1.x86_64 is all there is',
    ]);
    expect(await text('one', '--install', 'old')).toEqual([
      'old cannot be installed:',
      '  old-1-1.noarch depends on gui: gui-1-1.noarch',
      '  old-1-1.noarch obsoletes gui: gui-1-1.noarch',
    ]);
    expect(await text('one', '--install', 'both')).toEqual([
      'both cannot be installed:',
      '  both-1-1.x86_64 depends on (lib and plugin): lib-1-1.x86_64',
      '  both-1-1.x86_64 depends on (lib and plugin): plugin-1-1.noarch',
      '  plugin-1-1.noarch conflicts with lib: lib-1-1.x86_64',
    ]);
    expect(await text('one', '--install', 'either')).toEqual([
      'either cannot be installed:',
      '  either-1-1.x86_64 depends on theme: theme-1-1.noarch',
      '  either-1-1.x86_64 depends on (gui unless theme), which rules out theme-1-1.noarch',
    ]);
    expect(await text('one', '--install', 'gui,plugin')).toEqual([
      'gui can be installed: gui-1-1.noarch',
      'plugin can be installed: plugin-1-1.noarch',
      'gui, plugin cannot be installed together:',
      '  plugin-1-1.noarch depends on theme: theme-1-1.noarch',
      '  gui-1-1.noarch conflicts with (theme unless lib): theme-1-1.noarch, without lib-1-1.x86_64',
      '  plugin-1-1.noarch conflicts with lib: lib-1-1.x86_64',
    ]);
  });

  it('proves on a machine of each kind, those of 64 bits with packages of 32', async () => {
    expect(await text('many', '--install', 'app')).toEqual([
      'app cannot be installed on aarch64:',
      '  app-1-1.noarch depends on lib: lib-1-1.aarch64',
      '  lib-1-1.aarch64 depends on base(aarch64), which is not there',
      'app can be installed on x86_64: app-1-1.noarch',
    ]);
    expect(await text('many', '--install', 'app', '--architecture', 'x86_64,i686')).toEqual(['app can be installed: app-1-1.noarch']);
    expect((await text('many', '--install', 'app', '--architecture', 'x86_64'))[0]).toBe('app cannot be installed:');
  });

  it('finds what a filter, a query or a check asks for by files that only filelists have', async () => {
    expect(await site.ok('query', 'files')).toBe('plugin-1-1.noarch\ntheme-1-1.noarch\n');
    expect(await site.ok('query', 'others')).toBe('gui-1-1.noarch\nold-1-1.noarch\n');
    expect(await site.ok('query', 'one', 'Files (/usr/share/theme/c)')).toBe('theme-1-1.noarch\n');
    expect(await site.ok('query', 'one', 'Files (~ plugin), !FILES (~ theme)')).toBe('plugin-1-1.noarch\n');
    expect(await text('one', '--install', "Files (% '/usr/share/*/data')")).toEqual(['plugin can be installed: plugin-1-1.noarch']);
  });
});
