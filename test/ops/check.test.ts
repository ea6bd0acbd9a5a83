import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../src/ops/check.ts';
import { stanza } from '../apt/archive.ts';
import { createSite, type Site } from '../support/site.ts';

const AMD64 = [
  stanza('app', { Depends: 'lib (>= 2), exim | mta', Recommends: 'extra, gone' }),
  stanza('lib', { Version: '2.1' }),
  stanza('exim', { Provides: 'mta', Conflicts: 'mta' }),
  stanza('postfix', { Provides: 'mta', Conflicts: 'mta' }),
  stanza('extra', { Architecture: 'all', Depends: 'lib' }),
  stanza('old', { Depends: 'lib (<< 2)' }),
  stanza('old-app', { Depends: 'old' }),
  stanza('base', { Essential: 'yes' }),
];
const ARM64 = [stanza('app', { Architecture: 'arm64', Depends: 'lib' }), stanza('only-arm', { Architecture: 'arm64' })];

/** An archive without signatures, with the stanzas of each architecture. */
function writeArchive(root: string, indexes: Readonly<Record<string, readonly string[]>>): void {
  const lines = Object.entries(indexes).map(([architecture, stanzas]) => {
    const path = `main/binary-${architecture}/Packages`;
    const content = `${stanzas.join('\n\n')}\n`;
    mkdirSync(dirname(join(root, 'dists/stable', path)), { recursive: true });
    writeFileSync(join(root, 'dists/stable', path), content);
    return ` ${createHash('sha256').update(content).digest('hex')} ${Buffer.byteLength(content)} ${path}`;
  });
  const architectures = Object.keys(indexes).join(' ');
  writeFileSync(
    join(root, 'dists/stable/Release'),
    `Suite: stable\nArchitectures: ${architectures}\nComponents: main\nDate: Sat, 01 Jun 2024 10:00:00 UTC\nSHA256:\n${lines.join('\n')}\n`,
  );
}

describe('ops/check', () => {
  let site: Site;

  beforeAll(async () => {
    site = await createSite();
    writeArchive(join(site.upstream, 'one'), { amd64: AMD64 });
    writeArchive(join(site.upstream, 'two'), { amd64: AMD64, arm64: ARM64 });
    site.configure(`
mirrors:
  one: { type: apt, url: "${site.server.url}one", suite: stable, architectures: [amd64], verify: [] }
  two: { type: apt, url: "${site.server.url}two", suite: stable, architectures: [amd64, arm64], verify: [] }
  part: { type: apt, url: "${site.server.url}one", suite: stable, architectures: [amd64], verify: [], filter: app, withDeps: true }
  never: { type: apt, url: "${site.server.url}one", suite: stable, architectures: [amd64], verify: [] }
`);
    await site.ok('sync', '--metadata-only', 'one', 'two', 'part');
  }, 60_000);
  afterAll(() => site.close());

  const checked = async (...args: readonly string[]): Promise<{ readonly status: number | null; readonly report: CheckReport }> => {
    const { status, stdout } = await site.mirror('check', ...args, '--json');
    return { status, report: JSON.parse(stdout) as CheckReport };
  };
  const text = async (...args: readonly string[]): Promise<string[]> =>
    (await site.mirror('check', ...args)).stdout.trimEnd().split('\n').slice(1);

  it('proves packages alone and together', async () => {
    const { status, report } = await checked('one', '--install', 'app,lib');
    expect(status).toBe(0);
    expect(report).toEqual({
      names: ['one'],
      family: 'apt',
      planned: true,
      installable: true,
      machines: [
        {
          architecture: 'amd64',
          install: [
            { asked: 'app', installable: true, package: 'app_1.0-1_amd64', reasons: [] },
            { asked: 'lib', installable: true, package: 'lib_2.1_amd64', reasons: [] },
          ],
          together: {
            installable: true,
            packages: ['app_1.0-1_amd64', 'base_1.0-1_amd64', 'exim_1.0-1_amd64', 'lib_2.1_amd64'],
            bytes: 4000,
            conflicting: [],
            reasons: [],
          },
          all: null,
        },
      ],
    });
    expect(await text('one', '--install', 'app', '--install', 'lib')).toEqual([
      'app can be installed: app_1.0-1_amd64',
      'lib can be installed: lib_2.1_amd64',
      'they can be installed together: 4 packages, 3.9 KiB with all that they need',
    ]);
  });

  it('says why a package cannot be installed, and what is not there at all', async () => {
    expect(await text('one', '--install', 'old-app,lib=2.1,lib=3,extrb')).toEqual([
      'old-app cannot be installed:',
      '  old-app_1.0-1_amd64 depends on old: old_1.0-1_amd64',
      '  old_1.0-1_amd64 depends on lib (<< 2), but lib_2.1_amd64 is all there is',
      'lib=2.1 can be installed: lib_2.1_amd64',
      'lib=3 cannot be installed:',
      '  lib=3 is not there; there is lib',
      'extrb cannot be installed:',
      '  extrb is not there; there is extra',
    ]);
    const { status, report } = await checked('one', '--install', 'old');
    expect(status).toBe(1);
    expect(report.machines[0]?.install[0]?.reasons).toEqual([
      {
        kind: 'requires',
        package: 'old_1.0-1_amd64',
        relation: 'lib (<< 2)',
        candidates: [],
        similar: ['lib_2.1_amd64'],
        text: 'old_1.0-1_amd64 depends on lib (<< 2), but lib_2.1_amd64 is all there is',
      },
    ]);
  });

  it('says which packages cannot be installed together', async () => {
    expect(await text('one', '--install', 'lib,exim,postfix')).toEqual([
      'lib can be installed: lib_2.1_amd64',
      'exim can be installed: exim_1.0-1_amd64',
      'postfix can be installed: postfix_1.0-1_amd64',
      'exim, postfix cannot be installed together:',
      '  exim_1.0-1_amd64 conflicts with mta: postfix_1.0-1_amd64',
    ]);
    expect((await checked('one', '--install', 'exim,postfix')).status).toBe(1);
  });

  it('checks every package', async () => {
    expect(await text('one', '--all')).toEqual([
      'old_1.0-1_amd64 cannot be installed:',
      '  old_1.0-1_amd64 depends on lib (<< 2), but lib_2.1_amd64 is all there is',
      '  for that reason also not: old-app_1.0-1_amd64',
      'of 8 packages, 2 cannot be installed',
    ]);
    const { status, report } = await checked('part', '--all');
    expect([status, report.machines[0]?.all]).toEqual([0, { packages: 3, broken: [] }]);
  });

  it('takes what is recommended along, as far as it is there', async () => {
    const packages = async (...flags: readonly string[]) =>
      (await checked('one', '--install', 'app,lib', ...flags)).report.machines[0]?.together?.packages.map((label) => label.split('_')[0]);
    expect(await packages()).not.toContain('extra');
    expect(await packages('--recommends')).toEqual(['app', 'base', 'exim', 'extra', 'lib']);
  });

  it('keeps what a machine has installed', async () => {
    const status = join(site.root, 'status');
    const entry = (name: string, version: string, more = '') =>
      `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n${more}\n`;
    writeFileSync(
      status,
      entry('postfix', '0.9', 'Provides: mta\nConflicts: mta\n') + entry('lib', '1.5') + entry('mine', '1', 'Depends: not-there\n'),
    );
    const { report } = await checked('one', '--install', 'app,lib', '--installed', status);
    expect(report.machines[0]?.together?.packages).toEqual(['app_1.0-1_amd64', 'base_1.0-1_amd64', 'lib_2.1_amd64']);
    expect(await text('one', '--install', 'exim,old-app', '--installed', status)).toEqual([
      'exim cannot be installed:',
      '  postfix_0.9_amd64 is installed already, or could be upgraded to postfix_1.0-1_amd64',
      '  exim_1.0-1_amd64 conflicts with mta: postfix_1.0-1_amd64',
      '  exim_1.0-1_amd64 conflicts with mta: postfix_0.9_amd64',
      'old-app can be installed: old-app_1.0-1_amd64',
    ]);
    const list = join(site.root, 'list');
    writeFileSync(list, 'postfix 0.9\nlib=1.5\n');
    expect((await checked('one', '--install', 'old-app', '--installed', list)).status).toBe(0);
    expect(await checked('one', '--install', 'app', '--installed', join(site.root, 'gone'))).toMatchObject({
      status: 1,
      report: { error: { code: 'FILE_MISSING' } },
    });
  });

  it('proves for each architecture what there is for it, or for the one that is asked for', async () => {
    expect(await text('two', '--install', 'app,only-arm')).toEqual([
      'app can be installed on amd64: app_1.0-1_amd64',
      'app cannot be installed on arm64:',
      '  app_1.0-1_arm64 depends on lib, which is not there',
      'only-arm can be installed on arm64: only-arm_1.0-1_arm64',
    ]);
    expect(await text('two', '--install', 'app,only-arm', '--architecture', 'amd64')).toEqual([
      'app can be installed: app_1.0-1_amd64',
      'only-arm cannot be installed:',
      '  only-arm is not there',
    ]);
    expect(await checked('two', '--install', 'app', '--architecture', 'riscv64')).toMatchObject({
      status: 2,
      report: { error: { code: 'USAGE' } },
    });
  });

  it('takes packages from any of several sources, each once', async () => {
    const { status, report } = await checked('part', 'one', '--all');
    expect([status, report.machines[0]?.all?.packages]).toEqual([1, 8]);
    expect((await checked('part', '--install', 'extra')).status).toBe(1);
    expect((await checked('part', 'one', '--install', 'extra')).status).toBe(0);
  });

  it('refuses to check nothing, or what was never synced', async () => {
    expect(await checked('one')).toMatchObject({ status: 2, report: { error: { code: 'USAGE' } } });
    expect(await checked('never', '--all')).toMatchObject({ status: 1, report: { error: { code: 'NEVER_SYNCED' } } });
    expect(await checked('nowhere', '--all')).toMatchObject({ status: 2, report: { error: { code: 'NAME_UNKNOWN' } } });
    expect(await checked('one', '--install', 'lib (')).toMatchObject({ status: 2, report: { error: { code: 'QUERY_INVALID' } } });
  });
});
