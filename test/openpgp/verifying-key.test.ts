import { createMessage, generateKey, sign } from 'openpgp';
import { describe, expect, it } from 'vitest';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { verifyingKey } from '../../src/openpgp/verifying-key.ts';

const TIME = new Date('2026-01-01T00:00:00Z');
const DATA = Buffer.from('some data');

describe('openpgp/verifying-key', () => {
  const kinds = [
    ['Ed25519 in its old encoding', 'Ed25519', { type: 'ecc', curve: 'ed25519Legacy' }, false],
    ['Ed25519', 'Ed25519', { type: 'curve25519' }, false],
    ['Ed25519 of version 6', 'Ed25519', { type: 'curve25519' }, true],
    ['Ed448', 'Ed448', { type: 'curve448' }, false],
    ['Ed448 of version 6', 'Ed448', { type: 'curve448' }, true],
    ['ECDSA P-256', 'ECDSA P-256', { type: 'ecc', curve: 'nistP256' }, false],
    ['ECDSA P-521 of version 6', 'ECDSA P-521', { type: 'ecc', curve: 'nistP521' }, true],
    ['RSA 2048 of version 6', 'RSA 2048', { type: 'rsa', rsaBits: 2048 }, true],
  ] as const;

  it.each(kinds)('reads %s, which vouches for what it signs and nothing else', async (_, algorithm, key, v6Keys) => {
    const config = { v6Keys };
    const { privateKey, publicKey } = await generateKey({ ...key, userIDs: [{ name: 'A' }], date: TIME, format: 'object', config });
    const ring = await readKeyring([{ bytes: publicKey.write(), source: 'key' }]);
    expect(ring.keys).toMatchObject([{ algorithm, fingerprint: publicKey.getFingerprint().toUpperCase() }]);

    const message = await createMessage({ binary: new Uint8Array(DATA) });
    const signature = await sign({ message, signingKeys: privateKey, detached: true, date: TIME, format: 'binary' });
    await expect(ring.verifyDetached(DATA, signature, 'data', TIME)).resolves.toMatchObject({ created: TIME.getTime() });
    await expect(ring.verifyDetached(Buffer.from('other'), signature, 'data', TIME)).rejects.toMatchObject({
      message: expect.stringContaining('does not match the content'),
    });
  });

  const point = `0203${'04'.padEnd(130, '1')}`;
  it.each([
    ['ECDSA on a Brainpool curve', `13092b2403030208010107${point}`, 'curve that is not supported'],
    ['ECDSA on secp256k1', `13052b8104000a${point}`, 'curve that is not supported'],
    ['EdDSA on another curve', `16052b8104000a${point}`, 'curve that is not supported'],
    ['DSA of 512 bits', `110200${'ff'.repeat(64)}00a0${'ff'.repeat(20)}000101000101`, '512 bits'],
    ['DSA with odd numbers', `110400${'ff'.repeat(128)}0080${'ff'.repeat(16)}000101000101`, 'unreasonable size'],
    ['RSA of 1024 bits', `010400${'ff'.repeat(128)}0011010001`, '1024 bits'],
    ['RSA with a huge exponent', `010800${'ff'.repeat(256)}0800${'ff'.repeat(256)}`, 'unreasonable size'],
    ['RSA with the exponent 1', `010800${'ff'.repeat(256)}000101`, 'impossible exponent'],
    ['RSA with an even exponent', `010800${'ff'.repeat(256)}001101fffe`, 'impossible exponent'],
    ['RSA with a modulus padded with zeros', `011000${'00'.repeat(448)}${'ff'.repeat(64)}0011010001`, 'only 512 bits'],
    ['ML-DSA', '1f00000000', 'algorithm 31'],
  ])('does not take %s', (_, material, weakness) => {
    expect(verifyingKey(Buffer.from(`0400000000${material}`, 'hex'))).toMatchObject({ weakness: expect.stringContaining(weakness) });
  });

  it.each([
    ['nothing', ''],
    ['an RSA key without an exponent', '04000000000100088000'],
    ['an EdDSA key with a point that is too short', '040000000016092b06010401da470f01000840'],
    ['an ECDSA key with a compressed point', `040000000013082a8648ce3d030107010302${'11'.repeat(32)}`],
    ['an ECDSA key with a point off the curve', `040000000013082a8648ce3d030107020304${'11'.repeat(64)}`],
    ['an Ed25519 key that is too short', '04000000001b11223344'],
  ])('refuses %s', (_, hex) => {
    expect(() => verifyingKey(Buffer.from(hex, 'hex'))).toThrow();
  });
});
