import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAsked, splitAsked } from '../../src/ops/asked-packages.ts';
import { familyNamed } from '../../src/ops/families.ts';
import type { BlobStore } from '../../src/store/blobs.ts';
import { openPool } from '../../src/store/pool.ts';
import { aptCandidate } from '../apt/candidates.ts';

const family = familyNamed('apt');
const candidates = [
  aptCandidate('exim4', { Version: '4.9', Provides: 'mta' }),
  aptCandidate('lib', { Version: '1:1.0' }),
  aptCandidate('lib', { Version: '2:0.9' }),
  aptCandidate('postfix', { Version: '3.7', Provides: 'mta, lib', Section: 'mail' }),
];

/** Each asked-for package with its candidates, or with the names that are near. */
async function asked(...items: readonly string[]): Promise<string[]> {
  return (await findAsked(items, candidates, { family, blobs })).map(({ asked, candidates, near }) =>
    candidates.length > 0 ? `${asked}: ${candidates.map(family.label).join(' ')}` : `${asked}? ${near.join(' ')}`,
  );
}

let directory: string;
let blobs: BlobStore;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirror-asked-'));
  blobs = await openPool(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('ops/asked-packages', () => {
  it('takes lists apart at commas that are not part of a query', () => {
    expect(splitAsked("a, b (>= 1),, c_1_amd64,(d | e, f),'g,h' ,i")).toEqual(['a', 'b (>= 1)', 'c_1_amd64', '(d | e, f)', "'g,h'", 'i']);
    expect(splitAsked('a (~ "x),"),b')).toEqual(['a (~ "x),")', 'b']);
    expect(splitAsked(' ')).toEqual([]);
  });

  it('takes a name for the package of that name, newest first, and only else for what provides it', async () => {
    expect(await asked('lib', 'mta')).toEqual(['lib: lib_2:0.9_amd64 lib_1:1.0_amd64', 'mta: exim4_4.9_amd64 postfix_3.7_amd64']);
    expect(await asked('lib (<< 2:0)')).toEqual(['lib (<< 2:0): lib_1:1.0_amd64']);
  });

  it('takes name=version for that version, however it is written', async () => {
    expect(await asked('lib=1:1.0', 'exim4=0:4.9')).toEqual(['lib=1:1.0: lib_1:1.0_amd64', 'exim4=0:4.9: exim4_4.9_amd64']);
    expect(await asked('lib=3')).toEqual(['lib=3? lib']);
  });

  it('takes any other query for each package that it matches', async () => {
    expect(await asked('*i*')).toEqual(['exim4: exim4_4.9_amd64', 'lib: lib_2:0.9_amd64 lib_1:1.0_amd64', 'postfix: postfix_3.7_amd64']);
    expect(await asked('Section (= mail)')).toEqual(['postfix: postfix_3.7_amd64']);
    expect(await asked('lib_1:1.0_amd64')).toEqual(['lib: lib_1:1.0_amd64']);
  });

  it('says what is near where there is no such package', async () => {
    expect(await asked('postfx', 'nothing-like-it')).toEqual(['postfx? postfix', 'nothing-like-it? ']);
    await expect(asked('lib (')).rejects.toThrow(/lib \(/);
  });
});
