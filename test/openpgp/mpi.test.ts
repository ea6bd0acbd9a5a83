import { describe, expect, it } from 'vitest';
import { padded, readMpis } from '../../src/openpgp/mpi.ts';

describe('openpgp/mpi', () => {
  it('reads numbers by their length in bits', () => {
    expect(readMpis(Buffer.from('000101' + '0009' + '01ff' + '0000', 'hex'), 3)).toEqual([
      Buffer.from([1]),
      Buffer.from([1, 0xff]),
      Buffer.alloc(0),
    ]);
  });

  it.each([
    ['a length that is cut short', '00', 1, 'cut short'],
    ['a number that is cut short', '000901', 1, 'cut short'],
    ['fewer numbers than wanted', '000101', 2, 'cut short'],
    ['more than the numbers', '00010100', 1, 'after the numbers'],
  ])('refuses %s', (_, hex, count, message) => {
    expect(() => readMpis(Buffer.from(hex, 'hex'), count)).toThrow(message);
  });

  it('pads with zeros in front', () => {
    expect(padded(Buffer.from([1, 2]), 4)).toEqual(Buffer.from([0, 0, 1, 2]));
    expect(() => padded(Buffer.alloc(5), 4)).toThrow('more than 4');
  });
});
