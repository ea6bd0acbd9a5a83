import { describe, expect, it } from 'vitest';
import { parseCredentials } from '../../../../src/serve/registry/users/credentials.ts';

const basic = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('serve/registry/users/credentials', () => {
  it('reads Basic and Bearer, in any case', () => {
    expect(parseCredentials(basic('alice:se:cret'))).toEqual({ kind: 'basic', name: 'alice', password: 'se:cret' });
    expect(parseCredentials(basic('ä:ö').replace('Basic', 'bAsIc '))).toEqual({ kind: 'basic', name: 'ä', password: 'ö' });
    expect(parseCredentials('bearer a.b-_.c')).toEqual({ kind: 'bearer', token: 'a.b-_.c' });
  });

  it('takes no header and empty Basic credentials, which skopeo sends, for nobody', () => {
    expect(parseCredentials(undefined)).toEqual({ kind: 'none' });
    expect(parseCredentials(basic(':'))).toEqual({ kind: 'none' });
    expect(parseCredentials(basic('alice:'))).toEqual({ kind: 'basic', name: 'alice', password: '' });
  });

  it.each(['', 'Basic', 'Basic ', 'Digest a', 'Basic !', 'Bearer', 'Bearer a b', basic('alice'), basic(Buffer.from([0xff, 0x3a]))])(
    'cannot read %j',
    (header) => expect(parseCredentials(header)).toEqual({ kind: 'unreadable' }),
  );
});
