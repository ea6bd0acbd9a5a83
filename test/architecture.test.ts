import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../src');

/** From top to bottom: a folder may import from those below its own line, and from itself. */
const LAYERS: readonly (readonly string[])[] = [
  ['cli'],
  ['serve'],
  ['ops'],
  ['bundle'],
  ['apt', 'yum', 'oci'],
  ['family'],
  ['query'],
  ['solve'],
  ['store'],
  ['fetch'],
  ['openpgp'],
  ['codec'],
  ['config'],
  ['core'],
];

/** Folders whose code is bytes and values in, values out. */
const PURE = ['apt/format', 'yum/format', 'oci/format', 'codec', 'query', 'solve'];
const SIDE_EFFECTS = /^(node:(fs|net|http|https|tls|dns|child_process|dgram)(\/|$)|better-sqlite3$|got$|undici$|fastify$)/;

const rank = new Map(LAYERS.flatMap((names, index) => names.map((name) => [name, index] as const)));

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => ({ file, specifier: match[1] ?? '' }));
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);

describe('architecture', () => {
  it('has every source folder in the table of layers', () => {
    expect(files.map((file) => file.split('/')[0] ?? '').filter((folder) => !rank.has(folder))).toEqual([]);
  });

  it('imports only downwards, and never between apt, yum and oci', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ file, specifier }) => {
        const from = file.split('/')[0] ?? '';
        const to = relative(SOURCE, resolve(SOURCE, dirname(file), specifier)).split('/')[0] ?? '';
        return from !== to && (rank.get(to) ?? -1) <= (rank.get(from) ?? 0);
      });
    expect(wrong).toEqual([]);
  });

  it('keeps files, network, processes and databases out of format code', () => {
    const wrong = imports.filter(
      ({ file, specifier }) => PURE.some((folder) => file.startsWith(`${folder}/`)) && SIDE_EFFECTS.test(specifier),
    );
    expect(wrong).toEqual([]);
  });
});
