import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readArmor, writeArmor } from '../../src/openpgp/armor.ts';
import { describeWithTools } from '../support/requirements.ts';

const strict = { textAround: false };
const lenient = { textAround: true };
const block = writeArmor('PGP SIGNATURE', Buffer.from('some signature, long enough to fill more than a single line of the armor'));

describe('openpgp/armor', () => {
  it('reads what it writes, at every length around a line', () => {
    for (let length = 1; length < 150; length++) {
      const data = randomBytes(length);
      expect(readArmor(writeArmor('PGP SIGNATURE', data), strict)).toEqual([{ type: 'PGP SIGNATURE', data }]);
    }
  });

  it('writes lines of at most 64 characters, the checksum line and the END line right after it', () => {
    const lines = block.split('\n');
    expect(lines.every((line) => line.length <= 64)).toBe(true);
    expect(lines.slice(-3)).toEqual([expect.stringMatching(/^=[A-Za-z0-9+/]{4}$/), '-----END PGP SIGNATURE-----', '']);
  });

  it.each([
    ['several blocks', block + block, 2],
    ['CRLF line ends', block.replaceAll('\n', '\r\n'), 1],
    ['blank lines around', `\n\n${block}\n \t\n`, 1],
    ['no checksum', block.replace(/^=.*\n/m, ''), 1],
    ['a blank line before the END line', block.replace('\n-----END', '\n\n-----END'), 1],
    ['headers', block.replace('\n\n', '\nVersion: GnuPG v1\nComment: anything\n\n'), 1],
    ['no line end at the end', block.trimEnd(), 1],
  ])('accepts %s', (_, text, count) => {
    expect(readArmor(text, strict)).toHaveLength(count);
  });

  it.each([
    ['text before', `payload\n${block}`, 'line 1 is outside'],
    ['text between', `${block}payload\n${block}`, 'is outside'],
    ['text after', `${block}payload\n`, 'is outside'],
  ])('refuses %s unless it is tolerated', (_, text, message) => {
    expect(() => readArmor(text, strict)).toThrow(message);
    expect(readArmor(text, lenient).length).toBeGreaterThan(0);
  });

  it.each([
    ['no END line', block.replace(/^-----END.*\n/m, ''), 'has no END line'],
    ['an END line of another kind', block.replace('END PGP SIGNATURE', 'END PGP MESSAGE'), 'follows the checksum'],
    ['no blank line after the headers', block.replace('\n\n', '\n'), 'is not an armor header'],
    ['an unknown header', block.replace('\n\n', '\nOrigin: Debian\n\n'), 'is not an armor header'],
    ['a wrong checksum', block.replace(/^=.{4}/m, '=AAAA'), 'does not match its checksum'],
    ['a line after the checksum', block.replace('\n-----END', '\nAAAA\n-----END'), 'follows the checksum'],
    ['a character that is not base64', block.replace('c29t', 'c2*t'), 'is not base64'],
    ['padding in the middle', block.replace('c29t', 'c29='), 'is not base64'],
    ['half a group', block.replace('c29t', 'c29'), 'is not whole base64'],
    ['nothing in it', '-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n', 'is not whole base64'],
  ])('refuses a block with %s', (_, text, message) => {
    expect(() => readArmor(text, lenient)).toThrow(message);
  });

  it('takes time in proportion to the text', () => {
    const started = performance.now();
    readArmor(`${' '.repeat(2_000_000)}x\n${' \t'.repeat(1_000_000)}x`, lenient);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  describeWithTools(['gpg'], 'against gpg', () => {
    it('reads and writes what gpg does', () => {
      const data = randomBytes(1000);
      const theirs = execFileSync('gpg', ['--enarmor'], { input: data, stdio: ['pipe', 'pipe', 'ignore'] }).toString();
      expect(readArmor(theirs, strict)[0]?.data).toEqual(data);
      const ours = writeArmor('PGP SIGNATURE', data);
      expect(execFileSync('gpg', ['--dearmor'], { input: ours, stdio: ['pipe', 'pipe', 'ignore'] })).toEqual(data);
    });
  });
});
