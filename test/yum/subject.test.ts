import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { matcher } from '../../src/query/matcher.ts';
import { parseQuery } from '../../src/query/parse.ts';
import type { QuerySubject, Relation } from '../../src/query/subject.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { modulemd } from './module-text.ts';
import { writeRepository, type XmlPackage } from './repository.ts';
import { createRig } from './rig.ts';

describe('yum/subject', () => {
  let subject: QuerySubject;
  let source: QuerySubject;
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'mirror-subject-'));
    const rig = await createRig(root);
    try {
      const artifacts = ['foo-1:2.0-1.noarch'];
      const modules = modulemd({ stream: '1.10', artifacts }) + modulemd({ stream: '2', context: 'd', artifacts });
      const packages: XmlPackage[] = [
        { name: 'foo', epoch: '1', version: '2.0', provides: ['virtual', 'v(a&b) = 3', "it's"], requires: ['bar >= 1:2', '/bin/sh'] },
        { name: 'foo', arch: 'src' },
      ];
      writeRepository(root, packages, { modules });
      const settings = { verify: [], architectures: ['noarch', 'src'] };
      const [first, second] = await rig.load(settings, await rig.refresh(settings));
      if (first === undefined || second === undefined) throw new Error('nothing was loaded');
      subject = yumFamily.subject(first);
      source = yumFamily.subject(second);
    } finally {
      await rig.close();
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('has a name, a version with its epoch, and an architecture', () => {
    expect(subject).toMatchObject({ name: 'foo', version: '1:2.0-1', architecture: 'noarch' });
    expect(source.architecture).toBe('source');
  });

  it('goes by parts of the names of its modules', () => {
    expect(subject.values?.('Module')).toEqual(['m', 'm:1.10', 'm:1.10:1:c', 'm:2', 'm:2:1:d']);
    expect(source.values?.('Module')).toEqual([]);
    expect(source.field('Module')).toBeUndefined();
    const matches = (query: string): boolean => matcher(parseQuery(query), yumFamily.compareVersions)(subject);
    expect(['Module (m)', 'Module (= m:1.10)', 'Module (% m:*)', 'Stream (2)', 'Module', 'Module (m:1.1)', '!Module'].map(matches)).toEqual(
      [...[true, true, true, true, true, false, false]],
    );
  });

  it.each<[string, string | undefined]>([
    ['Name', 'foo'],
    ['version', '1:2.0-1'],
    ['Epoch', '1'],
    ['Release', '1'],
    ['License', 'MIT'],
    ['Summary', 'A <test>'],
    ['Vendor', undefined],
    ['SourceRPM', 'foo-1-1.src.rpm'],
    ['Location', 'foo-2.0-1.noarch.rpm'],
    ['Requires', 'bar >= 1:2, /bin/sh'],
    ['Provides', "foo = 1:2.0-1, virtual, v(a&b) = 3, it's"],
    ['Conflicts', undefined],
    ['Module', 'm:1.10:1:c, m:2:1:d'],
    ['Stream', '1.10, 2'],
    ['ModuleContext', 'c, d'],
    ['Nothing', undefined],
    ['constructor', undefined],
    ['rpm:version', '2.0'],
    ['evr', '1:2.0-1'],
    ['nevra', 'foo-1:2.0-1.noarch'],
    ['nvra', 'foo-2.0-1.noarch'],
    ['$Source', 'foo'],
    ['$SourceVersion', '1:1-1'],
    ['$PackageType', 'rpm'],
  ])('field %s is %s', (name, value) => {
    expect(subject.field(name)).toBe(value);
  });

  it('gives each relation of a list, and its name', () => {
    expect(subject.values?.('Requires')).toEqual(['bar >= 1:2', 'bar', '/bin/sh']);
    expect(subject.values?.('Files')).toEqual([]);
    expect(subject.values?.('Summary')).toBeUndefined();
    expect(source.field('$PackageType')).toBe('source');
    expect(source.field('$Source')).toBe('');
  });

  it.each<[string, Relation | undefined, string | undefined, boolean]>([
    ['foo', undefined, undefined, true],
    ['foo', '>=', '1:2.0', true],
    ['foo', '=', '1:2.0-1', true],
    ['foo', '>>', '1:2.0-1', false],
    ['foo', '>=', '2.0', true],
    ['foo', '<<', '2.0', false],
    ['virtual', undefined, undefined, true],
    ['virtual', '>=', '1', false],
    ['v(a&b)', '=', '3', true],
    ['v(a&b)', '>>', '3', false],
    ["it's", undefined, undefined, true],
    ['bar', undefined, undefined, false],
  ])('satisfies %s %s %s: %s', (name, relation, version, expected) => {
    expect(subject.satisfies(name, relation, version)).toBe(expected);
  });
});
