import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, joinCleartext, splitCleartext } from '../../src/openpgp/cleartext.ts';

const SIGNATURE = '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n';
const HEAD = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n';
const split = (text: string): { hashed: string; text: string; signatures: string } => {
  const parts = splitCleartext(Buffer.from(text, 'latin1'));
  return { hashed: parts.hashed.toString('latin1'), text: parts.text.toString('latin1'), signatures: parts.signatures };
};

describe('openpgp/cleartext', () => {
  it('gives the hashed form, the text and the signatures', () => {
    expect(split(`${HEAD}Origin: A\n b \t \n\n- -dash\n- plain\n${SIGNATURE}${SIGNATURE}`)).toEqual({
      hashed: 'Origin: A\r\n b\r\n\r\n-dash\r\nplain',
      text: 'Origin: A\n b\n\n-dash\nplain\n',
      signatures: SIGNATURE + SIGNATURE,
    });
  });

  it('sees the same text with CRLF line ends', () => {
    const document = `${HEAD}Origin: A\n\nB \n${SIGNATURE}`;
    const { hashed, text } = split(document);
    expect(split(document.replaceAll('\n', '\r\n'))).toMatchObject({ hashed, text });
  });

  it('reads a text without lines, and one of empty lines', () => {
    expect(split(HEAD + SIGNATURE)).toMatchObject({ hashed: '', text: '' });
    expect(split(`${HEAD}\n\n${SIGNATURE}`)).toMatchObject({ hashed: '\r\n', text: '\n\n' });
  });

  it.each(['Hash: SHA256,SHA512', 'Hash: SHA256, SHA512', 'Hash: SHA1\nHash: SHA512'])('accepts the header %j', (header) => {
    expect(split(HEAD.replace('Hash: SHA256', header) + SIGNATURE).text).toBe('');
  });

  it('accepts a document without headers', () => {
    expect(split(`${HEAD.replace('Hash: SHA256\n', '')}a\n${SIGNATURE}`).text).toBe('a\n');
  });

  it.each([
    ['text before the message', `Origin: Evil\n\n${HEAD}a\n${SIGNATURE}`, 'first line is not'],
    ['a blank line before the message', `\n${HEAD}a\n${SIGNATURE}`, 'first line is not'],
    ['blanks after the BEGIN line', `${HEAD.replace('MESSAGE-----', 'MESSAGE----- ')}a\n${SIGNATURE}`, 'first line is not'],
    ['a byte order mark', `\xef\xbb\xbf${HEAD}a\n${SIGNATURE}`, 'first line is not'],
    ['an inline-signed message', '-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n', 'first line is not'],
    ['a document that is not signed', 'Origin: Debian\n', 'first line is not'],
    ['nothing', '', 'is not a cleartext-signed document'],
    ['the header NotDashEscaped', `${HEAD.replace('\n\n', '\nNotDashEscaped: You need GnuPG\n\n')}a\n${SIGNATURE}`, 'line 3 is a header'],
    ['the header Version', `${HEAD.replace('\n\n', '\nVersion: 1\n\n')}a\n${SIGNATURE}`, 'other than Hash'],
    ['text where headers are', `${HEAD.replace('\n\n', '\nOrigin: Evil\n\n')}a\n${SIGNATURE}`, 'other than Hash'],
    ['a Hash header with other text', `${HEAD.replace('SHA256', 'SHA256\tOrigin: Evil')}a\n${SIGNATURE}`, 'other than Hash'],
    ['blanks in the line after the headers', `${HEAD.replace('\n\n', '\n \n')}a\n${SIGNATURE}`, 'other than Hash'],
    ['headers without end', HEAD.replace('\n\n', '\nHash: SHA256'.repeat(50)) + SIGNATURE, 'other than Hash'],
    ['a line with a dash that is not escaped', `${HEAD}a\n-b\n${SIGNATURE}`, 'line 5 begins with "-"'],
    ['a line of one dash', `${HEAD}a\n-\n${SIGNATURE}`, 'begins with "-"'],
    ['a second message', `${HEAD}a\n${HEAD}b\n${SIGNATURE}`, 'begins with "-"'],
    ['another armor in the text', `${HEAD}a\n-----BEGIN PGP MESSAGE-----\n${SIGNATURE}`, 'begins with "-"'],
    ['blanks after the signature line', `${HEAD}a\n${SIGNATURE.replace('SIGNATURE-----', 'SIGNATURE----- ')}`, 'begins with "-"'],
    ['no signature', `${HEAD}a\n`, 'ends within the signed text'],
    ['no end of the last line', `${HEAD}a`, 'ends within the signed text'],
    ['a NUL', `${HEAD}a\0b\n${SIGNATURE}`, 'control character 0x00'],
    ['a lone CR', `${HEAD}a\rb\n${SIGNATURE}`, 'control character 0x0d'],
    ['two CRs before an LF', `${HEAD}a\r\r\n${SIGNATURE}`, 'control character 0x0d'],
    ['a form feed at the end of a line', `${HEAD}a\f\n${SIGNATURE}`, 'control character 0x0c'],
    ['a vertical tab', `${HEAD}a\v\n${SIGNATURE}`, 'control character 0x0b'],
    ['an escape', `${HEAD}\x1b[2J\n${SIGNATURE}`, 'control character 0x1b'],
  ])('refuses %s', (_, document, message) => {
    expect(() => split(document)).toThrow(message);
  });

  it('reads a line of a megabyte, and 16 MiB of line ends, quickly', () => {
    const started = performance.now();
    expect(split(`${HEAD}${'x'.repeat(1 << 20)}\n${SIGNATURE}`).text).toHaveLength((1 << 20) + 1);
    const parts = splitCleartext(Buffer.from(HEAD + '\n'.repeat(16 << 20) + SIGNATURE));
    expect(parts.text).toHaveLength(16 << 20);
    expect(parts.hashed).toHaveLength(2 * (16 << 20) - 2);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('splits what it joins into the canonical text', async () => {
    const line = fc.string({ unit: fc.constantFrom('-', ' ', '\t', 'a', 'From ', 'é', '\u2028', '-----BEGIN PGP SIGNATURE-----') });
    await fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, ended) => {
        const text = lines.join('\n') + (ended ? '\n' : '');
        const parts = splitCleartext(Buffer.from(joinCleartext(text, SIGNATURE, 'SHA512')));
        expect(parts.hashed).toEqual(canonicalText(text));
        expect(parts.text.toString()).toBe(`${parts.hashed.toString().replaceAll('\r\n', '\n')}\n`);
        expect(parts.signatures).toBe(SIGNATURE);
      }),
    );
  });

  it('never gives a text that the document does not show, whatever is in it', async () => {
    const piece = fc.constantFrom(HEAD, SIGNATURE, '\n', '- ', '-', 'a', ' ', '\r', '\0', 'Hash: X\n');
    await fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const document = HEAD + pieces.join('');
        let text: string;
        try {
          ({ text } = split(document));
        } catch {
          return;
        }
        const shown = document.slice(HEAD.length, document.indexOf('\n-----BEGIN PGP SIGNATURE-----', HEAD.length - 1) + 1).split('\n');
        expect(text.split('\n').slice(0, -1)).toEqual(shown.slice(0, -1).map((line) => line.replace(/^- /, '').replace(/[ \t\r]+$/, '')));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses to sign control characters', () => {
    expect(() => canonicalText('Origin: a\rb\n')).toThrow('control character 0x0d');
  });
});
