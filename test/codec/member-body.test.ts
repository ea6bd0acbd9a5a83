import { describe, expect, it } from 'vitest';
import { createByteReader } from '../../src/codec/byte-reader.ts';
import { memberBody } from '../../src/codec/member-body.ts';

async function* source(): AsyncGenerator<Buffer> {
  for (const piece of ['ab', 'cde', 'f']) yield Buffer.from(piece);
}

const cutShort = (missing: number): Error => new Error(`${missing} missing`);

describe('codec/member-body', () => {
  it('gives its bytes and no others, and passes over what is left', async () => {
    const reader = createByteReader(source());
    const body = memberBody(reader, 4, cutShort);
    const first = await body.content().next();
    expect(String(first.value)).toBe('ab');
    await body.passOver();
    expect((await body.content().next()).done).toBe(true);
    expect(String(await reader.exactly(2))).toBe('ef');
  });

  it('says how much is missing', async () => {
    await expect(memberBody(createByteReader(source()), 9, cutShort).passOver()).rejects.toThrow('3 missing');
  });
});
