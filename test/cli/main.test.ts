import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mirror, startServing } from '../support/program.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/mirror.js', import.meta.url));

describe('cli/main', () => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-main-'));
    await mirror(['init'], { cwd: directory });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends a sync in order on %s', async (signal, status) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const asked = once(silent, 'request');
    writeFileSync(
      join(directory, 'silent.yaml'),
      `storage: s\nmirrors: { a: { type: yum, url: "http://127.0.0.1:${(silent.address() as AddressInfo).port}/", verify: [] } }\n`,
    );
    const finished = await mirror(['sync', '--config', 'silent.yaml'], {
      cwd: directory,
      started: (child) => void asked.then(() => child.kill(signal)),
    });
    silent.closeAllConnections();
    silent.close();
    expect(finished).toMatchObject({ status, stdout: '' });
    expect(finished.stderr).toContain('(ABORTED)');
  });

  it('ends a server that is stopped with success', async () => {
    await mirror(['status'], { cwd: directory });
    writeFileSync(join(directory, 'serve.yaml'), 'storage: s\nserve: { listen: "127.0.0.1:0" }\n');
    const server = await startServing(['serve', '--config', 'serve.yaml'], { cwd: directory });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const closed = once(server.child, 'close');
    server.child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
  });

  it('goes on when nobody reads what it prints', async () => {
    const child = spawn('sh', ['-c', '"$0" "$1" --help | true; echo "$?"', process.execPath, PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await once(child, 'close');
    expect(stderr).toBe('');
  });

  it('starts fast', async () => {
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const begun = performance.now();
      expect((await mirror(['--help'])).status).toBe(0);
      times.push(performance.now() - begun);
    }
    expect(Math.min(...times)).toBeLessThan(1000);
  });
});
