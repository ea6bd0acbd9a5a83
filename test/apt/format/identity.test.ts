import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isDpkgArchitecture, isDpkgVersion } from '../../../src/apt/format/identity.ts';
import { describeWithTools } from '../../support/requirements.ts';

describe('apt/format/identity', () => {
  it('bounds lengths, and takes nothing that is not ASCII', () => {
    expect(isDpkgVersion('1'.repeat(255))).toBe(true);
    expect(isDpkgVersion('1'.repeat(256))).toBe(false);
    expect(isDpkgVersion('1.é')).toBe(false);
    expect(isDpkgVersion(`1${'-'.repeat(50_000)}`)).toBe(false);
    expect(isDpkgArchitecture('a'.repeat(65))).toBe(false);
    expect(['source', 'any'].map(isDpkgArchitecture)).toEqual([false, false]);
  });

  describeWithTools(['dpkg'], 'as dpkg', () => {
    it.each(
      ['1', '1.0-1', '0:1-1-1', '1.0~rc1', '1:1:1', '2147483647:1', '1+b1', 'v1', '1_0', '1-~', '1-a+'].concat([
        '',
        '1:',
        '1-',
        '-1',
        ':1',
        'a:1',
        '2147483648:1',
        '99999999999:1',
        '1 2',
        '1\n2',
        '/1',
        '1/2',
        '1(2',
        '1-1-',
      ]),
    )('takes versions: %j', (version) => {
      // 1 is a warning: installed all the same.
      const { status } = spawnSync('dpkg', ['--validate-version', version], { stdio: 'ignore' });
      const unsafe = /[/(\n]/.test(version);
      expect(isDpkgVersion(version)).toBe((status ?? 2) < 2 && !unsafe);
    });

    it.each(['amd64', 'all', 'any-x', 'kfreebsd-amd64', '1a', '', '-x', 'a+b', 'a.b', 'a b', 'a_b'])('takes architectures: %j', (name) => {
      expect(isDpkgArchitecture(name)).toBe(spawnSync('dpkg', ['--validate-archname', name], { stdio: 'ignore' }).status === 0);
    });
  });
});
