import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createFullAptArchive } from '../support/full-apt-archive.ts';
import { run, succeed } from '../support/program.ts';
import { repackInstalled } from '../support/repack.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

/** debootstrap needs root, and a Debian machine whose packages the upstream can be made of. */
const isPossible = process.getuid?.() === 0 && existsSync('/var/lib/dpkg/info/base-files.list');

describeWithTools(['debootstrap', 'wget', 'dpkg-source', 'apt-ftparchive', 'gpg'], 'clients/debootstrap', () => {
  let site: Site;
  afterAll(() => site?.close());

  it.skipIf(!isPossible)(
    'builds a minimal root from a published part of a Debian suite',
    async () => {
      site = await createSite();
      const archive = createFullAptArchive(site.upstream, site.gnupg);
      const debs = join(site.root, 'debs');
      const installed = (await succeed('dpkg-query', ['-W', '-f', `\${Package} \${Priority} \${db:Status-Status}\\n`])).split('\n');
      const required = installed.filter((line) => line.endsWith(' required installed')).map((line) => line.split(' ')[0] ?? '');
      const recurse = [
        '--recurse',
        '--installed',
        '--no-recommends',
        '--no-suggests',
        '--no-conflicts',
        '--no-breaks',
        '--no-replaces',
        '--no-enhances',
      ];
      const closure = (await succeed('apt-cache', ['depends', ...recurse, ...required, 'apt'])).split('\n');
      const known = new Set(installed.map((line) => line.split(' ')[0]));
      await repackInstalled(
        [...new Set(closure)].filter((name) => known.has(name) && name !== ''),
        debs,
      );
      for (const deb of readdirSync(debs)) await archive.addPackage(join(debs, deb));
      rmSync(debs, { recursive: true });
      await archive.sign();
      site.configure(`
mirrors:
  base: { type: apt, url: "${site.server.url}", suite: stable, components: [main], architectures: [amd64], keys: ["${archive.key}"], filter: "Priority (= required) | apt", withDeps: true }
publications:
  base: { from: [base], distribution: bookworm, suite: stable }
`);
      await site.ok('sync');
      await site.ok('publish', 'base');
      const server = await site.serve();

      const keyring = join(site.root, 'keyring.gpg');
      const key = join(site.root, 'key.asc');
      writeFileSync(key, await site.ok('key', 'export'));
      execFileSync('gpg', ['--homedir', site.gnupg.home, '--dearmor', '-o', keyring, key]);
      const target = join(site.root, 'target');
      const options = ['--variant=minbase', '--arch=amd64', `--keyring=${keyring}`];
      const built = await run('debootstrap', [...options, 'bookworm', target, `${server.url}/base`], { env: { LC_ALL: 'C' } });
      const log = existsSync(join(target, 'debootstrap/debootstrap.log'))
        ? readFileSync(join(target, 'debootstrap/debootstrap.log'), 'utf8')
        : '';
      expect([built.status, built.stdout.slice(-500), built.stderr, log.slice(-2000)]).toMatchObject([
        0,
        expect.stringContaining('successfully'),
        '',
        '',
      ]);
      const inside = await succeed('chroot', [target, 'dpkg-query', '-W', '-f', `\${Package} \${db:Status-Status}\\n`]);
      const states = inside.trim().split('\n');
      expect(states.filter((line) => !line.endsWith(' installed'))).toEqual([]);
      expect(states.map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining([...required, 'apt']));
      expect(await succeed('chroot', [target, 'apt-get', '--version'])).toMatch(/^apt /);
    },
    300_000,
  );
});
