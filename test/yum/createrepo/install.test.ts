import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Installation, install, prepareStaging } from '../../../src/yum/createrepo/install.ts';

let root: string;

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'mirror-install-')), 'repository');
  mkdirSync(root);
});
afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function files(): string[] {
  return readdirSync(join(root, 'repodata')).sort();
}

function installing(repomd: string, name: string, more: Partial<Installation> = {}): void {
  const staging = prepareStaging(root);
  writeFileSync(join(staging, name), name);
  install({
    outputDirectory: root,
    files: [{ from: join(staging, name), path: `repodata/${name}` }],
    repomd,
    kept: [],
    old: undefined,
    retention: { kind: 'none' },
    fileTime: new Date(1000),
    uniqueNames: true,
    now: 0,
    ...more,
  });
}

function journal(repomd: string): string {
  return JSON.stringify({
    repomd: createHash('sha256').update(repomd).digest('hex'),
    added: ['repodata/new', '../outside'],
    removed: ['repodata/old', 'repodata/repomd.xml.asc', 'package.rpm'],
  });
}

describe('yum/createrepo/install', () => {
  it.each([[true], [false]])('puts files, then repomd.xml; leaves nothing else behind (unique names: %s)', (uniqueNames) => {
    put('repodata/repomd.xml', 'old');
    put('repodata/repomd.xml.asc', 'signature');
    put('repodata/own', 'x');
    installing('new', 'a', { uniqueNames });
    expect(files()).toEqual(['a', 'own', 'repomd.xml']);
    expect(readFileSync(join(root, 'repodata/repomd.xml'), 'utf8')).toBe('new');
    expect(readdirSync(root)).toEqual(['repodata']);
  });

  it('takes back files of a run that was broken off before its repomd.xml', () => {
    put('repodata/repomd.xml', 'old');
    put('repodata/repomd.xml.asc', 'signature');
    put('repodata/old', 'x');
    put('repodata/new', 'x');
    put('.repodata.new/journal.json', journal('new'));
    put('../outside', 'x');
    prepareStaging(root);
    expect(files()).toEqual(['old', 'repomd.xml', 'repomd.xml.asc']);
    expect(existsSync(join(root, '../outside'))).toBe(true);
  });

  it('ends what a run has begun that was broken off after its repomd.xml', () => {
    put('repodata/repomd.xml', 'new');
    put('repodata/repomd.xml.asc', 'signature');
    put('repodata/old', 'x');
    put('repodata/new', 'x');
    put('package.rpm', 'x');
    put('.repodata.new/journal.json', journal('new'));
    prepareStaging(root);
    expect(files()).toEqual(['new', 'repomd.xml']);
    expect(existsSync(join(root, 'package.rpm'))).toBe(true);
  });

  it('does nothing to repodata where the journal was not written to its end', () => {
    put('repodata/repomd.xml', 'old');
    put('.repodata.new/journal.json', '{"repomd":');
    prepareStaging(root);
    expect([files(), readdirSync(root).sort()]).toEqual([['repomd.xml'], ['.repodata.new', 'repodata']]);
  });

  it('puts the old directory back where a run was broken off between two renames, and removes it where it was after', () => {
    put('.repodata.old/repomd.xml', 'old');
    prepareStaging(root);
    expect(files()).toEqual(['repomd.xml']);
    put('.repodata.old/repomd.xml', 'older');
    prepareStaging(root);
    expect([readFileSync(join(root, 'repodata/repomd.xml'), 'utf8'), existsSync(join(root, '.repodata.old'))]).toEqual(['old', false]);
  });

  it('keeps directories and links that stand beside the metadata, also when a run is broken off, and leaves one that old metadata names as a file', () => {
    put('repodata/repomd.xml', 'old');
    put('repodata/view/index.html', 'x');
    symlinkSync('../package.rpm', join(root, 'repodata/link'));
    const record = { type: 'other-data', path: 'repodata/view', checksum: { algorithm: 'sha256', value: 'a' } } as const;
    installing('new', 'a', { uniqueNames: false, old: { records: [record] } });
    expect(files()).toEqual(['a', 'link', 'repomd.xml', 'view']);
    installing('newer', 'b', { old: { records: [record] } });
    expect(files()).toEqual(['a', 'b', 'link', 'repomd.xml', 'view']);
    renameSync(join(root, 'repodata'), join(root, '.repodata.old'));
    put('repodata/repomd.xml', 'newest');
    prepareStaging(root);
    expect(files()).toEqual(['link', 'repomd.xml', 'view']);
    expect(readFileSync(join(root, 'repodata/view/index.html'), 'utf8')).toBe('x');
  });

  it.skipIf(!isElsewhere('/dev/shm'))('says so where repodata is on another file system, before anything is done', () => {
    const elsewhere = mkdtempSync('/dev/shm/mirror-install-');
    try {
      symlinkSync(elsewhere, join(root, 'repodata'));
      expect(() => prepareStaging(root)).toThrow('is on another file system');
      expect(readdirSync(root)).toEqual(['repodata']);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

function isElsewhere(directory: string): boolean {
  const other = statSync(directory, { throwIfNoEntry: false });
  return other !== undefined && other.dev !== statSync(tmpdir()).dev;
}
