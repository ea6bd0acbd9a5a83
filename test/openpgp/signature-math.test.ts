import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitKeyFile } from '../../src/openpgp/key-file.ts';
import { readPackets } from '../../src/openpgp/packets.ts';
import { isMathematicallyGood, startMath, weaknessOf } from '../../src/openpgp/signature-math.ts';
import { parseSignature, type SignaturePacket } from '../../src/openpgp/signature-packet.ts';
import { type VerifyingKey, verifyingKey } from '../../src/openpgp/verifying-key.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { signature as handmade, handmadeKey } from './handmade.ts';
import { headerSignatures } from './rpm-signatures.ts';

function parsed(packet: Buffer): SignaturePacket {
  const signature = parseSignature(readPackets(packet)[0]?.body ?? Buffer.alloc(0));
  if (signature === undefined) throw new Error('not a signature');
  return signature;
}

function strong(body: Buffer): VerifyingKey {
  const key = verifyingKey(body);
  if ('weakness' in key) throw new Error(key.weakness);
  return key;
}

describe('openpgp/signature-math', () => {
  const secret = handmadeKey(1);
  const key = strong(secret.body);
  const data = Buffer.from('data');
  const good = parsed(handmade(secret, data, { type: 0, created: 2 }));

  it('tells good from wrong', () => {
    expect(isMathematicallyGood(good, key, data)).toBe(true);
    expect(isMathematicallyGood(good, key, Buffer.from('dat'))).toBe(false);
    expect(isMathematicallyGood(good, strong(handmadeKey(1).body), data)).toBe(false);
  });

  it.each<readonly [string, Partial<SignaturePacket>]>([
    ['another public-key algorithm', { publicKeyAlgorithm: 1 }],
    ['another hash algorithm', { hashAlgorithm: 8 }],
    ['an unknown hash algorithm', { hashAlgorithm: 99 }],
    ['no numbers', { material: Buffer.alloc(0) }],
    ['numbers that are too long', { material: Buffer.concat([Buffer.from([4, 0]), Buffer.alloc(128, 1), Buffer.from([0, 1, 1])]) }],
    ['numbers of nothing', { material: Buffer.alloc(4) }],
    ['salt', { version: 6, salt: Buffer.alloc(3) }],
  ])('calls a signature with %s wrong', (_, change) => {
    expect(isMathematicallyGood({ ...good, ...change }, key, data)).toBe(false);
  });

  it.each([
    [1, 'MD5'],
    [2, 'SHA-1'],
    [3, 'RIPEMD-160'],
    [99, 'unknown hash algorithm 99'],
  ])('calls hash algorithm %i weak', (hashAlgorithm, name) => {
    expect(weaknessOf({ ...good, hashAlgorithm }, [])?.reason).toContain(name);
    expect(isMathematicallyGood({ ...good, hashAlgorithm }, key, data)).toBe(false);
  });

  it('accepts MD5 and SHA-1 each where that is wanted, and RIPEMD-160 never', () => {
    const accepted = (['md5', 'sha1', 'dsa'] as const).map((weak) =>
      [1, 2, 3, 99].filter((hashAlgorithm) => weaknessOf({ ...good, hashAlgorithm }, [weak]) === undefined),
    );
    expect(accepted).toEqual([[1], [2], []]);
  });

  it.each([8, 9, 10, 11, 12, 14])('does not call hash algorithm %i weak', (hashAlgorithm) => {
    expect(weaknessOf({ ...good, hashAlgorithm }, [])).toBeUndefined();
  });

  it.each([1, 2, 8, 10, 11])('computes hash algorithm %i', (hash) => {
    const signed = parsed(handmade(secret, data, { type: 0, created: 2, hash }));
    expect(isMathematicallyGood(signed, key, data)).toBe(true);
    const running = startMath(signed, key);
    for (const byte of data) running.update(Buffer.from([byte]));
    expect(running.finish()).toBe(true);
  });
});

describeWithTools(['shared data'], 'openpgp/signature-math, with packages', () => {
  it('computes version 3 as rpm does', () => {
    const fixtures = join(SHARED_DATA ?? '', 'fixtures/rpm-tests');
    const [[primary] = []] = splitKeyFile(readFileSync(join(fixtures, 'keys/rpm.org-rsa-2048-test.pub')));
    const key = strong(primary?.body ?? Buffer.alloc(0));
    const { header, signatures } = headerSignatures(readFileSync(join(fixtures, 'RPMS/hello-2.0-1.x86_64-v3-signed.rpm')));
    const signature = parsed(signatures[0] ?? Buffer.alloc(0));
    expect(signature.version).toBe(3);
    expect(isMathematicallyGood(signature, key, header)).toBe(true);
    expect(isMathematicallyGood(signature, key, header.subarray(1))).toBe(false);
  });
});
