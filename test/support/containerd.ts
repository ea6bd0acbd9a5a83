import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, succeed } from './program.ts';

/** A containerd of its own, with nothing in it. */
export interface Containerd {
  /** Runs `ctr` with it, which must succeed. */
  ctr(args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const PATIENCE = 15_000;

/** Starts containerd without the parts that run containers. Needs `containerd`, `ctr` and root. */
export async function startContainerd(): Promise<Containerd> {
  const folder = mkdtempSync(join(tmpdir(), 'containerd-'));
  const socket = join(folder, 'socket');
  const settings = [
    'version = 2',
    `root = "${join(folder, 'root')}"`,
    `state = "${join(folder, 'state')}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `address = "${socket}"`,
  ];
  writeFileSync(join(folder, 'config.toml'), `${settings.join('\n')}\n`);
  const child = spawn('containerd', ['--config', join(folder, 'config.toml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + PATIENCE;
  while ((await run('ctr', ['--address', socket, 'version'])).status !== 0) {
    if (child.exitCode === null && performance.now() < until) {
      await sleep(50);
      continue;
    }
    await stop();
    throw new Error(`containerd does not answer:\n${said}`);
  }
  return { ctr: (args) => succeed('ctr', ['--address', socket, ...args]), stop };
}
