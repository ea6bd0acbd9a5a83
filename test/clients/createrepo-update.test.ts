import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreaterepoReport } from '../../src/ops/createrepo.ts';
import { parseRepomd } from '../../src/yum/format/repodata/repomd.ts';
import { mirror } from '../support/program.ts';
import { createRandom } from '../yum/random.ts';
import { smallRpm } from '../yum/small-rpm.ts';

const PACKAGES = 700;
const ROUNDS = 14;

let root: string;
let packages: string;
let written = 1_700_000_000;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mirror-createrepo-update-'));
  packages = join(root, 'packages');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, version: string): void {
  const file = join(packages, name.slice(-1), `${name}.rpm`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, smallRpm({ name, version, files: [`/usr/bin/${name}`, '/usr/share/ü/x'], requires: ['sh'] }));
  written += 1;
  utimesSync(file, written, written);
}

async function createrepo(...args: readonly string[]): Promise<CreaterepoReport> {
  const { stderr, stdout } = await mirror(['createrepo', packages, '--json', ...args]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as CreaterepoReport;
}

/** The texts of the documents, and whether every file is as repomd.xml says. */
function textsIn(directory: string): string[] {
  const { records } = parseRepomd(readFileSync(join(directory, 'repodata/repomd.xml')), 'repomd.xml');
  return records.map(({ path }) => gunzipSync(readFileSync(join(directory, path))).toString());
}

describe('clients/createrepo-update', () => {
  it('says after every change what a run says that reads all, whatever it knows from before', { timeout: 120_000 }, async () => {
    const { below, pick } = createRandom(4);
    const names = Array.from({ length: PACKAGES }, (_, number) => `package${String(number).padStart(4, '0')}`);
    for (const name of names) put(name, '1.0');
    const pathOf = (name: string): string => join(packages, name.slice(-1), `${name}.rpm`);
    const cache = join(packages, '.repodata.cache');
    const changes: readonly ((name: string) => void)[] = [
      (name) => put(name, '2.0.1'),
      (name) => rmSync(pathOf(name), { force: true }),
      (name) => put(`${name}-more`, '1.0'),
      (name) => writeFileSync(pathOf(name), 'damaged'),
      (name) => appendFileSync(pathOf(name), 'x'),
      (name) => {
        const { mtimeMs } = statSync(pathOf(name), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
        if (mtimeMs > 0) utimesSync(pathOf(name), mtimeMs / 1000 + 1, mtimeMs / 1000 + 1);
      },
      () => rmSync(cache, { force: true }),
      () => writeFileSync(cache, readFileSync(cache, 'utf8').slice(0, 1000)),
    ];
    const other = join(root, 'other');
    for (let round = 0; round < ROUNDS; round += 1) {
      const report = await createrepo('--update', '--revision', '1');
      const fresh = await createrepo('--revision', '1', '--outputdir', other);
      expect([report.packages, report.duplicates, report.unreadable]).toEqual([fresh.packages, fresh.duplicates, fresh.unreadable]);
      expect(textsIn(packages)).toEqual(textsIn(other));
      expect(report.unchanged, `round ${round}`).toBe(false);
      if (report.unreadable.length === 0) expect(await createrepo('--update')).toMatchObject({ unchanged: true, read: 0 });
      for (let count = below(5); count > 0; count -= 1) {
        try {
          pick(changes)(pick(names));
        } catch {
          // It has gone before.
        }
      }
      put(`always${round}`, '1.0');
    }
  });

  it('does not take what it knows for that of other documents', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) put(name, '1.0');
    await createrepo();
    const cache = readFileSync(join(packages, '.repodata.cache'));
    renameSync(join(packages, 'a/alpha.rpm'), join(packages, 'a/zeta.rpm'));
    await createrepo('--update');
    const texts = textsIn(packages);
    writeFileSync(join(packages, '.repodata.cache'), cache);
    expect(await createrepo('--update', '--content', 'x')).toMatchObject({ read: 0, reused: 3 });
    expect(textsIn(packages)).toEqual(texts);
  });
});
