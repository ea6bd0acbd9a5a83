import { describe, expect, it } from 'vitest';
import { publicationChecks } from '../../src/config/publication-checks.ts';
import { configSchema } from '../../src/config/schema.ts';

const mirrors = {
  xenial: { type: 'apt', url: 'http://x/', suite: 'xenial', components: ['main'] },
  some: { type: 'apt', url: 'http://x/', suite: 'xenial', components: ['main'], filter: 'a' },
  flat: { type: 'apt', url: 'http://x/', suite: './' },
  docker: { type: 'yum', url: 'http://x/' },
};

function check(publication: Record<string, unknown>, more: Record<string, unknown> = {}): string[] {
  const config = configSchema.parse({ storage: '/s', mirrors, publications: { p: publication }, ...more });
  return publicationChecks(config).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
}

describe('config/apt-publication-checks', () => {
  it.each([
    { suite: 'a' },
    { codename: 'a' },
    { version: '1' },
    { description: 'a' },
    { notAutomatic: true },
    { signedBy: ['own'] },
    { validFor: '1d' },
    { architectures: ['amd64'] },
  ])('refuses %j in a yum publication, and beside verbatim metadata', (key) => {
    const [name] = Object.keys(key);
    expect(check({ from: ['docker'], ...key })).toEqual([`${name}: only an apt publication has it; this one is a yum repository`]);
    expect(check({ from: ['xenial'], metadata: 'verbatim', ...key })[0]).toMatch(`${name}: cannot stand beside metadata: verbatim`);
    expect(check({ from: ['xenial'], ...key }, { signing: { key: 'k' } })).toEqual([]);
  });

  it('takes switches that are off as if they were not there', () => {
    expect(check({ from: ['docker'], notAutomatic: false, butAutomaticUpgrades: false })).toEqual([]);
  });

  it('refuses what clients cannot make sense of', () => {
    expect(check({ from: ['xenial'], butAutomaticUpgrades: true })).toEqual(['butAutomaticUpgrades: does nothing without notAutomatic']);
    expect(check({ from: ['xenial'], signedBy: ['own'] })).toEqual(['signedBy: "own" is the signing key, and there is none']);
    expect(check({ from: ['xenial'], validFor: '999ms' })[0]).toMatch(/^validFor: is shorter/);
    expect(check({ from: ['xenial'], architectures: ['amd64', 'all'] })).toEqual(['architectures: "all" is no architecture of its own']);
  });

  it('publishes as it is only one whole mirror, under its own suite', () => {
    const verbatim = { metadata: 'verbatim' };
    expect(check({ from: ['xenial'], ...verbatim })).toEqual([]);
    expect(check({ from: ['xenial'], distribution: 'xenial', ...verbatim })).toEqual([]);
    expect(check({ from: ['flat'], ...verbatim })).toEqual([]);
    expect(check({ from: ['flat'] })).toEqual(['distribution: is missing']);
    expect(check({ from: ['xenial', 'flat'], ...verbatim })).toEqual(['from: several sources cannot be published with metadata: verbatim']);
    expect(check({ from: ['some'], ...verbatim })[0]).toMatch(/^metadata: mirror "some" has a filter/);
    expect(check({ from: ['xenial'], distribution: 'bionic', ...verbatim })).toEqual([
      'distribution: "bionic" is not the suite that the upstream has signed',
    ]);
  });
});
