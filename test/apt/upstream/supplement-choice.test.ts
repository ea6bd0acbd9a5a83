import { describe, expect, it } from 'vitest';
import type { Release } from '../../../src/apt/format/release.ts';
import { selectionOf } from '../../../src/apt/upstream/selection.ts';
import { chooseSupplements } from '../../../src/apt/upstream/supplement-choice.ts';
import { aptConfig } from '../archive.ts';

function choose(paths: readonly string[], config: Record<string, unknown>, components: readonly string[] = ['main']): string[] {
  const release: Release = {
    origin: undefined,
    label: undefined,
    suite: undefined,
    codename: undefined,
    version: undefined,
    date: undefined,
    validUntil: undefined,
    components: ['main', 'contrib'],
    architectures: ['amd64'],
    acquireByHash: false,
    allInEachIndex: false,
    signedBy: undefined,
    files: new Map(paths.map((path) => [path, { size: path.includes('empty') ? 0 : 1, checksums: [] }])),
  };
  const found = chooseSupplements(release, selectionOf(aptConfig({ translations: [], ...config }), false), components);
  return found.map(({ kind, path, component, variants }) => `${kind} ${component ?? '*'} ${path} ${variants.length}`);
}

describe('apt/upstream/supplement-choice', () => {
  it('takes descriptions in the wanted languages that there are', () => {
    const listed = [
      'main/i18n/Translation-en.bz2',
      'main/i18n/Translation-en.xz',
      'main/i18n/Translation-de.gz',
      'main/i18n/Translation-pt_BR.gz',
    ];
    expect(choose(listed, {})).toEqual([]);
    expect(choose(listed, { translations: ['en', 'pt_BR', 'fr'] })).toEqual([
      'translation main main/i18n/Translation-en 2',
      'translation main main/i18n/Translation-pt_BR 1',
    ]);
    expect(choose(listed, { translations: ['en'] }, ['contrib'])).toEqual([]);
  });

  it('takes Contents of each component, or of all together where there are no others', () => {
    const perComponent = [
      'main/Contents-amd64.gz',
      'contrib/Contents-amd64.gz',
      'Contents-amd64.gz',
      'main/Contents-all.gz',
      'main/Contents-udeb-amd64.gz',
    ];
    expect(choose(perComponent, { contents: true }, ['main', 'contrib'])).toEqual([
      'contents main main/Contents-amd64 1',
      'contents contrib contrib/Contents-amd64 1',
      'contents main main/Contents-all 1',
    ]);
    expect(choose(['Contents-amd64.gz', 'Contents-i386.gz'], { contents: true })).toEqual(['contents * Contents-amd64 1']);
    expect(choose([...perComponent, 'main/Contents-source.gz'], { contents: true, udebs: true, sources: true })).toEqual([
      'contents main main/Contents-amd64 1',
      'contents main main/Contents-all 1',
      'contents main main/Contents-udeb-amd64 1',
      'contents main main/Contents-source 1',
    ]);
  });

  it('takes AppStream metadata with every archive of icons, and what command-not-found needs', () => {
    const listed = [
      'main/dep11/Components-amd64.yml.gz',
      'main/dep11/Components-arm64.yml.gz',
      'main/dep11/icons-48x48.tar',
      'main/dep11/icons-48x48.tar.gz',
      'main/dep11/icons-64x64@2.tar.gz',
      'main/dep11/CID-Index-amd64.json.gz',
      'contrib/dep11/icons-48x48.tar.gz',
      'main/cnf/Commands-amd64.xz',
      'main/cnf/Commands-arm64.xz',
    ];
    expect(choose(listed, { dep11: true }, ['main', 'contrib'])).toEqual([
      'dep11 main main/dep11/Components-amd64.yml 1',
      'icons main main/dep11/icons-48x48.tar 2',
      'icons main main/dep11/icons-64x64@2.tar 1',
    ]);
    expect(choose(listed, { cnf: true })).toEqual(['cnf main main/cnf/Commands-amd64 1']);
  });

  it('knows the names that flat repositories have, and leaves out what is stated to be empty', () => {
    const listed = ['en.gz', 'Contents-amd64.gz', 'Contents-arm64.gz'];
    expect(choose(listed, { suite: './', translations: ['en'], contents: true }, [''])).toEqual([
      'translation  en 1',
      'contents  Contents-amd64 1',
    ]);
    expect(choose(['empty/i18n/Translation-en', 'empty/i18n/Translation-en.gz'], { translations: ['en'] }, ['empty'])).toEqual([]);
  });
});
