import { describe, expect, it } from 'vitest';
import { crossChecks, isFetchedKey, isFingerprint } from '../../src/config/checks.ts';
import { configSchema } from '../../src/config/schema.ts';

type Section = Record<string, unknown>;
const apt = { type: 'apt', url: 'http://x/', suite: 'stable', components: ['main'] };
const yum = { type: 'yum', url: 'http://x/' };

function check(config: Section): string[] {
  const parsed = configSchema.parse({ storage: '/s', ...config });
  return crossChecks(parsed).map(
    ({ path, message, nearest }) => `${path.join('.')}: ${message}${nearest === undefined ? '' : ` (${nearest})`}`,
  );
}

describe('config/checks', () => {
  it('has nothing against a configuration that is right', () => {
    const config = {
      mirrors: { a: apt, b: { ...apt, suite: './', components: undefined }, c: yum, p: { type: 'apt', ppa: 'a/b', suite: 'x' } },
      groups: { g: ['a', 'c'] },
      publications: { a: { from: ['a', 'p'], distribution: 'x' }, c: { from: ['c'] }, whole: { from: ['a'], path: '/' } },
      schedule: { g: '0 3 * * *', a: '0 4 * * *' },
    };
    expect(check(config)).toEqual([]);
  });

  it.each<[Section, string]>([
    [{ type: 'apt', suite: 's' }, 'mirrors.m: it does not say where the upstream is'],
    [{ ...apt, ppa: 'a/b' }, 'mirrors.m.ppa: cannot stand beside url'],
    [{ type: 'apt', ppa: 'a/b', suite: 's', username: 'u' }, 'mirrors.m.username: a PPA is public and asks for none'],
    [{ type: 'apt', ppa: 'a/b', suite: 's', clientCert: 'c' }, 'mirrors.m.clientCert: a PPA is public and asks for none'],
    [{ ...yum, mirrorlist: 'http://x/' }, 'mirrors.m.mirrorlist: cannot stand beside url'],
    [{ ...yum, newestOnly: true, keepVersions: 2 }, 'mirrors.m.keepVersions: cannot stand beside newestOnly, which keeps one version'],
    [{ type: 'yum', mirrorlist: 'http://x/', metalink: 'http://x/' }, 'mirrors.m.metalink: cannot stand beside mirrorlist'],
    [{ ...apt, suite: 'x/' }, 'mirrors.m.components: the suite "x/" is a flat repository (it ends in /), which has no components'],
    [
      { ...apt, verify: ['metadata', 'packages'] },
      'mirrors.m.verify.1: APT packages carry no signatures of their own: the signed metadata vouches for them',
    ],
    [{ ...yum, passwordFile: 'p' }, 'mirrors.m.passwordFile: there is no user name for it'],
    [{ ...yum, clientKey: 'p' }, 'mirrors.m.clientKey: there is no certificate for it'],
    [{ ...yum, keys: ['40976EAF437D05B5'] }, 'mirrors.m.keys.0: "40976EAF437D05B5" is a short key id, which can be forged'],
    [{ ...yum, keys: ['a'.repeat(40)] }, 'mirrors.m.keys.0: a fingerprint needs a place to fetch the key from'],
  ])('refuses the mirror %j', (mirror, problem) => {
    expect(check({ mirrors: { m: mirror } })).toEqual([problem]);
  });

  it("checks a repo's keys as those of a mirror", () => {
    expect(check({ repos: { r: { type: 'apt', keys: ['40976EAF437D05B5', 'a'.repeat(40), 'key.asc'] } } })).toEqual([
      'repos.r.keys.0: "40976EAF437D05B5" is a short key id, which can be forged',
      'repos.r.keys.1: a fingerprint needs a place to fetch the key from',
    ]);
  });

  it('takes a name for one thing only', () => {
    expect(check({ mirrors: { a: apt, b: apt }, repos: { a: { type: 'apt' } }, groups: { b: ['a'] } })).toEqual([
      'repos.a: the name is taken: it is in mirrors too',
      'groups.b: the name is taken: it is in mirrors too',
    ]);
  });

  it('knows the names that groups and schedules may have', () => {
    const config = { mirrors: { ubuntu: apt }, groups: { all: ['ubuntu', 'ubunt'] }, schedule: { al: 'x' } };
    expect(check(config)).toEqual([
      'groups.all.1: no mirror is named "ubunt" (ubuntu)',
      'schedule.al: no mirror or group is named "al" (all)',
    ]);
  });

  it('does not take what every object has for a name', () => {
    expect(
      check({ mirrors: { a: apt }, groups: { g: ['constructor'] }, publications: { p: { from: ['valueof', 'constructor'] } } }),
    ).toEqual(['groups.g.0: no mirror is named "constructor"']);
  });

  it('tells fingerprints from file names', () => {
    expect(isFingerprint(`0x${'AB12'.repeat(10)}`)).toBe(true);
    expect(isFingerprint('AB12 '.repeat(10))).toBe(true);
    expect(isFingerprint('ab'.repeat(32))).toBe(true);
    expect(isFingerprint('keys/ab12.asc')).toBe(false);
    expect(isFingerprint('ab'.repeat(19))).toBe(false);
    expect(['https://a.example.org/k', 'HTTP://a/', 'ab'.repeat(20)].map(isFetchedKey)).toEqual([true, true, true]);
    expect(['keys/ab12.asc', 'file:///k', 'https'].map(isFetchedKey)).toEqual([false, false, false]);
  });
});
