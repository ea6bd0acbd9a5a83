import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { descriptionKey, descriptionMd5, readTranslations } from '../../../src/apt/format/translation.ts';
import { recordsOf } from './records-of.ts';

describe('apt/format/translation', () => {
  it('reads what belongs to which description', async () => {
    const text = 'Package: a\nDescription-md5: 0A\nDescription-en: short\n long\n\nPackage: b\nDescription-md5: 0b\nDescription-en: ß\n';
    const records = await recordsOf(readTranslations(Readable.from([Buffer.from(text)]), 'Translation-en'));
    expect(records.map(({ key }) => key)).toEqual([descriptionKey('a', '0a'), 'b 0b']);
    expect(String(records[0]?.bytes)).toBe('Package: a\nDescription-md5: 0A\nDescription-en: short\n long\n\n');
  });

  it('takes the MD5 that is stated, or computes it as apt does', () => {
    expect(descriptionMd5(Buffer.from('Package: a\nDescription: x\nDescription-md5: 99'))).toBe('99');
    const text = 'the a package\n of a test\n .\n end';
    expect(descriptionMd5(Buffer.from(`Package: a\nDescription:  ${text}\nTag: x`))).toBe(
      createHash('md5').update(`${text}\n`).digest('hex'),
    );
    expect(descriptionMd5(Buffer.from('Package: a'))).toBeUndefined();
  });
});
