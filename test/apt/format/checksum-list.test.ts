import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseSha256Sums } from '../../../src/apt/format/checksum-list.ts';
import { sha256 } from '../archive.ts';

const parse = (text: string) => parseSha256Sums(Buffer.from(text), 'SHA256SUMS');
const A = 'a'.repeat(64);

describe('apt/format/checksum-list', () => {
  it('reads what sha256sum writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mirror-sums-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'netboot'));
    writeFileSync(join(folder, 'MANIFEST'), 'list');
    writeFileSync(join(folder, 'netboot/mini iso'), 'image');
    const list = execFileSync('sha256sum', ['--binary', './MANIFEST', './netboot/mini iso'], { cwd: folder });
    expect(parseSha256Sums(list, 'SHA256SUMS')).toEqual([
      { path: 'MANIFEST', expected: { checksums: [{ algorithm: 'sha256', value: sha256(Buffer.from('list')) }] } },
      { path: 'netboot/mini iso', expected: { checksums: [{ algorithm: 'sha256', value: sha256(Buffer.from('image')) }] } },
    ]);
    expect(parse('')).toEqual([]);
  });

  it.each([
    ['a line without a path', `${A}\n`, 'METADATA_INVALID', /line 1 is not/],
    ['a checksum of another kind', `\n${'a'.repeat(32)}  x\n`, 'METADATA_INVALID', /line 2 is not/],
    ['text', 'not found\n', 'METADATA_INVALID', /"not found"/],
    ['a file twice', `${A}  x\n${A}  ./x\n`, 'METADATA_INVALID', /line 2 lists "x" a second time/],
    ['a path that leads out', `${A}  ../x\n`, 'PATH_UNSAFE', /leads out/],
    ['an absolute path', `${A}  /x\n`, 'PATH_UNSAFE', /absolute/],
    ['too many files', Array.from({ length: 20_001 }, (_, index) => `${A}  ${index}\n`).join(''), 'METADATA_INVALID', /more than 20000/],
  ])('refuses %s', (_name, text, code, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
