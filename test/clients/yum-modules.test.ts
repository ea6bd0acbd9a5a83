import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';
import { publishWith } from '../support/yum-fixtures.ts';

const TOOLS = ['dnf', 'createrepo_c', 'modifyrepo_c', 'rpmbuild', 'gpg'];

/** Each in release 1, with what it requires. */
const PACKAGES: readonly (readonly [name: string, version: string, ...requires: string[]])[] = [
  ['node', '8.1', 'npm'],
  ['node', '8.2', 'npm'],
  ['node', '10.1', 'npm'],
  ['npm', '8', 'node'],
  ['npm', '10', 'node'],
  ['yarn', '1', 'node'],
  ['app', '1', 'node'],
  ['app', '2', 'node'],
  ['tool', '1'],
];

function modulemd(nsv: string, requires: string, ...artifacts: readonly string[]): string {
  const [name, stream, version] = nsv.split(' ');
  const names = [...new Set(artifacts.map((artifact) => artifact.split('-')[0]))];
  return `---
document: modulemd
version: 2
data:
  name: ${name}
  stream: ${stream}
  version: ${version}
  context: abcd
  arch: x86_64
  summary: The module ${name}
  description: A test
  license: { module: [MIT] }
  dependencies:
  - requires: ${requires}
  profiles:
    default:
      rpms: [${names.join(', ')}]
  artifacts:
    rpms:
${artifacts.map((artifact) => `    - ${artifact.replace('-', '-0:')}-1.noarch`).join('\n')}
...
`;
}

const MODULES = [
  modulemd('node 8 1', '{}', 'node-8.1', 'npm-8'),
  modulemd('node 8 2', '{}', 'node-8.2', 'npm-8'),
  modulemd('node 10 1', '{}', 'node-10.1', 'npm-10'),
  modulemd('yarn 1.10 1', '{node: [10]}', 'yarn-1'),
  '---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: node\n  stream: "8"\n  profiles:\n    "8": [default]\n    "10": [default]\n...\n',
].join('');

const group = (id: string, ...names: readonly string[]): string =>
  `<group><id>${id}</id><name>The ${id}</name><description/><default>true</default><uservisible>true</uservisible><packagelist>${names
    .map((name) => `<packagereq type="mandatory">${name}</packagereq>`)
    .join('')}</packagelist></group>`;
const COMPS = `<?xml version="1.0"?><!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>${group('apps', 'app', 'tool')}${group('tools', 'tool')}
<category><id>all</id><name>All</name><description/><grouplist><groupid>apps</groupid><groupid>tools</groupid></grouplist></category></comps>`;

const advisory = (
  id: string,
  ...files: readonly string[]
): string => `<update from="t" status="final" type="security" version="1"><id>${id}</id>
<title>${id}</title><issued date="2020-01-01 00:00:00"/><updated date="2020-01-01 00:00:00"/><severity>Important</severity><description>d</description><pkglist><collection short="">
${files.map((file) => `<package name="${file.split('-')[0]}" version="${file.split('-')[1]}" release="1" epoch="0" arch="noarch"><filename>${file}-1.noarch.rpm</filename></package>`).join('\n')}
</collection></pkglist></update>`;
const UPDATEINFO = `<updates>${advisory('A-app', 'app-2', 'tool-1')}${advisory('A-tool', 'tool-1')}${advisory('A-node', 'node-8.2')}</updates>`;

describeWithTools(TOOLS, 'clients/yum-modules', () => {
  let site: Site;
  let server: RunningServer;
  let client: DnfClient;

  beforeAll(async () => {
    site = await createSite();
    const signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test upstream']);
    const key = join(site.root, 'key.asc');
    writeFileSync(key, site.gnupg.gpg(['--armor', '--export', signer]));
    const folder = join(site.upstream, 'os');
    for (const [name, version, ...requires] of PACKAGES) {
      await buildRpm(folder, { name, version, preamble: requires.map((required) => `Requires: ${required}`) });
    }
    const files = { group: ['comps.xml', COMPS], modules: ['modules.yaml', MODULES], updateinfo: ['updateinfo.xml', UPDATEINFO] } as const;
    const further = join(site.root, 'further');
    mkdirSync(further);
    for (const [name, text] of Object.values(files)) writeFileSync(join(further, name), text);
    const paths = Object.entries(files).map(([type, [name]]) => [type, join(further, name)]);
    await publishWith(folder, site.gnupg, signer, Object.fromEntries(paths));
    const mirror = (settings: string): string =>
      `{ type: yum, url: "${site.server.url}os/", keys: ["${key}"], verify: [metadata]${settings} }`;
    site.configure(`
mirrors:
  all: ${mirror('')}
  ten: ${mirror(', filter: "Module (= node:10)"')}
  app: ${mirror(', filter: "app (= 2-1)", withDeps: true')}
  yarn: ${mirror(', filter: yarn, withDeps: true')}
  newest: ${mirror(', newestOnly: true')}
  keep: ${mirror(', keepVersions: 2')}
  old: ${mirror(', filter: "node (= 8.1-1) | npm (= 8-1)"')}
publications:
  all: { from: [all] }
  ten: { from: [ten] }
  app: { from: [app] }
  yarn: { from: [yarn] }
  newest: { from: [newest] }
  merged: { from: [old, ten] }
`);
    await site.ok('sync');
    await site.ok('publish', 'all', 'ten', 'app', 'yarn', 'newest', 'merged');
    server = await site.serve();
    client = createDnfClient(join(site.root, 'client'));
    const repositories = await Promise.all(
      ['all', 'ten', 'app', 'yarn', 'newest', 'merged'].map((name) => site.client(name, 'yum', server.url)),
    );
    client.repositories(repositories.join('\n'));
  }, 120_000);
  afterAll(() => site.close());

  const dnf = (repository: string, ...args: readonly string[]) =>
    client.dnf('-q', `--repo=${repository}`, '--setopt=module_platform_id=platform:el9', '--setopt=install_weak_deps=False', ...args);
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const packagesOf = async (name: string): Promise<string[]> => lines(await site.ok('query', name)).sort();

  it('selects by module, with dependencies of the same streams, and the newest of each', async () => {
    expect(await packagesOf('ten')).toEqual(['node-10.1-1.noarch', 'npm-10-1.noarch']);
    expect(await packagesOf('app')).toEqual(['app-2-1.noarch', 'node-8.2-1.noarch', 'npm-8-1.noarch']);
    expect(await packagesOf('yarn')).toEqual(['node-10.1-1.noarch', 'npm-10-1.noarch', 'yarn-1-1.noarch']);
    const newest = ['app-2-1', 'node-10.1-1', 'node-8.2-1', 'npm-10-1', 'npm-8-1', 'tool-1-1', 'yarn-1-1'];
    expect(await packagesOf('newest')).toEqual(newest.map((label) => `${label}.noarch`));
    expect(await packagesOf('keep')).toHaveLength(PACKAGES.length);
  });

  it('searches mirrors and snapshots by module', async () => {
    await site.ok('snapshot', 'create', 'frozen', '--from', 'all');
    await site.ok('snapshot', 'filter', 'frozen', 'frozen-yarn', 'Module (yarn)', '--with-deps');
    expect(lines(await site.ok('query', 'frozen', 'Stream (1.10)'))).toEqual(['yarn-1-1.noarch']);
    expect(lines(await site.ok('query', 'frozen', '!Module'))).toEqual(['app-1-1.noarch', 'app-2-1.noarch', 'tool-1-1.noarch']);
    expect(await packagesOf('frozen-yarn')).toEqual(await packagesOf('yarn'));
    expect(lines(await site.ok('query', 'yarn', 'Module (node:10:1:abcd)', '--format', '{{.Module}}'))).toEqual([
      'node:10:1:abcd',
      'node:10:1:abcd',
    ]);
  });

  it('merges streams beside each other', async () => {
    await site.ok('snapshot', 'merge', 'both', 'old', 'ten');
    const both = ['node-10.1-1.noarch', 'node-8.1-1.noarch', 'npm-10-1.noarch', 'npm-8-1.noarch'];
    expect(await packagesOf('both')).toEqual(both);
    expect(await packagesOf('merged')).toEqual(both);
    await site.ok('snapshot', 'merge', 'newer', 'both', 'app');
    expect(await packagesOf('newer')).toEqual([
      'app-2-1.noarch',
      'node-10.1-1.noarch',
      'node-8.2-1.noarch',
      'npm-10-1.noarch',
      'npm-8-1.noarch',
    ]);
    await site.ok('snapshot', 'pull', 'both', 'app', 'pulled', 'node');
    expect(await packagesOf('pulled')).toEqual(['node-10.1-1.noarch', 'node-8.2-1.noarch', 'npm-10-1.noarch', 'npm-8-1.noarch']);
  });

  it('lists the modules of what is published', async () => {
    const streams = async (name: string): Promise<string[]> => {
      const { stdout, stderr, status } = await dnf(name, 'module', 'list');
      expect(status, stderr).toBe(0);
      return lines(stdout).flatMap((line) => /^(node|yarn) +(\S+( \[d\])?)/.exec(line)?.slice(1, 3).join(' ') ?? []);
    };
    expect(await streams('all')).toEqual(['node 8 [d]', 'node 10', 'yarn 1.10']);
    expect(await streams('ten')).toEqual(['node 10']);
    expect(await streams('app')).toEqual(['node 8 [d]']);
    expect(await streams('yarn')).toEqual(['node 10', 'yarn 1.10']);
    expect(await streams('newest')).toEqual(['node 8 [d]', 'node 10', 'yarn 1.10']);
    expect(await streams('merged')).toEqual(['node 8 [d]', 'node 10']);
    // npm is of both versions, so that both are there.
    const { stdout } = await dnf('newest', 'module', 'info', 'node:8');
    expect(stdout.match(/^Version .*$/gm)).toEqual(['Version          : 1', 'Version          : 2']);
  });

  it.each([
    ['all', ['module', 'install', 'node:10/default'], ['node-10.1-1', 'npm-10-1']],
    ['all', ['install', 'app'], ['app-2-1', 'node-8.2-1', 'npm-8-1']],
    ['ten', ['module', 'install', 'node:10/default'], ['node-10.1-1', 'npm-10-1']],
    ['app', ['install', 'app'], ['app-2-1', 'node-8.2-1', 'npm-8-1']],
    ['app', ['module', 'install', 'node:8/default'], ['node-8.2-1', 'npm-8-1']],
    ['yarn', ['module', 'install', 'yarn:1.10/default'], ['node-10.1-1', 'npm-10-1', 'yarn-1-1']],
    ['newest', ['module', 'install', 'node:8/default'], ['node-8.2-1', 'npm-8-1']],
    ['merged', ['module', 'install', 'node:8/default'], ['node-8.1-1', 'npm-8-1']],
  ])('%s: dnf %j installs', async (name, command, expected) => {
    const { stdout, stderr } = await client.dnf(
      ...[`--repo=${name}`, '--setopt=module_platform_id=platform:el9', '--setopt=install_weak_deps=False', '--assumeno', ...command],
    );
    const found = [...stdout.matchAll(/^ (\S+) +noarch +(\S+) /gm)].map(([, own, version]) => `${own}-${version}`).sort();
    expect(found, stderr).toEqual(expected);
  });

  it('has the groups and advisories of what is published, and nothing else', async () => {
    const groups = await dnf('app', 'group', 'info', 'apps');
    expect(groups.stdout).toMatch(/Mandatory Packages:\n +app\n?$/);
    expect((await dnf('all', 'group', 'list', '-v')).stdout).toMatch(/The apps \(apps\)\n +The tools \(tools\)/);
    expect((await dnf('app', 'group', 'list', '-v')).stdout).not.toContain('tools');
    expect((await dnf('all', 'group', 'install', 'apps', '--downloadonly')).status).toBe(0);
    expect((await dnf('app', 'group', 'install', 'apps', '--downloadonly')).status).toBe(0);
    expect(await dnf('all', 'install', 'app-1', 'tool')).toMatchObject({ status: 0 });
    const advisories = async (name: string): Promise<string[]> =>
      lines((await dnf(name, 'updateinfo', 'list', '--all')).stdout).map((line) => line.trim());
    expect(await advisories('app')).toEqual([
      expect.stringMatching(/^A-app +Important\/Sec. app-2-1.noarch$/),
      expect.stringMatching(/^i? *A-node/),
    ]);
    expect((await advisories('all')).join('\n')).toMatch(/A-tool +Important\/Sec. tool-1-1.noarch/);
  });
});
