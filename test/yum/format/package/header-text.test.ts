import { describe, expect, it } from 'vitest';
import { headerText } from '../../../../src/yum/format/package/header-text.ts';

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

describe('yum/format/package/header-text', () => {
  it('reads UTF-8, and what is not all UTF-8 as ISO 8859-1', () => {
    expect(headerText('plain\ttext\r\n~')).toBe('plain\ttext\r\n~');
    expect(headerText(bytes('Grüße 日本 😀'))).toBe('Grüße 日本 😀');
    expect(headerText('Gr\xfc\xdfe \xa9 \x80')).toBe('Grüße  ');
    expect(headerText(`${bytes('ü')}\xfc`)).toBe('Ãü');
  });

  it('leaves out what XML cannot hold', () => {
    expect(headerText('a\x00\x01\x0b\x1f\x7fb')).toBe('a\x7fb');
    expect(headerText(bytes('a\ufffe\uffffb\u0085'))).toBe('ab\u0085');
    expect(headerText('\xfca\x02')).toBe('üa');
  });

  it('takes a text of megabytes at once', () => {
    expect(headerText('\xfc'.repeat(2 ** 23))).toHaveLength(2 ** 23);
  });
});
