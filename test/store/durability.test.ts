import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureDirectory } from '../../src/store/durability.ts';
import { hasTool } from '../support/requirements.ts';
import { startScript, storeModule, temporaryDirectory } from './storage-fixture.ts';

const FILES = 80;

/** Twenty files made durable where `sync` is this shell script; undefined: where there is none. */
async function withSync(sync: string | undefined) {
  const directory = await temporaryDirectory();
  const programs = join(directory, 'bin');
  await mkdir(programs);
  if (sync !== undefined) await writeFile(join(programs, 'sync'), `#!/bin/sh\n${sync}\n`, { mode: 0o755 });
  const paths = Array.from({ length: FILES }, (_, index) => join(directory, `file-${index}`));
  for (const path of paths) await writeFile(path, 'content');
  const code = `
    import { makeFilesDurable } from '${storeModule('durability.ts')}';
    try {
      await makeFilesDurable('${directory}', ${JSON.stringify(paths)});
      console.log('durable');
    } catch (error) {
      console.log(error.code + ': ' + error.message);
    }
  `;
  const { stdout, stderr } = await startScript(code, ['env', `PATH=${programs}`]).ended;
  expect(stderr).toBe('');
  return { outcome: stdout.trim(), left: paths.filter((path) => existsSync(path)).length };
}

describe('store/durability', () => {
  it.each([
    ['is not there', undefined],
    ['does not know -f', 'echo "sync: invalid option -- \'f\'" >&2; exit 1'],
    ['shows its usage', 'echo "Usage: sync" >&2; exit 1'],
  ])('synchronises file by file where sync %s', async (_name, sync) => {
    expect(await withSync(sync)).toEqual({ outcome: 'durable', left: FILES });
  });

  it('removes all files of a batch whose synchronisation fails, and does not try again', async () => {
    const failed = await withSync('echo "sync: error syncing: Input/output error" >&2; exit 1');
    expect(failed.outcome).toMatch(/^STORAGE: .*Input\/output error$/);
    expect(failed.left).toBe(0);
    expect((await withSync('kill -9 $$')).outcome).toMatch(/^STORAGE: .*SIGKILL$/);
  });

  it('creates directories for the owner and the group', async () => {
    const directory = join(await temporaryDirectory(), 'a/b/c');
    await ensureDirectory(directory);
    await ensureDirectory(directory);
    expect((await stat(join(directory, '../..'))).mode & 0o007).toBe(0);
    await writeFile(join(directory, 'file'), '');
    await expect(ensureDirectory(join(directory, 'file/d'))).rejects.toMatchObject({ code: 'STORAGE' });
  });

  it.runIf(process.getuid?.() === 0 && hasTool('unshare'))(
    'says that a file system is read-only, and not that something is missing',
    async () => {
      const directory = await temporaryDirectory();
      const code = `
      import { ensureDirectory } from '${storeModule('durability.ts')}';
      try {
        await ensureDirectory('${directory}/a/b');
      } catch (error) {
        console.log(error.code + ': ' + error.message);
      }
    `;
      const { stdout } = await startScript(code, [
        'unshare',
        '-m',
        'sh',
        '-c',
        `mount -t tmpfs -o ro none '${directory}' && exec "$@"`,
        '--',
      ]).ended;
      expect(stdout).toMatch(/^STORAGE: .*read-only file system/);
    },
  );
});
