import { describe, expect, it } from 'vitest';
import type { Release } from '../../../src/apt/format/release.ts';
import { chooseIndexes } from '../../../src/apt/upstream/index-choice.ts';
import { selectionOf } from '../../../src/apt/upstream/selection.ts';
import { aptConfig } from '../archive.ts';

const release = (files: Readonly<Record<string, number>>, more: Partial<Release> = {}): Release => ({
  origin: undefined,
  label: undefined,
  suite: undefined,
  codename: undefined,
  version: undefined,
  date: undefined,
  validUntil: undefined,
  components: ['main'],
  architectures: ['amd64'],
  acquireByHash: false,
  allInEachIndex: false,
  signedBy: undefined,
  files: new Map(Object.entries(files).map(([path, size]) => [path, { size, checksums: [] }])),
  ...more,
});
const choose = (from: Release, config: Record<string, unknown> = {}) =>
  chooseIndexes(from, selectionOf(aptConfig(config), false), 'Release');

describe('apt/upstream/index-choice', () => {
  it('orders the forms of an index from the best packed to the plain one', () => {
    const path = 'main/binary-amd64/Packages';
    const [index] = choose(release({ [path]: 9, [`${path}.bz2`]: 3, [`${path}.gz`]: 4, [`${path}.xz`]: 2, [`${path}.zst`]: 3 }));
    expect(index?.variants.map((variant) => variant.path.slice(path.length))).toEqual(['.xz', '.zst', '.gz', '.bz2', '']);
    expect(index?.unpacked?.size).toBe(9);
  });

  it('adds the index for all architectures only where the others lack its packages', () => {
    const files = { 'main/binary-amd64/Packages.gz': 1, 'main/binary-all/Packages.gz': 1 };
    expect(choose(release(files)).map((index) => index.path)).toEqual(['main/binary-amd64/Packages', 'main/binary-all/Packages']);
    expect(choose(release(files, { allInEachIndex: true })).map((index) => index.path)).toEqual(['main/binary-amd64/Packages']);
    expect(choose(release(files), { architectures: ['all'] }).map((index) => index.path)).toEqual(['main/binary-all/Packages']);
    expect(choose(release(files), { architectures: ['amd64', 'all'] })).toHaveLength(2);
  });

  it('finds the indexes of security suites, whichever way the component is written', () => {
    const old = release({ 'main/binary-amd64/Packages.gz': 1 }, { components: ['updates/main'] });
    const nested = release({ 'updates/main/binary-amd64/Packages.gz': 1 }, { components: ['updates/main'] });
    for (const components of [undefined, ['main'], ['updates/main']]) {
      expect(choose(old, { components }).map((index) => index.path)).toEqual(['main/binary-amd64/Packages']);
      expect(choose(nested, { components }).map((index) => index.path)).toEqual(['updates/main/binary-amd64/Packages']);
    }
  });

  it('leaves out what is stated to be empty', () => {
    expect(choose(release({ 'main/binary-amd64/Packages': 0, 'main/binary-amd64/Packages.xz': 32 }))).toEqual([]);
    expect(choose(release({ Packages: 0, 'Packages.gz': 20 }), { suite: './' })).toEqual([]);
  });

  it('refuses a Release without what is needed', () => {
    expect(() => choose(release({}, { components: [] }))).toThrow(expect.objectContaining({ code: 'METADATA_INCOMPLETE' }));
    expect(() => choose(release({}), { suite: './' })).toThrow(expect.objectContaining({ code: 'METADATA_INCOMPLETE' }));
  });

  it('has sources and packages for the installer where they are asked for', () => {
    const files = {
      'main/binary-amd64/Packages.gz': 1,
      'main/source/Sources.xz': 1,
      'main/debian-installer/binary-amd64/Packages.gz': 1,
      'main/debian-installer/binary-all/Packages.gz': 1,
      'contrib/binary-amd64/Packages.gz': 1,
      'contrib/source/Sources.gz': 1,
    };
    const config = { components: ['main', 'contrib'] };
    const paths = (more: Record<string, unknown>) =>
      choose(release(files), { ...config, ...more }).map(({ kind, path }) => `${kind} ${path}`);
    const binary = ['packages main/binary-amd64/Packages', 'packages contrib/binary-amd64/Packages'];
    const sources = ['sources main/source/Sources', 'sources contrib/source/Sources'];
    const udebs = ['packages main/debian-installer/binary-amd64/Packages', 'packages main/debian-installer/binary-all/Packages'];
    expect(paths({})).toEqual(binary);
    expect(paths({ sources: true }).sort()).toEqual([...binary, ...sources].sort());
    expect(paths({ withDeps: { source: true } }).sort()).toEqual([...binary, ...sources].sort());
    expect(paths({ udebs: true })).toEqual([...binary, ...udebs]);
    const lacking = release({ 'main/binary-amd64/Packages': 1, 'contrib/binary-amd64/Packages': 1 });
    expect(() => choose(lacking, { ...config, sources: true, udebs: true, architectures: ['amd64', 'arm64'] })).toThrow(
      expect.objectContaining({
        code: 'METADATA_INCOMPLETE',
        message: expect.stringContaining(
          'main/binary-arm64, main/source, contrib/binary-arm64, contrib/source, main/debian-installer/binary-amd64, main/debian-installer/binary-arm64',
        ),
      }),
    );
    expect(choose(release({ Packages: 1, 'Sources.gz': 1 }), { suite: './', sources: true }).map(({ kind }) => kind)).toEqual([
      'packages',
      'sources',
    ]);
    expect(() => choose(release({ Packages: 1 }), { suite: './', sources: true })).toThrow('lists no Sources index');
  });
});
