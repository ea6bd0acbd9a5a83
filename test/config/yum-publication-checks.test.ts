import { describe, expect, it } from 'vitest';
import { publicationChecks } from '../../src/config/publication-checks.ts';
import { configSchema } from '../../src/config/schema.ts';

const url = 'http://x/';
const mirrors = {
  whole: { type: 'yum', url },
  other: { type: 'yum', url },
  filtered: { type: 'yum', url, filter: 'a' },
  newest: { type: 'yum', url, newestOnly: true },
  few: { type: 'yum', url, keepVersions: 2 },
  intel: { type: 'yum', url, architectures: ['x86_64'] },
  xenial: { type: 'apt', url, suite: 'xenial', components: ['main'] },
};

function check(publication: Record<string, unknown>): string[] {
  const config = configSchema.parse({ storage: '/s', mirrors, publications: { p: publication } });
  return publicationChecks(config).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
}

describe('config/yum-publication-checks', () => {
  it.each([{ compression: 'zst' }, { database: true }])('has %j only in a yum publication, and not beside verbatim metadata', (key) => {
    const [name] = Object.keys(key);
    expect(check({ from: ['whole'], ...key })).toEqual([]);
    expect(check({ from: ['xenial'], ...key })).toEqual([`${name}: only a yum publication has it; this one is an APT archive`]);
    expect(check({ from: ['xenial'], metadata: 'verbatim', ...key })).toEqual([
      `${name}: only a yum publication has it; this one is an APT archive`,
    ]);
    expect(check({ from: ['whole'], metadata: 'verbatim', ...key })).toEqual([
      `${name}: cannot stand beside metadata: verbatim, which publishes what the upstream says`,
    ]);
  });

  it('publishes as it is only one whole mirror', () => {
    const metadata = 'verbatim';
    expect(check({ from: ['whole'], metadata })).toEqual([]);
    expect(check({ from: ['snapshot'], metadata })).toEqual([]);
    expect(check({ from: ['whole', 'other'], metadata })).toEqual(['from: several sources cannot be published with metadata: verbatim']);
    for (const [mirror, key] of Object.entries({
      filtered: 'filter',
      newest: 'newestOnly',
      few: 'keepVersions',
      intel: 'architectures',
    })) {
      const message = `metadata: mirror "${mirror}" has a ${key}, so that the upstream's metadata would list packages that are not there`;
      expect(check({ from: [mirror], metadata })).toEqual([message]);
    }
  });
});
