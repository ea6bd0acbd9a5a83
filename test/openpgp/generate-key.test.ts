import { describe, expect, it } from 'vitest';
import { readArmor } from '../../src/openpgp/armor.ts';
import { type GenerateKeyOptions, generateKey } from '../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { readPackets } from '../../src/openpgp/packets.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const make = (options: Partial<GenerateKeyOptions>) => generateKey({ userId: 'Mirror', algorithm: 'ed25519', time: MADE, ...options });

describe('openpgp/generate-key', () => {
  it('makes a version 4 key of one primary key without subkeys', async () => {
    const key = await make({ userId: 'Mirror of Example <mirror@example.org>' });
    const [block] = readArmor(key.publicKey, { textAround: false });
    const packets = readPackets(block?.data ?? Buffer.alloc(0));
    expect(packets.map((packet) => packet.tag)).toEqual([6, 13, 2]);
    const primary = packets[0]?.body;
    // Version, and the algorithm number of the EdDSA form that gpg 2.2 and rpm 4 know.
    expect([primary?.[0], primary?.[5]]).toEqual([4, 22]);
    expect(packets[1]?.body.toString()).toBe('Mirror of Example <mirror@example.org>');
    const { keys } = await readKeyring([{ bytes: Buffer.from(key.publicKey), source: 'own key' }]);
    expect(keys).toMatchObject([{ fingerprint: key.fingerprint, algorithm: 'Ed25519', expires: undefined }]);
  });

  it('sets the expiry', async () => {
    const expires = new Date('2028-01-01T00:00:00Z');
    const key = await make({ expires });
    const { keys } = await readKeyring([{ bytes: Buffer.from(key.publicKey), source: 'own key' }]);
    expect(keys[0]?.expires).toBe(expires.getTime());
  });

  it.each(['Name', 'Name <a@b.example>', '<a@b.example>', 'Naïve Näme (comment) <a@b.example>'])(
    'accepts the user id %j',
    async (userId) => {
      const { publicKey } = await make({ userId });
      const { keys } = await readKeyring([{ bytes: Buffer.from(publicKey), source: 'own key' }]);
      expect(keys[0]?.userId).toBe(userId);
    },
  );

  it.each([
    ['an empty user id', { userId: ' ' }, 'is empty'],
    ['a line break in it', { userId: 'a\nb' }, 'control character'],
    ['half an address', { userId: 'Name <a@b' }, 'is not of the form'],
    ['an expiry before its time', { expires: new Date('2025-01-01') }, 'cannot expire'],
    ['an expiry that does not fit', { expires: new Date('2200-01-01') }, 'cannot expire'],
  ])('refuses %s', async (_, options, message) => {
    await expect(make(options)).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(message) });
  });
});
