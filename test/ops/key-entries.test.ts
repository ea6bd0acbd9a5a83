import { describe, expect, it } from 'vitest';
import { isFromNetwork, pinName, ppaOf, trustedEntries } from '../../src/ops/key-entries.ts';

const FINGERPRINT = 'ab12'.repeat(10);

describe('ops/key-entries', () => {
  it('trusts the configured keys, or else the key of the PPA', () => {
    expect(trustedEntries({ keys: ['/a'], ppa: 'b/c' })).toEqual(['/a']);
    expect(trustedEntries({ keys: [], ppa: 'b/c' })).toEqual(['ppa:b/c']);
    expect(trustedEntries({ keys: [] })).toEqual([]);
  });

  it('tells files from what is fetched, and names that as it is pinned', () => {
    expect(['https://a/key', 'ppa:b/c', FINGERPRINT, '/etc/key.asc'].map(isFromNetwork)).toEqual([true, true, true, false]);
    expect([pinName('https://a/key'), pinName(`0x${FINGERPRINT}`), pinName('ppa:b/c')]).toEqual([
      'https://a/key',
      FINGERPRINT.toUpperCase(),
      'ppa:b/c',
    ]);
    expect([ppaOf('ppa:b/c'), ppaOf('https://a/key')]).toEqual(['b/c', undefined]);
  });
});
