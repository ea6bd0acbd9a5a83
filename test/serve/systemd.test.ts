import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inheritedSocket } from '../../src/serve/systemd.ts';
import { describeWithTools } from '../support/requirements.ts';
import { freePort } from './free-port.ts';
import { makeSite, type Site } from './site.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const UNIT = join(ROOT, 'config/mirror.service');

describe('serve/systemd', () => {
  let site: Site;
  let directory: string;
  beforeEach(async () => {
    site = await makeSite();
    directory = mkdtempSync(join(tmpdir(), 'mirror-systemd-'));
  });
  afterEach(async () => {
    await site.remove();
    rmSync(directory, { recursive: true });
  });

  it('tells systemd when it is ready and when it stops, where systemd asks', async () => {
    const told = join(directory, 'told');
    writeFileSync(join(directory, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${told}\n`);
    chmodSync(join(directory, 'systemd-notify'), 0o755);
    const PATH = `${directory}:${process.env['PATH']}`;
    const silent = await site.serve({ environment: { PATH } });
    await silent.close();
    const server = await site.serve({ environment: { PATH, NOTIFY_SOCKET: '/run/notify' } });
    expect(readFileSync(told, 'utf8')).toBe('/run/notify --ready\n');
    await server.close();
    expect(readFileSync(told, 'utf8')).toBe('/run/notify --ready\n/run/notify --stopping\n');
  });

  it('serves on where systemd cannot be told, and says so', async () => {
    const server = await site.serve({ environment: { PATH: directory, NOTIFY_SOCKET: '/run/notify' } });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(site.logged.filter((line) => line.startsWith('warn') && line.includes('ready'))).toHaveLength(1);
  });

  it('takes the socket that systemd passes, but only one meant for this process', () => {
    expect(inheritedSocket({ LISTEN_PID: '10', LISTEN_FDS: '1' }, 10)).toBe(3);
    expect(inheritedSocket({ LISTEN_PID: '11', LISTEN_FDS: '1' }, 10)).toBeUndefined();
    expect(inheritedSocket({ LISTEN_PID: '10', LISTEN_FDS: '0' }, 10)).toBeUndefined();
    expect(inheritedSocket({}, 10)).toBeUndefined();
  });

  describeWithTools(['systemd-socket-activate'], 'socket activation', () => {
    it('answers the request that started it', async () => {
      await site.publish('main', { x: 'activated' });
      const port = await freePort();
      const script = `
        const { makeSite } = await import(${JSON.stringify(join(import.meta.dirname, 'site.ts'))});
        const site = await makeSite();
        await site.serve({ storage: ${JSON.stringify(site.storage)}, listen: '127.0.0.1:1', environment: process.env });`;
      const program = [process.execPath, '--input-type=module', '--eval', script];
      const child = spawn('systemd-socket-activate', ['-l', `127.0.0.1:${port}`, ...program], { stdio: ['ignore', 'ignore', 'pipe'] });
      try {
        await once(child.stderr, 'data');
        expect(await (await fetch(`http://127.0.0.1:${port}/main/x`)).text()).toBe('activated');
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    });
  });

  describeWithTools(['systemd-analyze'], 'config/mirror.service', () => {
    it('is a valid unit on any machine, with as little exposure as a server can have', () => {
      expect(execFileSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe('');
      const report = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', UNIT], { encoding: 'utf8' });
      const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(report)?.[1]);
      expect(exposure).toBeLessThanOrEqual(2);
    });
  });
});
