import { describe, expect, it } from 'vitest';
import { signedText } from '../../src/apt/signed-text.ts';

const now = new Date();
const unchecked = { keyring: undefined, now };
const SIGNED =
  '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nA: 1\n- -B: 2\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n';

// test/apt/local/package-files.test.ts has signatures that are checked.
describe('apt/signed-text', () => {
  it('gives a document that is not signed as it is', async () => {
    expect(await signedText(Buffer.from('A: 1\n'), 'x', unchecked)).toEqual({
      text: Buffer.from('A: 1\n'),
      isSigned: false,
      signedBy: undefined,
    });
  });

  it('gives the text of a signed one', async () => {
    const { text, isSigned, signedBy } = await signedText(Buffer.from(SIGNED), 'x', unchecked);
    expect({ text: text.toString(), isSigned, signedBy }).toEqual({ text: 'A: 1\n-B: 2\n', isSigned: true, signedBy: undefined });
  });

  it('refuses a signed one with something around it', async () => {
    const cut = SIGNED.slice(0, SIGNED.indexOf('-----BEGIN PGP SIGNATURE'));
    await expect(signedText(Buffer.from(cut), 'x', unchecked)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });
});
