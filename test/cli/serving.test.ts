import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveUntilStopped } from '../../src/cli/serving.ts';
import { createSession } from '../../src/cli/session.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { collector } from './collector.ts';

describe('cli/serving', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-serving-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** What a server, stopped as soon as it listens, has logged of keys; without the times. */
  async function logOf(settings: object, quiet = false): Promise<string[]> {
    const config: Config = configSchema.parse({ storage: directory, ...settings });
    const stderr = collector();
    const stopping = new AbortController();
    const stdout = { write: () => stopping.abort() };
    const session = createSession({ stdout, stderr, environment: {}, cwd: directory, signal: stopping.signal }, { quiet });
    await serveUntilStopped(session, config, { listen: '127.0.0.1:0', accessLog: false });
    await session.close();
    return stderr
      .text()
      .split('\n')
      .filter((line) => line.includes('keys of the configuration'))
      .map((line) => line.replace(/^\S+ /, ''));
  }

  const mirrors = { a: { type: 'yum', url: 'http://127.0.0.1:1/' } };

  it('says in one line which keys do nothing', async () => {
    const settings = { mirrors, schedule: { a: '0 3 * * *' }, registry: { target: 'registry.example:5000' }, serve: { registry: {} } };
    expect(await logOf(settings)).toEqual(['warn keys of the configuration that do nothing in this version keys=schedule']);
    expect(await logOf(settings, true)).toEqual([]);
  });

  it('says nothing of them where they are not asked for', async () => {
    expect(await logOf({ mirrors, serve: { registry: { enabled: false } } })).toEqual([]);
    expect(await logOf({ mirrors, schedule: { a: '@daily' } })).toEqual([
      'warn keys of the configuration that do nothing in this version keys=schedule',
    ]);
  });
});
