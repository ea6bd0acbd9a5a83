import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { run, succeed } from '../support/program.ts';
import { DEBIAN_SOURCES, describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

/** What debootstrap takes besides the packages that are required by their priority. */
const FILTER = 'Priority (required) | apt | usr-is-merged';

interface Configuration {
  readonly mirrors: Record<string, { filter?: string; withDeps?: boolean }>;
  publications: unknown;
}

/** Takes a minimal system out of the archives that the machine's own apt uses, and lets debootstrap build it from the publication. */
describeWithTools(['debootstrap', 'debian sources', 'root', 'gpg'], 'clients/debootstrap', () => {
  let site: Site;
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '')?.[1] ?? '';

  beforeAll(async () => {
    site = await createSite();
    await site.ok('add', '--from', DEBIAN_SOURCES ?? '');
    const path = join(site.home, 'mirror.yaml');
    const configuration = parse(readFileSync(path, 'utf8')) as Configuration;
    for (const mirror of Object.values(configuration.mirrors)) Object.assign(mirror, { filter: FILTER, withDeps: true });
    configuration.publications = { minimal: { from: Object.keys(configuration.mirrors), distribution: suite, merge: 'latest' } };
    writeFileSync(path, stringify(configuration));
    await site.ok('sync');
    await site.ok('publish', 'minimal');
  }, 300_000);
  afterAll(async () => await site.close());

  it('builds a minimal root from it', async () => {
    const server = await site.serve();
    const keyring = join(site.root, 'keyring.gpg');
    const armored = join(site.root, 'key.asc');
    writeFileSync(armored, await site.ok('key', 'export'));
    await succeed('gpg', ['--dearmor', '--output', keyring, armored]);
    const root = join(site.root, 'root');
    const { status, stdout, stderr } = await run('debootstrap', [
      '--variant=minbase',
      `--keyring=${keyring}`,
      suite,
      root,
      `${server.url}/minimal`,
    ]);
    expect({ status, end: (stdout + stderr).trimEnd().split('\n').at(-1) }).toEqual({
      status: 0,
      end: 'I: Base system installed successfully.',
    });
    expect(await succeed('chroot', [root, 'dpkg', '--audit'])).toBe('');
    expect(await succeed('chroot', [root, 'apt-get', 'check'])).not.toMatch(/^E:/m);
  }, 300_000);
});
