import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QuerySubject, Relation } from '../../src/query/subject.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { writeRepository } from './repository.ts';
import { createRig } from './rig.ts';

describe('yum/subject', () => {
  let subject: QuerySubject;
  let source: QuerySubject;
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'mirror-subject-'));
    const rig = await createRig(root);
    try {
      writeRepository(root, [
        { name: 'foo', epoch: '1', version: '2.0', provides: ['virtual', 'v(a&b) = 3', "it's"], requires: ['bar >= 1:2', '/bin/sh'] },
        { name: 'foo', arch: 'src' },
      ]);
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
