import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../../../src/core/errors.ts';
import { readPackage } from '../../../../src/yum/format/package/read-package.ts';
import type { RpmPackage } from '../../../../src/yum/format/package/rpm-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../../../../src/yum/format/package/write-elements.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';
import { type MadeRpm, type MadeValue, makeRpm } from '../../made-rpm.ts';
import { createRandom } from '../../random.ts';
import { randomPackage } from '../../random-headers.ts';

const PACKAGE: Readonly<Record<number, MadeValue>> = { 1000: 'tool', 1001: '1.0', 1002: '2', 1022: 'x86_64', 1044: 'tool-1.0-2.src.rpm' };

function read(entries: MadeRpm['entries'], further: Omit<MadeRpm, 'entries'> = {}): RpmPackage {
  return readPackage(makeRpm({ entries: { ...PACKAGE, ...entries }, ...further }), 'x.rpm');
}

/** True when it could be read; it may be refused, but fail in no other way. */
function isRead(bytes: Buffer): boolean {
  try {
    const entry = readPackage(bytes, 'x.rpm');
    const facts = { checksum: { algorithm: 'md5' as const, value: 'x' }, packageSize: 1, fileTime: 1, location: 'x' };
    const size = [primaryElement(entry, facts), filelistsElement(entry, 'x'), otherElement(entry, 'x', undefined)].join('').length;
    expect(size).toBeLessThan(5000 + 100 * bytes.length);
    return true;
  } catch (error) {
    if (!isMirrorError(error, 'METADATA_INVALID')) throw error;
    return false;
  }
}

describe('yum/format/package/read-package', () => {
  it('takes the text of the C locale, wherever it stands', () => {
    const summary = { translations: ['ein Werkzeug', 'a tool'] };
    expect(read({ 100: ['de', 'C'], 1004: summary }).summary).toBe('a tool');
    expect(read({ 100: ['de', 'fr'], 1004: summary }).summary).toBe('ein Werkzeug');
    expect(read({ 100: ['de', 'fr', 'C'], 1004: summary }).summary).toBe('ein Werkzeug');
  });

  it('reads sizes of 64 bits, of the signature header too', () => {
    expect(read({ 5009: { int64: [2 ** 40] } }, { signature: { 271: { int64: [2 ** 41] } } })).toMatchObject({
      installedSize: 2 ** 40,
      archiveSize: 2 ** 41,
    });
  });

  it('gives texts of any encoding without what XML cannot hold', () => {
    expect(read({ 1011: 'M\xc3\xbcller', 1015: 'M\xfcller \xa9', 1020: 'a\x01b\x1fc\td' })).toMatchObject({
      vendor: 'Müller',
      packager: 'Müller ',
      url: 'abc\td',
    });
    expect(read({ 1011: 'a\xef\xbf\xbfb' }).vendor).toBe('ab');
  });

  it('says of what a malformed header is: the tag, and where its entry is in the file', () => {
    const bytes = makeRpm({ entries: PACKAGE });
    const header = 96 + 16 + 32 + 20 + 4;
    // The entry of the version is the third: region, name, version.
    const entry = header + 16 + 2 * 16;
    expect(bytes.readUInt32BE(entry)).toBe(1001);
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32BE(value, entry + at);
      return copy;
    };
    const place = `the header entry 1001 at offset 0x${entry.toString(16)}`;
    expect(() => readPackage(changed(4, 77), 'x.rpm')).toThrow(`x.rpm is not a valid RPM package: ${place} has the unknown type 77`);
    expect(() => readPackage(changed(8, 0x7fffffff), 'x.rpm')).toThrow(`${place} points outside of the header`);
    expect(() => readPackage(changed(8, 0), 'x.rpm')).toThrow(`${place} overlaps the one before it`);
    expect(() => readPackage(changed(12, 0x7fffffff), 'x.rpm')).toThrow(`${place} claims 2147483647 values`);
    expect(() => readPackage(changed(0, 1000), 'x.rpm')).toThrow('the header entry 1000 at offset');
  });

  it('refuses a package without what every package has, and files in a directory that there is not', () => {
    expect(() => read({ 1000: '' })).toThrow('x.rpm has no name in its header (tag 1000)');
    expect(() => read({ 1022: '' })).toThrow('has no architecture');
    const files = { 1030: { int16: [0o100644] }, 1037: { int32: [0] }, 1117: ['x'], 1118: ['/etc/'] };
    expect(read({ ...files, 1116: { int32: [0] } }).files).toEqual([{ path: '/etc/x', kind: 'file' }]);
    expect(() => read({ ...files, 1116: { int32: [1] } })).toThrow(/the header entry 1116 at offset 0x\w+ names the directory 1 of 1/);
  });

  it('refuses files whose paths would need far more room than the header', () => {
    const count = 20_000;
    const files = {
      1030: { int16: Array(count).fill(0o100644) },
      1037: { int32: Array(count).fill(0) },
      1116: { int32: Array(count).fill(0) },
      1117: Array(count).fill('x'),
      1118: [`/${'d'.repeat(100_000)}/`],
    };
    expect(() => read(files)).toThrow('makes paths of over');
  });

  it('takes no longer for many relations and changes of one name and date than for others', () => {
    const count = 200_000;
    const names = Array(count).fill('tool');
    const flags = { int32: Array(count).fill(8) };
    const versions = Array.from({ length: count }, (_, index) => String(index));
    const start = process.cpuUsage();
    const entry = read({
      ...{ 1047: names, 1112: flags, 1113: versions, 1049: names, 1048: flags, 1050: versions.toReversed() },
      ...{ 1080: { int32: Array(count).fill(5) }, 1081: names, 1082: versions },
    });
    expect(entry.relations.provides).toHaveLength(count);
    expect(entry.relations.requires).toEqual([]);
    expect(otherElement(entry, 'x', undefined)).toContain(`date="${count + 4}"`);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  });

  it('fails with nothing but an error of its own, wherever a package is cut off or changed', () => {
    const random = createRandom(3);
    let refused = 0;
    for (let round = 0; round < 600; round++) {
      const bytes = randomPackage(random, 'made');
      for (let change = 0; change <= random.below(4); change++) bytes[random.below(bytes.length)] = random.below(256);
      if (!isRead(bytes)) refused++;
    }
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(600);
    const whole = makeRpm({ entries: PACKAGE });
    expect(isRead(whole)).toBe(true);
    for (let length = 0; length < whole.length; length++) expect(isRead(whole.subarray(0, length))).toBe(false);
  });
});

describeWithTools(['shared data'], 'yum/format/read-package: real packages', () => {
  it('fails with nothing but an error of its own, wherever a package is cut off or changed', () => {
    const random = createRandom(5);
    const folder = join(SHARED_DATA ?? '', 'fixtures/createrepo_c/packages');
    for (const name of ['Archer-3.4.5-6.x86_64.rpm', 'balicek-iso88591-1.1.1-1.x86_64.rpm']) {
      const file = readFileSync(join(folder, name));
      const whole = file.subarray(0, readPackage(file, name).headerEnd);
      for (let length = 0; length < whole.length; length++) expect(isRead(whole.subarray(0, length))).toBe(false);
      for (let round = 0; round < 400; round++) {
        const bytes = Buffer.from(whole);
        for (let change = 0; change <= random.below(3); change++) bytes[random.below(bytes.length)] = random.below(256);
        isRead(bytes);
      }
    }
  });
});
