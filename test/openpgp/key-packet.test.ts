import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readKeyPacket } from '../../src/openpgp/key-packet.ts';
import { handmadeKey } from './handmade.ts';

describe('openpgp/key-packet', () => {
  const key = handmadeKey(1_700_000_000);

  it('computes the identifiers of version 4', () => {
    const fingerprint = key.fingerprint.toString('hex').toUpperCase();
    expect(readKeyPacket(key.body)).toMatchObject({ version: 4, fingerprint, keyId: fingerprint.slice(-16), created: 1_700_000_000_000 });
  });

  it('computes the identifiers of version 6', () => {
    const material = Buffer.concat([Buffer.from('00000020', 'hex'), Buffer.alloc(32, 9)]);
    const body = Buffer.concat([Buffer.from('06000000011b', 'hex'), material]);
    const fingerprint = createHash('sha256')
      .update(Buffer.from([0x9b, 0, 0, 0, body.length]))
      .update(body)
      .digest('hex')
      .toUpperCase();
    expect(readKeyPacket(body)).toMatchObject({
      version: 6,
      fingerprint,
      keyId: fingerprint.slice(0, 16),
      material: { description: 'Ed25519' },
    });
  });

  it('keeps a key whose material is malformed as one that cannot be used', () => {
    expect(readKeyPacket(key.body.subarray(0, 30))).toMatchObject({ material: { weakness: expect.stringContaining('is malformed') } });
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'unknown version'],
    ['version 2', Buffer.alloc(20, 2), 'outdated version 2'],
    ['version 3', Buffer.alloc(20, 3), 'outdated version 3'],
    ['version 5', Buffer.alloc(20, 5), 'unknown version 5'],
    ['what is cut short', key.body.subarray(0, 8), 'cut short'],
  ])('refuses %s', (_, body, message) => {
    expect(() => readKeyPacket(body)).toThrow(message);
  });
});
