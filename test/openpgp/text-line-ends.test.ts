import { describe, expect, it } from 'vitest';
import { lineEndConverter } from '../../src/openpgp/text-line-ends.ts';

describe('openpgp/text-line-ends', () => {
  const text = 'a\nb\r\nc\r\rd\n\n';

  it('makes every line end CRLF, wherever the pieces of the text end', () => {
    for (let length = 1; length <= text.length; length++) {
      const convert = lineEndConverter();
      let converted = '';
      for (let at = 0; at < text.length; at += length)
        converted += Buffer.from(convert(Buffer.from(text.slice(at, at + length)))).toString();
      expect(converted).toBe('a\r\nb\r\nc\r\rd\r\n\r\n');
    }
  });
});
