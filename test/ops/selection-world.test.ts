import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelOf, readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import type { NamedMirror } from '../../src/ops/names.ts';
import { createWorld, selectWithDependencies } from '../../src/ops/selection-world.ts';
import { aptConfig, stanza, Upstream } from '../apt/archive.ts';
import { createAptArchive, imitationPackage } from '../support/apt-archive.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

/** Packages by name, each with its fields. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  app: { Depends: 'lib (>= 2), mta', Source: 'app-source' },
  lib: { Version: '2', Depends: 'libc' },
  libc: { 'Multi-Arch': 'same' },
  postfix: { Provides: 'mta', Source: 'gone' },
  bash: { Essential: 'yes', 'Pre-Depends': 'libc', Depends: 'base-files' },
  dpkg: { Priority: 'required', Version: '1.21' },
  'dpkg new': { Priority: 'required', Version: '1.22' },
  'base-files': {},
  'app-source': { Architecture: 'source' },
  lib2: {},
};

describe('ops/selection-world', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-dependencies-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const available = [
    ...parseStanzas(
      Buffer.from(
        Object.entries(PACKAGES)
          .map(([name, fields]) => stanza(name.split(' ')[0] ?? '', fields))
          .join('\n\n'),
      ),
      'test',
    ),
  ].map((parsed) => readCandidate(parsed, { mirror: 'test', component: 'main', what: 'test' }));

  /** What is selected for `app`, as labels, and what is missing. */
  async function select(withDeps: Record<string, unknown>, installed?: string) {
    const file = join(folder, 'installed');
    if (installed !== undefined) writeFileSync(file, installed);
    const settings = { ...withDeps, ...(installed === undefined ? {} : { installed: file }) };
    const mirror: NamedMirror = { name: 'test', config: aptConfig({ filter: 'app', withDeps: settings }) };
    const world = await createWorld(mirror, available, new Upstream().blobs);
    const asked = available.filter(({ name }) => name === 'app');
    const { selected, unsatisfied } = selectWithDependencies(mirror, asked, world);
    return { selected: selected.map(labelOf), unsatisfied };
  }

  it('takes what is asked for and what that needs', async () => {
    expect((await select({})).selected).toEqual(['app_1.0-1_amd64', 'lib_2_amd64', 'libc_1.0-1_amd64', 'postfix_1.0-1_amd64']);
  });

  it('takes the sources of all of it, and says which there are not', async () => {
    const { selected, unsatisfied } = await select({ source: true });
    expect(selected).toContain('app-source_1.0-1_source');
    expect(unsatisfied.map(({ requirement }) => requirement).sort()).toEqual([
      'source package gone (= 1.0-1)',
      'source package lib (= 2)',
      'source package libc (= 1.0-1)',
    ]);
    expect(unsatisfied.find(({ requirement }) => requirement.includes('libc'))?.chain).toEqual([
      'app_1.0-1_amd64',
      'lib_2_amd64',
      'libc_1.0-1_amd64',
    ]);
  });

  it('takes what every machine has, in the newest version', async () => {
    expect((await select({ required: true })).selected).toEqual([
      'app_1.0-1_amd64',
      'base-files_1.0-1_amd64',
      'bash_1.0-1_amd64',
      'dpkg_1.22_amd64',
      'lib_2_amd64',
      'libc_1.0-1_amd64',
      'postfix_1.0-1_amd64',
    ]);
  });

  it('leaves out what clients have, and what that satisfies', async () => {
    const status = `Package: exim
Status: install ok installed
Version: 4
Architecture: amd64
Provides: mta

Package: lib
Status: install ok installed
Version: 1
Architecture: amd64
`;
    expect((await select({}, status)).selected).toEqual(['app_1.0-1_amd64', 'lib_2_amd64', 'libc_1.0-1_amd64']);
    expect((await select({}, 'libc\nlib=1\npostfix_1.0-1_amd64\n')).selected).toEqual(['app_1.0-1_amd64', 'lib_2_amd64']);
    expect((await select({}, 'lib=3\npostfix')).selected).toEqual(['app_1.0-1_amd64']);
    expect((await select({}, 'app_2_amd64\n')).selected).toEqual([]);
    expect((await select({ required: true }, 'app\ndpkg=1.22\nbash=9\n')).selected).toEqual([]);
    expect((await select({ required: true }, 'app\ndpkg=1.21\nbash=9\n')).selected).toEqual(['dpkg_1.22_amd64']);
  });

  it('says which file cannot be read or understood', async () => {
    await expect(select({ installed: join(folder, 'missing') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: /"test".*withDeps/,
    });
    await expect(select({}, 'a b c d')).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: /installed, line 1/ });
  });
});

describeWithTools(['gpg'], 'ops/selection-world in a sync', () => {
  let site: Site;
  beforeAll(async () => {
    site = await createSite();
  }, 60_000);
  afterAll(() => site.close());

  it('selects again when what clients have is another', async () => {
    const archive = createAptArchive(site.upstream, site.gnupg);
    const app = imitationPackage('app', 100);
    await archive.publish([
      { ...app, control: `${app.control}Depends: lib, libc\n` },
      imitationPackage('lib', 100),
      imitationPackage('libc', 100),
    ]);
    const installed = join(site.home, 'base.txt');
    writeFileSync(installed, 'libc\n');
    site.configure(`mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"], filter: app, withDeps: { installed: base.txt } }
`);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 2 }] });
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'unchanged', packages: 2 }] });
    writeFileSync(installed, 'libc\nlib\n');
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
    rmSync(installed);
    const failed = await site.mirror('sync');
    expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('base.txt')]);
  }, 60_000);
});
