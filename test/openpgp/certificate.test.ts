import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Certificate, readCertificate } from '../../src/openpgp/certificate.ts';
import { splitKeyFile } from '../../src/openpgp/key-file.ts';
import { readPackets } from '../../src/openpgp/packets.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { certificate, handmadeKey, packet, signature, subkey, subpacket, uint32 } from './handmade.ts';

const MADE = 1_700_000_000;
const DAY = 86_400;
const key = handmadeKey(MADE);
const part = handmadeKey(MADE);
const other = handmadeKey(MADE);

const read = (...packets: Buffer[]): Certificate => readCertificate(readPackets(Buffer.concat(packets)), []);
const forHash = (body: Buffer): Buffer => Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body]);
const lifetime = (seconds: number): Buffer => subpacket(9, uint32(seconds));

/** A user ID with signatures of the key over it. */
function userId(name: string, ...signatures: readonly Parameters<typeof signature>[2][]): Buffer {
  const text = Buffer.from(name);
  const data = Buffer.concat([forHash(key.body), Buffer.from([0xb4]), uint32(text.length), text]);
  return Buffer.concat([packet(13, text), ...signatures.map((fields) => signature(key, data, fields))]);
}

describe('openpgp/certificate', () => {
  const primary = packet(6, key.body);

  it('takes what the newest certification says, of the main user ID where one is said to be that', () => {
    const older = { type: 0x13, created: MADE, hashed: [lifetime(DAY)] };
    const newer = { type: 0x10, created: MADE + DAY, hashed: [lifetime(9 * DAY)] };
    expect(read(primary, userId('A', older, newer)).self?.expires).toBe((MADE + 9 * DAY) * 1000);
    expect(read(primary, userId('A', newer, older)).self?.expires).toBe((MADE + 9 * DAY) * 1000);
    const main = { type: 0x13, created: MADE, hashed: [subpacket(25, Buffer.from([1])), lifetime(5 * DAY)] };
    expect(read(primary, userId('A', newer), userId('B', main))).toMatchObject({ userId: 'A', self: { expires: (MADE + 5 * DAY) * 1000 } });
  });

  it('lets a certification end that says so, and one that was withdrawn count for nothing', () => {
    const ending = { type: 0x13, created: MADE, hashed: [subpacket(3, uint32(DAY))] };
    expect(read(primary, userId('A', ending)).self?.expires).toBe((MADE + DAY) * 1000);
    const said = { type: 0x13, created: MADE };
    const withdrawn = { type: 0x30, created: MADE + DAY };
    expect(read(primary, userId('A', said)).self).toEqual({ expires: undefined, flags: undefined });
    expect(read(primary, userId('A', said, withdrawn)).self).toBeUndefined();
    expect(read(primary, userId('A', said, withdrawn, { ...said, created: MADE + 2 * DAY })).self).toBeDefined();
  });

  it('takes a signature over the key itself where there is no user ID', () => {
    const direct = signature(key, forHash(key.body), { type: 0x1f, created: MADE, hashed: [subpacket(27, Buffer.from([2]))] });
    expect(read(primary, direct)).toMatchObject({ userId: '', self: { flags: 2 } });
  });

  it('takes nothing from others, from wrong signatures, or from those with unknown critical conditions', () => {
    const text = Buffer.from('A');
    const data = Buffer.concat([forHash(key.body), Buffer.from([0xb4]), uint32(text.length), text]);
    const fields = { type: 0x13, created: MADE };
    for (const one of [
      signature(other, data, fields),
      signature(key, Buffer.concat([data, text]), fields),
      signature(key, data, { ...fields, hashed: [subpacket(0x80 | 99, Buffer.alloc(1))] }),
      packet(2, Buffer.from([4, 0x13, 22])),
    ])
      expect(read(primary, packet(13, text), one).self).toBeUndefined();
  });

  it('is revoked by its own word only', () => {
    const self = userId('A', { type: 0x13, created: MADE });
    const fields = { type: 0x20, created: MADE + DAY };
    expect(read(primary, signature(key, forHash(key.body), fields), self).revoked).toBe(true);
    expect(read(primary, signature(key, forHash(key.body), { ...fields, hash: 1 }), self).revoked).toBe(true);
    expect(read(primary, signature(other, forHash(key.body), fields), self).revoked).toBe(false);
  });

  it('says of a subkey whether it is bound, has agreed, or is revoked', () => {
    const bound = Buffer.concat([forHash(key.body), forHash(part.body)]);
    const good = subkey(key, part, { binder: key, created: MADE, crossSigned: true });
    const of = (...packets: Buffer[]): unknown => read(certificate(key, MADE, packets)).subkeys[0];
    expect(of(good)).toMatchObject({ binding: { flags: 2 }, agreed: true, revoked: false });
    expect(of(subkey(key, part, { binder: key, created: MADE, crossSigned: false }))).toMatchObject({ agreed: false });
    expect(of(subkey(key, part, { binder: other, created: MADE, crossSigned: true }))).toMatchObject({ binding: undefined });
    expect(of(good, signature(key, bound, { type: 0x28, created: MADE + DAY }))).toMatchObject({ revoked: true });
    expect(of(good, signature(part, bound, { type: 0x28, created: MADE + DAY }))).toMatchObject({ revoked: false });
  });

  it('leaves out subkeys of other versions, and shows no control characters', () => {
    const old = packet(14, Buffer.concat([Buffer.from([3]), part.body.subarray(1)]));
    expect(read(certificate(key, MADE, [old])).subkeys).toEqual([]);
    expect(read(primary, packet(13, Buffer.from('A\u001b[31mB\n'))).userId).toBe('A[31mB');
  });
});

describeWithTools(['shared data'], 'openpgp/certificate, with forged keys', () => {
  it.each(['CVE-2021-3521-badbind.asc', 'CVE-2021-3521-nosubsig.asc', 'CVE-2021-3521-nosubsig-last.asc', 'type-confusion.asc'])(
    'does not take the subkey of %s for one that is bound',
    (name) => {
      const [packets = []] = splitKeyFile(readFileSync(join(SHARED_DATA ?? '', 'fixtures/rpm-tests/keys', name)));
      const { self, subkeys } = readCertificate(packets, []);
      expect(self).toBeDefined();
      expect(subkeys[0]).toMatchObject({ binding: undefined, agreed: false });
    },
  );
});
