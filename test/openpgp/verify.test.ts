import { describe, expect, it } from 'vitest';
import { isMirrorError, type MirrorError } from '../../src/core/errors.ts';
import { writeArmor } from '../../src/openpgp/armor.ts';
import { joinCleartext } from '../../src/openpgp/cleartext.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import type { Keyring } from '../../src/openpgp/types.ts';
import { readSignatures } from '../../src/openpgp/verify.ts';
import {
  certificate,
  type HandmadeKey,
  handmadeKey,
  packet,
  type SignatureFields,
  signature,
  subkey,
  subpacket,
  uint32,
} from './handmade.ts';

const MADE = 1_700_000_000;
const SIGNED = MADE + 86_400;
const NOW = new Date((MADE + 2 * 86_400) * 1000);
const DATA = Buffer.from('Origin: Test\nSuite: stable\n');

const key = handmadeKey(MADE);
const other = handmadeKey(MADE);
const ring = await ringOf(certificate(key, MADE));
const id = key.fingerprint.toString('hex').toUpperCase();
const otherId = other.fingerprint.toString('hex').toUpperCase();

function ringOf(...certificates: Buffer[]): Promise<Keyring> {
  return readKeyring(certificates.map((bytes, index) => ({ bytes, source: `key ${index}` })));
}

function signed(fields: Partial<SignatureFields> = {}, by: HandmadeKey = key, data: Buffer = DATA): Buffer {
  return signature(by, data, { type: 0x00, created: SIGNED, ...fields });
}

async function failure(keyring: Keyring, signatures: Uint8Array, now = NOW): Promise<MirrorError> {
  const error: unknown = await keyring.verifyDetached(DATA, signatures, 'Release', now).catch((thrown: unknown) => thrown);
  if (isMirrorError(error)) return error;
  throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
}

describe('openpgp/verify', () => {
  it('accepts a good signature, binary and armored, and says whose it is and when it was made', async () => {
    const good = { fingerprint: id, signer: id, created: SIGNED * 1000 };
    expect(await ring.verifyDetached(DATA, signed(), 'Release', NOW)).toEqual(good);
    const armored = Buffer.from(writeArmor('PGP SIGNATURE', signed()));
    expect(await ring.verifyDetached(DATA, armored, 'Release', NOW)).toEqual(good);
  });

  it('hashes a text signature with CRLF line ends, whatever the document has', async () => {
    const text = signed({ type: 0x01 }, key, Buffer.from('a\r\nb\r\n'));
    for (const document of ['a\nb\n', 'a\r\nb\r\n'])
      expect(await ring.verifyDetached(Buffer.from(document), text, 'Release', NOW)).toMatchObject({ signer: id });
  });

  it('refuses content that was changed, and names who signed and who is trusted', async () => {
    const changed = Buffer.from(DATA);
    changed[0] = (changed[0] ?? 0) ^ 1;
    await expect(ring.verifyDetached(changed, signed(), 'Release', NOW)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: `Release has no good signature: the signature by ${id} does not match the content; trusted is ${id}`,
    });
  });

  it('refuses a signature by an unknown key, and says how to trust it', async () => {
    const error = await failure(ring, signed({}, other));
    expect(error.code).toBe('SIGNATURE_INVALID');
    expect(error.message).toBe(`Release is signed by ${otherId}, which is not among the trusted keys; trusted is ${id}`);
    expect(error.hint).toContain('keys');
  });

  it('takes one good signature among signatures by unknown keys and of unknown versions', async () => {
    const version9 = packet(2, Buffer.from([9, 0, 1, 10, 0, 0]));
    const signatures = Buffer.concat([version9, signed({}, other), signed()]);
    expect(await ring.verifyDetached(DATA, signatures, 'Release', NOW)).toMatchObject({ signer: id });
    expect((await failure(ring, version9)).message).toContain('no signature of a known version');
  });

  it('refuses a document with a bad signature in the name of a trusted key beside a good one', async () => {
    const both = await ringOf(certificate(key, MADE), certificate(other, MADE));
    const bad = signed({}, other, Buffer.from('something else'));
    expect((await failure(both, Buffer.concat([signed(), bad]))).message).toContain(`the signature by ${otherId} does not match`);
  });

  it.each([
    ['a standalone signature', 0x02],
    ['a certification', 0x10],
    ['a timestamp', 0x40],
  ])('refuses %s as the signature of a document', async (_, type) => {
    const error = await failure(ring, Buffer.concat([signature(key, Buffer.alloc(0), { type, created: SIGNED }), signed({ type })]));
    expect(error).toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(error.message).toContain('not that of a document');
  });

  it('refuses MD5 and SHA-1 as too weak, unless a strong signature is there too', async () => {
    for (const [hash, name] of [
      [1, 'MD5'],
      [2, 'SHA-1'],
    ] as const) {
      const weak = signed({ hash });
      expect(await failure(ring, weak)).toMatchObject({
        code: 'SIGNATURE_WEAK',
        message: `the signature of Release is too weak: the signature by ${id} uses ${name}`,
        hint: expect.not.stringContaining('set '),
      });
      expect(await ring.verifyDetached(DATA, Buffer.concat([weak, signed()]), 'Release', NOW)).toMatchObject({ signer: id });
    }
  });

  it('accepts each where the policy does, and names the setting that would', async () => {
    const files = [{ bytes: certificate(key, MADE), source: 'key' }];
    const [md5, sha1] = [signed({ hash: 1 }), signed({ hash: 2 })];
    const lax = await readKeyring(files, { allowed: ['sha1'], setting: 'mirrors.old.allowWeak' });
    expect(await lax.verifyDetached(DATA, sha1, 'Release', NOW)).toMatchObject({ signer: id });
    expect((await failure(lax, md5)).hint).toContain('set mirrors.old.allowWeak: [md5, sha1].');
    expect((await failure(lax, signed({ hash: 3 }))).hint).not.toContain('allowWeak');
    const changed = lax.verifyDetached(Buffer.from('other'), sha1, 'Release', NOW);
    await expect(changed).rejects.toMatchObject({ message: expect.stringContaining('does not match the content') });
  });

  it('accepts version 3 with a strong hash, of which every byte counts', async () => {
    const version3 = signed({ isVersion3: true });
    expect(await ring.verifyDetached(DATA, version3, 'Release', NOW)).toEqual({ fingerprint: id, signer: id, created: SIGNED * 1000 });
    expect(await failure(ring, signed({ isVersion3: true, hash: 2 }))).toMatchObject({ code: 'SIGNATURE_WEAK' });
    const hint = 6 + 17;
    for (let index = 6; index < version3.length; index++) {
      if (index === hint || index === hint + 1) continue;
      const damaged = Buffer.from(version3);
      damaged[index] = (damaged[index] ?? 0) ^ 0x80;
      await failure(ring, damaged);
    }
  });

  it('checks what comes piece by piece, and lets a part that is not sufficient only spoil the whole', async () => {
    const check = (first: Buffer, second: Buffer, sufficient: boolean): string => {
      const running = ring.startCheck(
        [
          { signatures: readSignatures(first), sufficient },
          { signatures: readSignatures(second), sufficient: true },
        ],
        { what: 'Release', unexpired: 'now' },
      );
      running.update(0, Buffer.from('head'));
      for (const byte of DATA) running.update(1, Buffer.from([byte]));
      try {
        return running.finish(NOW).signer;
      } catch (error) {
        return isMirrorError(error) ? error.code : String(error);
      }
    };
    const head = signed({}, key, Buffer.from('head'));
    const text = signed({ type: 0x01 }, key, Buffer.from(DATA.toString().replaceAll('\n', '\r\n')));
    expect(check(head, signed(), true)).toBe(id);
    expect(check(head, text, false)).toBe(id);
    expect(check(head, signed({}, other), true)).toBe(id);
    expect(check(head, signed({}, other), false)).toBe('SIGNATURE_INVALID');
    expect(check(signed(), signed(), false)).toBe('SIGNATURE_INVALID');
  });

  it('asks for a key that is unexpired now, or was when it signed', async () => {
    const lifetime = subpacket(9, uint32(SIGNED + 3600 - MADE));
    const keyring = await ringOf(certificate(key, MADE, [], { hashed: [lifetime] }));
    const check = (bytes: Buffer, unexpired: 'now' | 'signed') => () => {
      const running = keyring.startCheck([{ signatures: readSignatures(bytes), sufficient: true }], { what: 'Release', unexpired });
      running.update(0, DATA);
      return running.finish(NOW);
    };
    expect(check(signed(), 'signed')()).toMatchObject({ signer: id });
    expect(check(signed(), 'now')).toThrow(`${id} expired on`);
    expect(check(signed({ created: SIGNED + 7200 }), 'signed')).toThrow(`${id} expired on`);
  });

  it('does not say "weak" of an unknown key', async () => {
    expect(await failure(ring, signed({ hash: 2 }, other))).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('refuses signatures from the future, from before the key, and expired ones', async () => {
    const future = signed({ created: NOW.getTime() / 1000 + 2 * 86_400 });
    expect((await failure(ring, future)).message).toContain('in the future');
    const early = signed({ created: MADE - 10 });
    expect((await failure(ring, early)).message).toContain('is younger than its signature');
    const expired = signed({ hashed: [subpacket(3, uint32(3600))] });
    expect((await failure(ring, expired)).message).toContain('expired at');
    const lasting = signed({ hashed: [subpacket(3, uint32(30 * 86_400))] });
    expect(await ring.verifyDetached(DATA, lasting, 'Release', NOW)).toMatchObject({ signer: id });
  });

  it('tolerates a signer whose clock is some hours ahead', async () => {
    const ahead = signed({ created: NOW.getTime() / 1000 + 3600 });
    expect(await ring.verifyDetached(DATA, ahead, 'Release', NOW)).toMatchObject({ signer: id });
  });

  it('refuses critical conditions that it does not know, and passes over others', async () => {
    expect((await failure(ring, signed({ hashed: [subpacket(0x80 | 99, Buffer.alloc(1))] }))).message).toContain('critical condition (99)');
    const harmless = signed({ hashed: [subpacket(99, Buffer.alloc(1)), subpacket(0x80 | 26, Buffer.from('https://example.org'))] });
    expect(await ring.verifyDetached(DATA, harmless, 'Release', NOW)).toMatchObject({ signer: id });
  });

  it('does not trust what is outside of the signature: times there, or what is added there', async () => {
    const undated = signed({ undated: true, unhashed: [subpacket(2, uint32(SIGNED))] });
    expect((await failure(ring, undated)).message).toContain('no creation time');
    const added = signed({ unhashed: [subpacket(3, uint32(1)), subpacket(0x80 | 99, Buffer.alloc(1))] });
    expect(await ring.verifyDetached(DATA, added, 'Release', NOW)).toMatchObject({ signer: id });
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'there is no signature'],
    ['a key', certificate(key, MADE), 'type 6'],
    ['a message around the signature', Buffer.concat([packet(11, Buffer.from('b\0\0\0\0\0data')), signed()]), 'type 11'],
    ['a signature that is cut short', signed().subarray(0, 60), 'cut short'],
    ['a subpacket longer than its area', signed({ hashed: [Buffer.from([200, 1, 2])] }), 'cut short'],
    ['armor with text before it', Buffer.from(`Origin: Evil\n${writeArmor('PGP SIGNATURE', signed())}`), 'outside of the armored block'],
    ['armor with text after it', Buffer.from(`${writeArmor('PGP SIGNATURE', signed())}Origin: Evil\n`), 'outside of the armored block'],
    ['armor of another kind', Buffer.from(writeArmor('PGP PUBLIC KEY BLOCK', signed())), 'PGP PUBLIC KEY BLOCK'],
    ['a hundred signatures', Buffer.concat(Array.from({ length: 100 }, () => signed())), 'more than 64'],
    ['a huge signature', Buffer.alloc(2 << 20, 0x88), 'more than 1048576'],
  ])('refuses %s', async (_, bytes, message) => {
    const error = await failure(ring, bytes);
    expect(error.code).toBe('SIGNATURE_INVALID');
    expect(error.message).toContain(message);
  });

  it('refuses a signature in which any single bit is wrong', async () => {
    const whole = signed();
    // Two bytes of the hash are only a hint, and lengths in bits may be off by a few.
    const hint = 6 + 6 + whole.readUInt16BE(10) + 2;
    const second = hint + 4 + Math.ceil(whole.readUInt16BE(hint + 2) / 8);
    const loose = new Set([hint, hint + 1, hint + 2, hint + 3, second, second + 1]);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      if (loose.has(bit >> 3)) continue;
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await failure(ring, damaged);
    }
  });
});

describe('openpgp/verify, subkeys', () => {
  const part = handmadeKey(MADE);
  const partId = part.fingerprint.toString('hex').toUpperCase();
  const withSubkey = (binder: HandmadeKey, crossSigned: boolean): Promise<Keyring> =>
    ringOf(certificate(key, MADE, [subkey(key, part, { binder, created: MADE, crossSigned })]));

  it('accepts a signature by a subkey that is bound and has signed its binding', async () => {
    const keyring = await withSubkey(key, true);
    expect(await keyring.verifyDetached(DATA, signed({}, part), 'Release', NOW)).toMatchObject({ fingerprint: id, signer: partId });
  });

  it('refuses one that is bound without its own signature, or not by the primary key, or not at all', async () => {
    for (const keyring of [
      await withSubkey(key, false),
      await withSubkey(other, true),
      await ringOf(certificate(key, MADE, [packet(14, part.body)])),
    ]) {
      const error = await failure(keyring, signed({}, part));
      expect(error.code).toBe('SIGNATURE_INVALID');
      expect(error.message).toContain(`${partId} cannot sign`);
      expect(await keyring.verifyDetached(DATA, signed(), 'Release', NOW)).toMatchObject({ signer: id });
    }
  });
});

describe('openpgp/verify, cleartext', () => {
  const document = (text: string, type: number, hashed: string): Buffer =>
    Buffer.from(joinCleartext(text, writeArmor('PGP SIGNATURE', signed({ type }, key, Buffer.from(hashed))), 'SHA512'));

  it.each([0x00, 0x01])('gives exactly the signed text for a signature of type %i', async (type) => {
    const { bytes, signature: by } = await ring.verifyCleartext(document('a \n-b\n', type, 'a\r\n-b'), 'InRelease', NOW);
    expect(bytes.toString()).toBe('a\n-b\n');
    expect(by.signer).toBe(id);
  });

  it('refuses changed text, and documents that are malformed or too large', async () => {
    const good = document('a\nb\n', 1, 'a\r\nb').toString('latin1');
    const verify = (text: string): Promise<unknown> => ring.verifyCleartext(Buffer.from(text, 'latin1'), 'InRelease', NOW);
    await expect(verify(good)).resolves.toBeDefined();
    await expect(verify(good.replace('\nb\n', '\nc\n'))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    await expect(verify(good.replace('a\nb\n', 'a\n\nb\n'))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    await expect(verify(`Origin: Evil\n${good}`)).rejects.toThrow('the signature of InRelease is malformed: its first line');
    await expect(verify(`${good}Origin: Evil\n`)).rejects.toThrow('outside of the armored block');
    await expect(verify(good + good)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    await expect(verify(good.replace(/-----END.*\n/, ''))).rejects.toThrow('has no END line');
    await expect(verify('x'.repeat(17 << 20))).rejects.toThrow('more than 16777216');
  });
});
