import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackage } from '../../../../src/yum/format/package/read-package.ts';
import { filelistsElement, otherElement, type PackageFacts, primaryElement } from '../../../../src/yum/format/package/write-elements.ts';
import { checkElement } from '../../../../src/yum/format/repodata/canonical-element.ts';
import { USUAL_NAMESPACES } from '../../../../src/yum/format/repodata/namespaces.ts';
import { createPrimaryReader } from '../../../../src/yum/format/repodata/primary.ts';
import { XmlScanner } from '../../../../src/yum/format/xml/xml-scanner.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';
import { compareWithCreaterepo } from '../../createrepo-c.ts';
import { makeRpm } from '../../made-rpm.ts';
import { createRandom } from '../../random.ts';
import { randomPackage } from '../../random-headers.ts';
import { buildRandomPackages } from '../../random-specs.ts';

const ID = 'ab'.repeat(32);
const FACTS: PackageFacts = {
  checksum: { algorithm: 'sha256', value: ID },
  packageSize: 1234,
  fileTime: 1700000000,
  location: 'Packages/a & b.rpm',
};

describe('yum/format/package/write-elements', () => {
  it('writes what the readers of this program read', () => {
    const random = createRandom(11);
    const read = createPrimaryReader('x');
    const scanner = new XmlScanner();
    for (let index = 0; index < 100; index++) {
      const entry = readPackage(randomPackage(random, `made-${index}`), 'x');
      const element = Buffer.from(primaryElement(entry, FACTS));
      const { name, epoch, version, release, architecture } = entry;
      expect(read({ bytes: element, namespaces: USUAL_NAMESPACES })).toEqual({
        ...{ name, epoch, version, release, architecture, base: undefined },
        ...{ checksum: FACTS.checksum, size: 1234, location: 'Packages/a & b.rpm', bytes: element },
      });
      for (const text of [filelistsElement(entry, ID), otherElement(entry, ID, undefined)]) {
        const bytes = Buffer.from(text);
        expect(checkElement({ bytes, namespaces: USUAL_NAMESPACES }, scanner, 'x')).toBe(bytes);
      }
    }
  });

  it('writes a base and the name of the checksum where they are given', () => {
    const entry = readPackage(
      makeRpm({ entries: { 1000: 'p', 1001: '1', 1002: '2', 1022: 'noarch', 1044: 'p-1-2.src.rpm', 1106: { int32: [0] } } }),
      'x',
    );
    const element = primaryElement(entry, { ...FACTS, base: 'https://example.com/?a&b', checksumName: 'sha' });
    expect(element).toContain('<location xml:base="https://example.com/?a&amp;b" href="Packages/a &amp; b.rpm"/>');
    expect(element).toContain(`<checksum type="sha" pkgid="YES">${ID}</checksum>`);
    expect(element).toContain('<arch>noarch</arch>');
  });
});

describeWithTools(['createrepo_c', 'python3-createrepo-c'], 'yum/format/package/write-elements beside createrepo_c', () => {
  let work = '';
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'mirror-elements-'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('of packages that no builder would build', { timeout: 60_000 }, async () => {
    const folder = join(work, 'made');
    mkdirSync(folder);
    const random = createRandom(7);
    for (let index = 0; index < 400; index++) writeFileSync(join(folder, `made-${index}.rpm`), randomPackage(random, `made-${index}`));
    expect(await compareWithCreaterepo(folder)).toEqual({ packages: 400, differences: [] });
  });

  describeWithTools(['shared data'], 'of every real package', () => {
    it('of the shared data', { timeout: 120_000 }, async () => {
      const folder = join(work, 'real');
      mkdirSync(folder);
      const files = globSync('**/*.{rpm,rpm-v3}', { cwd: SHARED_DATA ?? '' });
      expect(files.length).toBeGreaterThan(500);
      for (const file of files)
        symlinkSync(join(SHARED_DATA ?? '', file), join(folder, file.replaceAll('/', '__').replace(/rpm-v3$/, 'v3.rpm')));
      expect(await compareWithCreaterepo(folder)).toEqual({ packages: files.length, differences: [] });
    });
  });

  describeWithTools(['rpmbuild'], 'of what rpmbuild builds', () => {
    it('of 500 packages', { timeout: 240_000 }, async () => {
      const folder = join(work, 'built/packages');
      await buildRandomPackages(createRandom(2026), folder, 500);
      const { packages, differences } = await compareWithCreaterepo(folder);
      expect(differences).toEqual([]);
      expect(packages).toBeGreaterThanOrEqual(500);
    });
  });
});
