import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientInstructions } from '../../../src/ops/client.ts';
import { buildDeb, createAptArchive } from '../../support/apt-archive.ts';
import { createAptClient } from '../../support/apt-client.ts';
import { mirror, startServing } from '../../support/program.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { createSite, type Site } from '../../support/site.ts';

interface Result {
  readonly missing: readonly string[];
  readonly mirrors: readonly { readonly name: string; readonly status: string; readonly packages: number }[];
  readonly publications: readonly { readonly name: string; readonly packages: number; readonly client: ClientInstructions }[];
}

describeWithTools(['apt-get', 'apt-config', 'dpkg-deb', 'gpg'], 'cli/commands/quickstart', () => {
  let site: Site;
  /** What tells apt, and so quickstart, that the machine uses the test's archive. */
  let env: Record<string, string>;

  beforeAll(async () => {
    site = await createSite();
    const archive = createAptArchive(site.upstream, site.gnupg);
    const debs: string[] = [];
    for (const spec of [
      { Package: 'socat', Depends: 'libdep (>= 1)' },
      { Package: 'libdep' },
      { Package: 'conntrack' },
      { Package: 'unrelated' },
    ]) {
      debs.push(await buildDeb(site.root, spec));
    }
    await archive.publish(debs);
    const etc = join(site.root, 'etc/apt');
    mkdirSync(join(etc, 'sources.list.d'), { recursive: true });
    writeFileSync(join(etc, 'sources.list'), `deb [arch=amd64 signed-by=${archive.key}] ${site.server.url} stable main\n`);
    const config = join(site.root, 'apt.conf');
    writeFileSync(config, `Dir::Etc "${etc}";\nDir::Etc::parts "none";\nAPT::Architecture "amd64";\n`);
    env = { APT_CONFIG: config };
  });
  afterAll(() => site.close());

  const quickstart = async (...args: readonly string[]) => await mirror(['quickstart', '--no-serve', ...args], { cwd: site.home, env });

  it('publishes what the machine has of the default packages, with dependencies', async () => {
    const { status, stdout, stderr } = await quickstart('--dir', 'first');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain('left out, because no repository of this machine has it: ebtables, ethtool');
    expect(stdout).toMatch(/ has 3 packages \(.*\), verified against the upstream keys: socat, conntrack and what they depend on\.\n/);
    expect(stdout).toContain(join(site.home, 'first/mirror.yaml'));
    expect(readFileSync(join(site.home, 'first/mirror.yaml'), 'utf8')).toContain('filter: socat | conntrack\n');
  });

  it('goes on from what is there, and keeps the configuration', async () => {
    const path = join(site.home, 'first/mirror.yaml');
    const before = readFileSync(path, 'utf8');
    site.server.requests.length = 0;
    const { status, stdout, stderr } = await quickstart('--dir', 'first', '--packages', 'unrelated', '--json');
    expect(status).toBe(0);
    expect(stderr).toContain('is kept as it is');
    expect(readFileSync(path, 'utf8')).toBe(before);
    const result = JSON.parse(stdout) as Result;
    expect(result.mirrors).toMatchObject([{ status: 'unchanged', packages: 3 }]);
    expect(site.server.requests.filter((request) => request.endsWith('.deb'))).toEqual([]);
  });

  it('says which names are near when a package that was asked for is nowhere', async () => {
    const { status, stdout, stderr } = await quickstart('--dir', 'second', '--packages', 'socat,contrack');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('"contrack"');
    expect(stderr).toContain('did you mean conntrack?');
    expect(await quickstart('--dir', 'third', '--packages', 'so cat')).toMatchObject({ status: 2 });
  });

  it('goes on without a repository that fails, as long as the packages are in the others', async () => {
    const extra = join(site.root, 'etc/apt/sources.list.d/broken.list');
    writeFileSync(extra, `deb [signed-by=/none.gpg] ${site.server.url}broken stable main\n`);
    try {
      const { status, stdout, stderr } = await quickstart('--dir', 'fourth', '--packages', 'socat');
      expect(status).toBe(3);
      expect(stdout).toMatch(/ has 2 packages /);
      expect(stdout).toContain('Not in it, because they failed: broken-stable.');
      expect(stderr).toContain('broken-stable: ');
    } finally {
      writeFileSync(extra, '');
    }
  });

  it('serves what a real apt installs from with the lines that it prints', async () => {
    const server = await startServing(['quickstart', '--dir', 'first'], { cwd: site.home, env });
    try {
      const { stdout } = await quickstart('--dir', 'first', '--json');
      const [published] = (JSON.parse(stdout) as Result).publications;
      const source = published?.client.files[0]?.content ?? '';
      expect(source).toContain(`URIs: ${server.url}/`);
      const client = createAptClient(join(site.root, 'client'));
      client.sources(source);
      expect(await client.get('update')).toMatchObject({ status: 0 });
      const installed = await client.get('install', '--download-only', 'socat');
      expect(installed.stdout).toContain('libdep');
      expect(installed.status).toBe(0);
    } finally {
      await server.stop();
    }
  });
});
