import { describe, expect, it } from 'vitest';
import { singleStanza } from '../../../src/apt/format/single-stanza.ts';

describe('apt/format/single-stanza', () => {
  it('gives the stanza between empty lines', () => {
    expect(singleStanza(Buffer.from('\n\nA: 1\nB: 2\n\n'), 'x').bytes.toString()).toBe('A: 1\nB: 2');
  });

  it.each([
    ['', 'x is empty'],
    ['\n\n', 'x is empty'],
    ['A: 1\n\nB: 1\n', 'x has 2 stanzas instead of one'],
    ['A: 1\nB: 2\na: 1\n', 'x has the field a twice'],
  ])('refuses %j', (text, message) => {
    expect(() => singleStanza(Buffer.from(text), 'x')).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message }));
  });
});
