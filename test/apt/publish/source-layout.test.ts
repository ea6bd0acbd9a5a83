import { describe, expect, it } from 'vitest';
import { placeSources } from '../../../src/apt/publish/source-layout.ts';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { sha256 } from '../archive.ts';

let nextId = 1;

/** A source package whose files have the contents given by their names. */
function source(version: string, files: Readonly<Record<string, string>>, change: Partial<StoredPackage> = {}): StoredPackage {
  const file = (name: string) => ({ name, sha256: sha256(Buffer.from(files[name] ?? '')), size: 1 });
  const [dsc = '', ...others] = Object.keys(files);
  nextId += 1;
  return {
    id: nextId,
    name: 'libfoo',
    version,
    architecture: 'source',
    sha256: file(dsc).sha256,
    size: 1,
    location: `somewhere/${dsc}`,
    record: Buffer.from('Package: libfoo'),
    files: others.map(file),
    ...change,
  };
}

const places = (component: string, sources: readonly StoredPackage[]) =>
  placeSources(component, sources).map(({ directory, files }) => [directory, ...files.map(({ path }) => path.slice(directory.length + 1))]);

describe('apt/publish/source-layout', () => {
  it('puts the versions of a package into one directory, newest first, with the archives that they share', () => {
    const one = source('1.0-1', { 'libfoo_1.0-1.dsc': 'a', 'libfoo_1.0.orig.tar.gz': 'orig', 'libfoo_1.0-1.debian.tar.xz': 'd1' });
    const two = source('1.0-2', { 'libfoo_1.0-2.dsc': 'b', 'libfoo_1.0.orig.tar.gz': 'orig', 'libfoo_1.0-2.debian.tar.xz': 'd2' });
    expect(places('main', [one, two])).toEqual([
      ['pool/main/libf/libfoo', 'libfoo_1.0-2.dsc', 'libfoo_1.0.orig.tar.gz', 'libfoo_1.0-2.debian.tar.xz'],
      ['pool/main/libf/libfoo', 'libfoo_1.0-1.dsc', 'libfoo_1.0.orig.tar.gz', 'libfoo_1.0-1.debian.tar.xz'],
    ]);
  });

  it('gives a version that has another archive of the same name a directory of its own', () => {
    const one = source('1:1.0-1', { 'libfoo_1.0-1.dsc': 'a', 'libfoo_1.0.orig.tar.gz': 'other' });
    const two = source('2:1.0-2', { 'libfoo_1.0-2.dsc': 'b', 'libfoo_1.0.orig.tar.gz': 'orig' });
    expect(places('main', [one, two]).map(([directory]) => directory)).toEqual([
      'pool/main/libf/libfoo',
      'pool/main/libf/libfoo/1%3a1.0-1',
    ]);
  });

  it('takes the same package once, and refuses two different ones and unsafe names', () => {
    const files = { 'libfoo_1.dsc': 'a' };
    expect(places('main', [source('1', files), source('1', files)])).toHaveLength(1);
    expect(() => placeSources('main', [source('1', files), source('1', { 'libfoo_1.dsc': 'b' })])).toThrow(
      expect.objectContaining({ code: 'PACKAGE_CONFLICT' }),
    );
    expect(() => placeSources('main', [source('1', files, { name: '../x' })])).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });
});
