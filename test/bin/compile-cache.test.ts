import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { mirror } from '../support/program.ts';

describe('bin/compile-cache', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mirror-home-'));
    onTestFinished(() => {
      chmodSync(home, 0o700);
      rmSync(home, { recursive: true });
    });
  });

  const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const finished = await mirror(['--version'], { env: { XDG_CACHE_HOME: '', NODE_COMPILE_CACHE: '', ...env } });
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(finished.stdout).toMatch(/^\d+\.\d+\.\d+/);
  };

  it('is in the cache folder of the user, and used by the next start', async () => {
    await start({ HOME: home });
    const cache = join(home, '.cache', 'mirror', 'compiled');
    const kept = readdirSync(cache, { recursive: true }).sort();
    expect(kept.length).toBeGreaterThan(10);
    await start({ HOME: home });
    expect(readdirSync(cache, { recursive: true }).sort()).toEqual(kept);
  });

  it('is where XDG_CACHE_HOME says', async () => {
    const configured = join(home, 'elsewhere');
    mkdirSync(configured);
    await start({ HOME: home, XDG_CACHE_HOME: configured });
    expect(existsSync(join(configured, 'mirror', 'compiled'))).toBe(true);
    expect(existsSync(join(home, '.cache'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)('is not in a folder of somebody else, who could put code into it', async () => {
    chownSync(home, 65_534, 65_534);
    await start({ HOME: home });
    expect(readdirSync(home)).toEqual([]);
  });

  it('is done without where it cannot be', async () => {
    await start({ HOME: join(home, 'missing', 'too') });
    await start({ HOME: 'relative' });
    await start({ HOME: '/dev/null' });
    expect(readdirSync(home)).toEqual([]);
  });
});
