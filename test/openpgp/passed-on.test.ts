import { describe, expect, it } from 'vitest';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { combinedKey, signedAt } from '../../src/openpgp/passed-on.ts';
import { openSigner } from '../../src/openpgp/signer.ts';

const MADE = new Date('2025-01-01T00:00:00Z');
const SIGNED = new Date('2025-06-01T12:00:00Z');

describe('openpgp/passed-on', () => {
  it('says when a signature was made', async () => {
    const { armoredSecret } = await generateKey({ userId: 'Test', algorithm: 'ed25519', time: MADE });
    const signer = await openSigner({ armoredSecret });
    const signature = Buffer.from(await signer.signDetached(Buffer.from('text'), SIGNED));
    expect(signedAt(signature, MADE, 'it')).toEqual(SIGNED);
  });

  it('refuses what is no signature', () => {
    expect(() => signedAt(Buffer.from('nothing'), MADE, 'the document')).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });

  it('gives several keys as one block, in which each is found', async () => {
    const keys = await Promise.all(['one', 'two'].map(async (userId) => await generateKey({ userId, algorithm: 'ed25519', time: MADE })));
    const block = combinedKey(keys.map(({ publicKey }) => ({ armored: publicKey })));
    expect(block.match(/BEGIN PGP PUBLIC KEY BLOCK/g)?.length).toBe(1);
    const keyring = await readKeyring([{ bytes: Buffer.from(block), source: 'the block' }]);
    expect(keyring.keys.map(({ fingerprint }) => fingerprint).sort()).toEqual(keys.map(({ fingerprint }) => fingerprint).sort());
  });
});
