import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { openAuthorizer } from '../../../src/serve/registry/open-authorizer.ts';

describe('serve/registry/open-authorizer', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-authorizer-'));
    writeFileSync(join(directory, 'registry-users'), '', { mode: 0o600 });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  async function warnings(listen: string, serve: string): Promise<string[]> {
    const logged: string[] = [];
    const write = (message: string) => void logged.push(message);
    const { serve: settings } = parseConfig(`storage: s\nserve: ${serve}\n`, join(directory, 'mirror.yaml'), {});
    const options = { serve: settings, storage: directory, listen, clock: { now: () => new Date() } };
    const { close } = await openAuthorizer({ ...options, log: { info: write, warn: write, error: write } });
    await close();
    return logged;
  }

  it.each(['0.0.0.0:80', '*:80', '[::]:80', '192.0.2.1:80', 'host:80'])('warns where passwords come to %s in the clear', async (listen) => {
    expect(await warnings(listen, '{ registry: { push: users } }')).toEqual([expect.stringContaining('in the clear')]);
    expect(await warnings(listen, '{ registry: { push: users }, tls: { cert: c, key: k } }')).toEqual([]);
    expect(await warnings(listen, '{ registry: { push: loopback } }')).toEqual([]);
  });

  it.each(['127.0.0.1:80', '127.1.2.3:80', '[::1]:80', 'localhost:80'])(
    'does not warn where only this machine comes to %s',
    async (listen) => {
      expect(await warnings(listen, '{ registry: { push: users } }')).toEqual([]);
    },
  );
});
