import { describe, expect, it } from 'vitest';
import { temporaryCatalogue } from './catalogue-fixture.ts';

describe('store/keys', () => {
  it('pins, replaces and unpins a key', async () => {
    const { catalogue } = await temporaryCatalogue();
    const source = 'https://example.com/key.asc';
    const key = { source, fingerprints: ['AB', 'CD'], armored: '-----BEGIN', pinnedAt: 5 };
    expect(catalogue.pinnedKey(source)).toBeUndefined();
    catalogue.pinKey(key);
    expect(catalogue.pinnedKey(source)).toEqual(key);
    catalogue.pinKey({ ...key, fingerprints: ['EF'] });
    expect(catalogue.pinnedKey(source)?.fingerprints).toEqual(['EF']);
    expect(catalogue.unpinKey(source)).toBe(true);
    expect(catalogue.unpinKey(source)).toBe(false);
    expect(catalogue.pinnedKey(source)).toBeUndefined();
  });
});
