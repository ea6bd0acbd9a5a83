import { describe, expect, it } from 'vitest';
import { temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

describe('store/digest-aliases', () => {
  it('finds a SHA-256 by another checksum of the same algorithm only', async () => {
    const { catalogue } = await temporaryCatalogue();
    catalogue.rememberDigests([
      { algorithm: 'sha1', value: 'aa', sha256: sha256('a') },
      { algorithm: 'sha512', value: 'bb', sha256: sha256('b') },
    ]);
    expect(catalogue.sha256For('sha1', 'aa')).toBe(sha256('a'));
    expect(catalogue.sha256For('md5', 'aa')).toBeUndefined();
    catalogue.rememberDigests([{ algorithm: 'sha1', value: 'aa', sha256: sha256('c') }]);
    expect(catalogue.sha256For('sha1', 'aa')).toBe(sha256('c'));
  });
});
