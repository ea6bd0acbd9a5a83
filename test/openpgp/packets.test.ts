import { describe, expect, it } from 'vitest';
import { readPackets } from '../../src/openpgp/packets.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('openpgp/packets', () => {
  it.each([
    ['old format, one byte of length', '88 02 aabb', 2],
    ['old format, two bytes', '89 0002 aabb', 2],
    ['old format, four bytes', '8a 00000002 aabb', 2],
    ['new format, one byte', 'c2 02 aabb', 2],
    ['new format, five bytes', 'c2 ff 00000002 aabb', 2],
  ])('reads %s', (_, bytes, tag) => {
    const data = hex(bytes);
    expect(readPackets(data)).toEqual([{ tag, body: hex('aabb'), whole: data }]);
  });

  it('reads a new-format length of two bytes', () => {
    const body = Buffer.alloc(8383, 7);
    const [packet] = readPackets(Buffer.concat([hex('c6 dfff'), body]));
    expect(packet?.tag).toBe(6);
    expect(packet?.body).toEqual(body);
  });

  it('reads packets one after another, and none of no data', () => {
    expect(readPackets(hex('c2 00 c6 01 aa')).map((packet) => packet.tag)).toEqual([2, 6]);
    expect(readPackets(Buffer.alloc(0))).toEqual([]);
  });

  it.each([
    ['a byte that begins no packet', '42', 'does not begin an OpenPGP packet'],
    ['a body that is cut short', 'c2 03 aabb', 'cut short'],
    ['a length that is cut short', 'c2 ff 0000', 'cut short'],
    ['an indeterminate length', '8b aabb', 'has no length'],
    ['a partial length', 'c2 e1 aabb 00', 'is in parts'],
    ['a length of 4 GiB', 'c2 ff ffffffff aa', 'cut short'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readPackets(hex(bytes))).toThrow(message);
  });

  it('refuses an endless row of packets', () => {
    expect(() => readPackets(Buffer.alloc(40_000, hex('c2 00')))).toThrow('more than 10000');
  });
});
