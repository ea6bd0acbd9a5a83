import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../src/codec/decompress.ts';
import type { LocalFile } from '../../src/family/local-packages.ts';
import { localFiles } from '../../src/ops/local-files.ts';
import { temporaryDirectory } from '../store/storage-fixture.ts';

const EXTENSIONS = ['.changes', '.deb'];

describe('ops/local-files', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const names = async (...paths: readonly string[]): Promise<string[]> => {
    const files = await localFiles(paths.map(at), EXTENSIONS);
    return files.map(({ path }) => path.slice(folder.length + 1));
  };
  beforeEach(async () => {
    folder = await temporaryDirectory();
    mkdirSync(at('a/b'), { recursive: true });
    for (const name of ['z.deb', 'a/y.deb', 'a/b/x.deb', 'a/b/x.changes', 'a/notes.txt', 'a/deb']) writeFileSync(at(name), name);
  });

  it('takes files for themselves and directories for what is below them, each once, by kind and then by path', async () => {
    expect(await names('z.deb', 'a', 'a/y.deb')).toEqual(['a/b/x.changes', 'a/b/x.deb', 'a/y.deb', 'z.deb']);
    expect(await names('a/notes.txt/..')).toEqual(await names('a'));
  });

  it('follows links to files, and in directories none to directories', async () => {
    symlinkSync('../z.deb', at('a/link.deb'));
    symlinkSync('..', at('a/loop.deb'));
    expect(await names('a')).toEqual(['a/b/x.changes', 'a/b/x.deb', 'a/link.deb', 'a/y.deb']);
    symlinkSync('a/b', at('door'));
    expect(await names('door')).toEqual(['door/x.changes', 'door/x.deb']);
  });

  const only = async (name: string): Promise<LocalFile> => {
    const [file] = await localFiles([at(name)], EXTENSIONS);
    if (file === undefined) throw new Error(`there is no ${name}`);
    return file;
  };
  const text = async (file: LocalFile): Promise<string> => (await collect(file.read(), 100, 'x')).toString();

  it('reads a file and what is beside it', async () => {
    const file = await only('a/b/x.changes');
    expect([file.name, await text(file)]).toEqual(['x.changes', 'a/b/x.changes']);
    const other = await file.beside('x.deb');
    expect([other.path, await text(other)]).toEqual([at('a/b/x.deb'), 'a/b/x.deb']);
    await expect(file.beside('y.deb')).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: `${at('a/b/x.changes')} names y.deb, which is not beside it`,
    });
  });

  it('refuses what is not there, and what cannot be a package', async () => {
    symlinkSync('/dev/null', at('device.deb'));
    await expect(names('device.deb')).rejects.toMatchObject({ code: 'FILE_MISSING', message: `${at('device.deb')} is no file` });
    await expect(names('nothing.deb')).rejects.toMatchObject({ code: 'FILE_MISSING' });
    await expect(names('a/notes.txt')).rejects.toMatchObject({ code: 'USAGE', message: `${at('a/notes.txt')} cannot be added` });
    symlinkSync('nowhere', at('a/dangling.deb'));
    await expect(names('a')).rejects.toMatchObject({ code: 'FILE_MISSING' });
    rmSync(at('a/dangling.deb'));
    const file = await only('z.deb');
    rmSync(at('z.deb'));
    await expect(text(file)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});
