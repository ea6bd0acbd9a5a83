import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCrew } from '../../../src/yum/createrepo/crew.ts';
import type { ElementSettings, Job, Result } from '../../../src/yum/createrepo/segment.ts';

const SETTINGS: ElementSettings = { algorithm: 'sha256', checksumName: undefined, base: undefined, changelogLimit: 10, compression: 'gz' };

/** A job that says which it was: its package is not there. */
function jobOf(number: number): Job {
  const file = join(import.meta.dirname, `missing-${number}.rpm`);
  return { kind: 'build', items: [{ file, href: `missing-${number}.rpm` }], old: [] };
}

async function results(workers: number, jobs: readonly Job[]): Promise<Result[]> {
  const crew = createCrew(workers, SETTINGS);
  try {
    return await Array.fromAsync(crew.run(jobs));
  } finally {
    await crew.close();
  }
}

describe('yum/createrepo/crew', () => {
  it.each([1, 3])('gives the results of %i workers in the order of the jobs', async (workers) => {
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const done = await results(workers, numbers.map(jobOf));
    const files = done.map((result) => (result.kind === 'built' ? result.unreadable.map(({ file }) => file) : []));
    expect(files).toEqual(numbers.map((number) => [join(import.meta.dirname, `missing-${number}.rpm`)]));
  });

  it('says which packages cannot be read where they lead to themselves', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mirror-crew-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'loop.rpm');
    symlinkSync('loop.rpm', file);
    const done = await results(1, [{ kind: 'build', items: [{ file, href: 'loop.rpm' }], old: [] }]);
    expect(done).toMatchObject([{ kind: 'built', segments: [], unreadable: [{ file, reason: expect.stringContaining('ELOOP') }] }]);
  });

  it.each([1, 3])('fails when one of %i workers does', async (workers) => {
    const damaged = new Uint8Array([0xff, 0xff, 0xff]);
    const jobs: Job[] = [
      ...Array.from({ length: 20 }, (_, number) => jobOf(number)),
      { kind: 'copy', count: 1, packed: [damaged, damaged, damaged] },
    ];
    await expect(results(workers, jobs)).rejects.toThrow(/invalid/);
  });
});
