import { describe, expect, it } from 'vitest';
import { placePackages } from '../../../src/apt/publish/pool-layout.ts';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { packageRecord } from '../../store/catalogue-fixture.ts';

let nextId = 1;

function stored(location: string, record: string, change: Partial<StoredPackage> = {}): StoredPackage {
  return { ...packageRecord(nextId, { name: 'libfoo1', location, record: Buffer.from(record) }), id: nextId++, ...change };
}

const pathsOf = (...packages: readonly StoredPackage[]): string[] =>
  placePackages({ name: 'main', packages, supplements: [] }).map(({ path }) => path);

describe('apt/publish/pool-layout', () => {
  it('takes the source package from where a pool keeps the file', () => {
    const unread = stored('pool/universe/libf/libfoo/libfoo1_1_amd64.deb', '');
    Object.defineProperty(unread, 'record', {
      get: () => {
        throw new Error('the record is read');
      },
    });
    expect(pathsOf(unread)).toEqual(['pool/main/libf/libfoo/libfoo1_1_amd64.deb']);
    expect(pathsOf(stored('pool/main/f/foo/libfoo1_1_amd64.deb', 'Package: libfoo1\nSource: foo'))).toEqual([
      'pool/main/f/foo/libfoo1_1_amd64.deb',
    ]);
  });

  it.each([
    ['./libfoo1_1_amd64.deb'],
    ['pool/libfoo1_1_amd64.deb'],
    ['pool/main/x/foo/libfoo1_1_amd64.deb'],
    ['pool/main/l/libfoo/libfoo1_1_amd64.deb'],
    ['pool/main/_/_foo/libfoo1_1_amd64.deb'],
    ['dists/stable/f/foo/libfoo1_1_amd64.deb'],
  ])('takes it from the record where the location %s does not say it', (location) => {
    expect(pathsOf(stored(location, 'Package: libfoo1\nSource: bar (2)'))).toEqual(['pool/main/b/bar/libfoo1_1_amd64.deb']);
    expect(pathsOf(stored(location, 'Package: libfoo1'))).toEqual(['pool/main/libf/libfoo1/libfoo1_1_amd64.deb']);
  });

  it.each(['https://example.com/foo', '../../../foo', '..', 'two words', 'f\u00f6\u00f6', '(1)', 'x'.repeat(300)])(
    'takes a package whose Source is %j for its own source, so that it does not hinder the others',
    (source) => {
      expect(pathsOf(stored('libfoo1.deb', `Package: libfoo1\nSource: ${source}`))).toEqual(['pool/main/libf/libfoo1/libfoo1.deb']);
    },
  );

  it('sorts by name, newest version first, then architecture, and takes the same file once', () => {
    const at = (name: string, version: string, architecture: string): StoredPackage =>
      stored(`pool/main/x/x/${name}_${version.replace(':', '%3a')}_${architecture}.deb`, '', { name, version, architecture });
    const twice = at('b', '1.10', 'amd64');
    const placed = placePackages({
      name: 'main',
      packages: [
        at('c', '1', 'all'),
        twice,
        at('b', '1:0', 'amd64'),
        at('b', '1.9', 'arm64'),
        at('b', '1.9', 'amd64'),
        { ...twice, id: 99 },
      ],
      supplements: [],
    });
    expect(placed.map(({ stored: { name, version, architecture } }) => `${name} ${version} ${architecture}`)).toEqual([
      'b 1:0 amd64',
      'b 1.10 amd64',
      'b 1.9 amd64',
      'b 1.9 arm64',
      'c 1 all',
    ]);
  });

  it('names the older of two files after its version where they would have one name, and refuses two files of one version', () => {
    const at = (version: string, sha256: string): StoredPackage => stored('pool/main/f/foo/libfoo1_1_amd64.deb', '', { version, sha256 });
    const directory = 'pool/main/f/foo';
    expect(pathsOf(at('1:1', 'a'), at('2:1', 'b'))).toEqual([`${directory}/libfoo1_1_amd64.deb`, `${directory}/libfoo1_1%3a1_amd64.deb`]);
    expect(pathsOf(at('1', 'a'), at('1:1', 'b'))).toEqual([`${directory}/libfoo1_1_amd64.deb`, `${directory}/libfoo1_0%3a1_amd64.deb`]);
    expect(() => pathsOf(at('1', 'a'), at('1', 'b'))).toThrow(expect.objectContaining({ code: 'PACKAGE_CONFLICT' }));
  });
});
