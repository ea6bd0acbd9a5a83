import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../../../src/core/errors.ts';
import { readPackage } from '../../../../src/yum/format/package/read-package.ts';
import type { RpmPackage } from '../../../../src/yum/format/package/rpm-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../../../../src/yum/format/package/write-elements.ts';
import { createPackageReader } from '../../../../src/yum/format/repodata/package-from-elements.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';
import { createRandom } from '../../random.ts';
import { randomPackage } from '../../random-headers.ts';

const facts = {
  checksum: { algorithm: 'sha1' as const, value: 'a'.repeat(40) },
  checksumName: 'sha',
  packageSize: 12,
  fileTime: 34,
  location: 'a&b.rpm',
  base: 'http://x/',
};

/** What elements say that are made of what these elements said. */
function twice(entry: RpmPackage): { readonly once: readonly string[]; readonly again: readonly string[] } {
  const elements = (given: RpmPackage, of: typeof facts): string[] => [
    primaryElement(given, of),
    filelistsElement(given, of.checksum.value),
    otherElement(given, of.checksum.value, undefined),
  ];
  const once = elements(entry, facts);
  const [primary = '', filelists = '', other = ''] = once;
  const read = createPackageReader('a test')({
    primary: Buffer.from(primary),
    filelists: Buffer.from(filelists),
    other: Buffer.from(other),
  });
  expect(read.facts).toEqual(facts);
  return { once, again: elements(read.package, facts) };
}

describe('yum/format/repodata/package-from-elements', () => {
  it('reads back what was written of made-up packages', () => {
    const random = createRandom(11);
    let read = 0;
    for (let index = 0; index < 200; index++) {
      let entry: RpmPackage;
      try {
        entry = readPackage(randomPackage(random, `made-${index}`), 'made');
      } catch (error) {
        if (!isMirrorError(error)) throw error;
        continue;
      }
      read += 1;
      const { once, again } = twice(entry);
      expect(again).toEqual(once);
    }
    expect(read).toBeGreaterThan(100);
  });

  it('refuses an element without a checksum', () => {
    const primary = Buffer.from('<package type="rpm"><name>a</name></package>');
    expect(() => createPackageReader('a test')({ primary, filelists: undefined, other: undefined })).toThrow(/checksum/);
  });
});

describeWithTools(['shared data'], 'yum/format/package-from-elements: real packages', () => {
  it('reads back what was written', () => {
    for (const file of globSync('**/*.rpm', { cwd: SHARED_DATA ?? '' })) {
      let entry: RpmPackage;
      try {
        entry = readPackage(readFileSync(join(SHARED_DATA ?? '', file)), file);
      } catch (error) {
        if (!isMirrorError(error)) throw error;
        continue;
      }
      const { once, again } = twice(entry);
      expect(again, file).toEqual(once);
    }
  });
});
