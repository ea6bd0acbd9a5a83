import { describe, expect, it } from 'vitest';
import { readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { checkPackageFile } from '../../src/apt/package-file.ts';
import { stanza, Upstream } from './archive.ts';

describe('apt/package-file', () => {
  const [parsed] = parseStanzas(Buffer.from(stanza('a')), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  const candidate = readCandidate(parsed, { mirror: 'm', component: 'main', what: 'test' });
  const upstream = new Upstream();

  it('takes what begins as a Debian package', async () => {
    const file = upstream.store(Buffer.from('!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n'));
    await checkPackageFile(candidate, file, upstream.blobs);
  });

  it.each(['', '!<arch>\n', '!<arch>\ncontrol.tar.gz  1', '<html>this is not the page that you wanted</html>'])(
    'refuses %j',
    async (text) => {
      const file = upstream.store(Buffer.from(text));
      await expect(checkPackageFile(candidate, file, upstream.blobs)).rejects.toMatchObject({
        code: 'METADATA_INVALID',
        message: expect.stringContaining('a_1.0-1_amd64'),
      });
    },
  );
});
