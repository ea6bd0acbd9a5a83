import { describe, expect, it } from 'vitest';
import { scanBlocks } from '../../../src/yum/createrepo/scan-blocks.ts';
import { readPackage } from '../../../src/yum/format/package/read-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../../../src/yum/format/package/write-elements.ts';
import { smallRpm } from '../small-rpm.ts';

function elements(name: string, id: string, location: string): [string, string, string] {
  const entry = {
    ...readPackage(smallRpm({ name, files: ['/usr/bin/x'] }), name),
    summary: 'of <time file="1"> & \n  <location href="x"/>',
  };
  const facts = { checksum: { algorithm: 'sha256' as const, value: id }, packageSize: 12, fileTime: 34, location, base: 'http://b/?a&c' };
  return [primaryElement(entry, facts), filelistsElement(entry, id), otherElement(entry, id, 10)];
}

const A = elements('ä', 'aa11', 'ö & "x".rpm');
const B = elements('b', 'bb22', 'b.rpm');

function scan(...texts: readonly string[]): ReturnType<typeof scanBlocks> {
  return scanBlocks([Buffer.from(texts[0] ?? ''), Buffer.from(texts[1] ?? ''), Buffer.from(texts[2] ?? '')]);
}

describe('yum/createrepo/scan-blocks', () => {
  it('finds packages and where they stand', () => {
    const result = scan(`${A[0]}\n${B[0]}\n`, `${A[1]}\n${B[1]}\n`, `${A[2]}\n${B[2]}\n`);
    if (result.kind !== 'scanned') throw new Error(result.kind);
    expect(result.entries[0]).toEqual({
      nevra: 'ä-0:1.0-1.noarch',
      id: 'aa11',
      href: 'ö & "x".rpm',
      base: 'http://b/?a&c',
      checksumName: 'sha256',
      fileTime: 34,
      size: 12,
    });
    expect(result.entries[1]?.href).toBe('b.rpm');
    const length = Buffer.byteLength(`${A[0]}\n`);
    expect([...result.starts[0]]).toEqual([0, length, length + Buffer.byteLength(`${B[0]}\n`)]);
  });

  it.each([
    ['another order', [`${A[0]}\n${B[0]}\n`, `${B[1]}\n${A[1]}\n`, `${A[2]}\n${B[2]}\n`]],
    ['a package less', [`${A[0]}\n${B[0]}\n`, `${A[1]}\n`, `${A[2]}\n${B[2]}\n`]],
    ['a package more', [`${A[0]}\n`, `${A[1]}\n${B[1]}\n`, `${A[2]}\n`]],
    ['a piece of one', [`${A[0].slice(0, -4)}`, `${A[1]}\n`, `${A[2]}\n`]],
    ['something between', [`${A[0]}\n<!-- -->\n`, `${A[1]}\n`, `${A[2]}\n`]],
    ['one without its end', [`${A[0].replace('</package>', '')}${B[0]}\n`, `${A[1]}\n`, `${A[2]}\n`]],
    ['another layout', [`${A[0].replaceAll('\n  ', '\n    ')}\n`, `${A[1]}\n`, `${A[2]}\n`]],
  ] as const)('does not take %s', (_, texts) => {
    expect(scan(...texts).kind).toBe('unlike');
  });
});
