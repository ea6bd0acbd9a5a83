import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropCache, type PackageCache, readCache, writeCache } from '../../../src/yum/createrepo/cache.ts';
import type { PerDocument } from '../../../src/yum/format/repodata/package-documents.ts';

const DOCUMENTS: PerDocument<string> = ['aa', 'bb', 'cc'];

function cacheOf(base: string | undefined): PackageCache {
  const entries = ['a\n"b', 'ü', 'c'].map((name, index) => ({
    href: `${name}.rpm`,
    nevra: `${name}-0:1-1.noarch`,
    id: `${index}f`,
    fileTime: index * 1_000_000_000,
    size: 2 ** 40 + index,
    checksumName: 'sha',
    base,
  }));
  return { entries, counts: [2, 1] };
}

describe('yum/createrepo/cache', () => {
  let directory: string;
  let staging: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-cache-'));
    staging = mkdtempSync(join(tmpdir(), 'mirror-cache-'));
  });
  afterEach(() => {
    for (const path of [directory, staging]) rmSync(path, { recursive: true });
  });

  const path = (): string => join(directory, '.repodata.cache');

  it.each([undefined, 'http://h/'])('gives back what it was given, with the base %s', (base) => {
    writeCache({ outputDirectory: directory, staging }, DOCUMENTS, cacheOf(base));
    expect(readCache(directory, DOCUMENTS)).toEqual(cacheOf(base));
    writeCache({ outputDirectory: directory, staging }, DOCUMENTS, { entries: [], counts: [] });
    expect(readCache(directory, DOCUMENTS)).toEqual({ entries: [], counts: [] });
    expect(readdirSync(directory)).toEqual(['.repodata.cache']);
  });

  it('knows nothing of other documents, and nothing where there is none', () => {
    expect(readCache(directory, DOCUMENTS)).toBeUndefined();
    writeCache({ outputDirectory: directory, staging }, DOCUMENTS, cacheOf(undefined));
    for (const index of [0, 1, 2])
      expect(readCache(directory, DOCUMENTS.with(index, 'dd') as unknown as PerDocument<string>)).toBeUndefined();
    dropCache(directory);
    expect(readCache(directory, DOCUMENTS)).toBeUndefined();
    dropCache(directory);
  });

  it('takes nothing from what was cut short or changed', () => {
    writeCache({ outputDirectory: directory, staging }, DOCUMENTS, cacheOf(undefined));
    const whole = readFileSync(path(), 'utf8');
    const changed = Object.entries(JSON.parse(whole) as Record<string, unknown>).flatMap(([key, value]) => {
      const others: unknown[] = [
        undefined,
        null,
        7,
        {},
        ...(Array.isArray(value) ? [value.slice(1), [...value.slice(1), null], [...value.slice(1), {}]] : []),
      ];
      return others
        .filter((other) => !(key === 'base' && other === null))
        .map((other) => JSON.stringify({ ...JSON.parse(whole), [key]: other }));
    });
    const cut = Array.from({ length: 20 }, (_, index) => whole.slice(0, Math.floor((index * whole.length) / 20)));
    for (const text of [...changed, ...cut, 'null', '[]', '1', `${whole}x`]) {
      writeFileSync(path(), text);
      const found = readCache(directory, DOCUMENTS);
      // How many packages a segment has is compared with the documents.
      expect(found === undefined || found.counts.length === 1, text).toBe(true);
    }
  });

  it('leaves nothing where it cannot be written', () => {
    mkdirSync(path());
    writeFileSync(join(path(), 'x'), '');
    expect(() => writeCache({ outputDirectory: directory, staging }, DOCUMENTS, cacheOf(undefined))).not.toThrow();
    expect([readdirSync(directory), readdirSync(staging)]).toEqual([['.repodata.cache'], []]);
    expect(readCache(directory, DOCUMENTS)).toBeUndefined();
    expect(() => dropCache(directory)).not.toThrow();
  });
});
