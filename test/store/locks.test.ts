import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/store/locks.ts';
import { startScript, storeModule, temporaryDirectory } from './storage-fixture.ts';

const holder = (storage: string): string => `
  import { acquireLock } from '${storeModule('locks.ts')}';
  await acquireLock('${storage}', 'mirror-docker', 'sync docker');
  console.log('locked');
  setInterval(() => undefined, 1000);
`;

describe('store/locks', () => {
  it('lets one in at a time, and the next after the release', async () => {
    const storage = await temporaryDirectory();
    const lock = await acquireLock(storage, 'mirror-a', 'sync a');
    await expect(acquireLock(storage, 'mirror-a', 'sync a')).rejects.toMatchObject({ code: 'LOCKED' });
    const other = await acquireLock(storage, 'mirror-b', 'sync b');
    other.release();
    lock.release();
    lock.release();
    (await acquireLock(storage, 'mirror-a', 'sync a')).release();
  });

  it('says which process holds it, and for what', async () => {
    const storage = await temporaryDirectory();
    const { child, started } = startScript(holder(storage));
    await started;
    const refused = acquireLock(storage, 'mirror-docker', 'sync docker');
    await expect(refused).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(new RegExp(`mirror-docker: sync docker \\(process ${child.pid}, since 20`)),
      hint: expect.stringContaining(String(child.pid)),
    });
  });

  it('is free as soon as its holder is killed', async () => {
    const storage = await temporaryDirectory();
    for (let round = 0; round < 2; round++) {
      const { child, started, ended } = startScript(holder(storage));
      await started;
      child.kill('SIGKILL');
      await ended;
      const lock = await acquireLock(storage, 'mirror-docker', 'sync docker');
      lock.release();
    }
  });

  it('waits for as long as it is told', async () => {
    const storage = await temporaryDirectory();
    const lock = await acquireLock(storage, 'a', 'x');
    const waiting = acquireLock(storage, 'a', 'y', { waitMs: 10_000 });
    setTimeout(() => lock.release(), 150);
    (await waiting).release();

    const again = await acquireLock(storage, 'a', 'x');
    const started = performance.now();
    await expect(acquireLock(storage, 'a', 'y', { waitMs: 250 })).rejects.toMatchObject({ code: 'LOCKED' });
    expect(performance.now() - started).toBeGreaterThanOrEqual(200);
    again.release();
  });

  it('stops waiting when it is aborted', async () => {
    const storage = await temporaryDirectory();
    const lock = await acquireLock(storage, 'a', 'x');
    const abort = new AbortController();
    const waiting = acquireLock(storage, 'a', 'y', { waitMs: 60_000, signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    lock.release();
  });

  it('lets exactly one of several processes in', async () => {
    const storage = await temporaryDirectory();
    const done = join(storage, 'done');
    const code = `
      import { existsSync } from 'node:fs';
      import { acquireLock } from '${storeModule('locks.ts')}';
      try {
        await acquireLock('${storage}', 'a', 'race');
        console.log('in');
        while (!existsSync('${done}')) await new Promise((resolve) => setTimeout(resolve, 20));
      } catch (error) {
        console.log(error.code);
      }
    `;
    let ended = 0;
    const racers = Array.from({ length: 4 }, async () => {
      const { stdout } = await startScript(code).ended;
      ended += 1;
      // Who is in stays until all others have tried.
      if (ended === 3) await writeFile(done, '');
      return stdout.trim();
    });
    expect((await Promise.all(racers)).sort()).toEqual(['LOCKED', 'LOCKED', 'LOCKED', 'in']);
  });

  it('is held although nothing refers to it', async () => {
    const storage = await temporaryDirectory();
    const { child, started, ended } = startScript(`
      import { setFlagsFromString } from 'node:v8';
      import { runInNewContext } from 'node:vm';
      import { acquireLock } from '${storeModule('locks.ts')}';
      await acquireLock('${storage}', 'a', 'forgotten');
      setFlagsFromString('--expose-gc');
      for (let round = 0; round < 5; round++) {
        runInNewContext('gc')();
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log('locked');
      setInterval(() => undefined, 1000);
    `);
    await started;
    await expect(acquireLock(storage, 'a', 'mine')).rejects.toMatchObject({ code: 'LOCKED' });
    child.kill('SIGKILL');
    await ended;
  });

  it('does not need the note of its holder', async () => {
    const storage = await temporaryDirectory();
    const lock = await acquireLock(storage, 'a', 'x');
    await writeFile(join(storage, 'locks/a.holder'), '{"pid":');
    await expect(acquireLock(storage, 'a', 'y')).rejects.toMatchObject({ code: 'LOCKED', message: 'another process is working on a' });
    lock.release();
  });

  it('can be disposed of', async () => {
    const storage = await temporaryDirectory();
    (await acquireLock(storage, 'a', 'x'))[Symbol.dispose]();
    (await acquireLock(storage, 'a', 'x')).release();
  });

  it('takes no name that is no file name, and no storage that is a file', async () => {
    const storage = await temporaryDirectory();
    await expect(acquireLock(storage, '../a', 'x')).rejects.toMatchObject({ code: 'NAME_INVALID' });
    await writeFile(join(storage, 'file'), '');
    await expect(acquireLock(join(storage, 'file'), 'a', 'x')).rejects.toMatchObject({ code: 'STORAGE' });
  });
});
