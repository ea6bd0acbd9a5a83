import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfigFile, replaceConfigFile } from '../../src/config/write.ts';

describe('config/write', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-write-'));
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  it('creates, and never overwrites', async () => {
    const path = join(directory, 'a');
    await createConfigFile(path, 'one');
    await expect(createConfigFile(path, 'two')).rejects.toMatchObject({ code: 'CONFIG_EXISTS' });
    expect(await readFile(path, 'utf8')).toBe('one');
  });

  it('replaces with the same permissions and leaves nothing beside it', async () => {
    const path = join(directory, 'a');
    await writeFile(path, 'one');
    await chmod(path, 0o600);
    await replaceConfigFile(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['a']);
  });

  it('says what it could not write', async () => {
    await expect(replaceConfigFile(join(directory, 'none'), 'x')).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(createConfigFile(join(directory, 'none/a'), 'x')).rejects.toMatchObject({ code: 'STORAGE' });
  });
});
