import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../serve/free-port.ts';

export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Where it keeps what is pushed: `docker/registry/v2/` is below. */
  readonly storage: string;
  /** What it logged so far. */
  log(): string;
  /** Ends it and removes what it keeps. */
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** Only REGISTRY_USER is let in. */
  readonly locked?: boolean | undefined;
  /** Paths of PEM files; without them it speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Further settings, as variables of the environment: `REGISTRY_PROXY_REMOTEURL`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Who is let in by a locked registry. */
export const REGISTRY_USER = { username: 'anna', password: 'opensesame' } as const;
/** That password, by bcrypt. */
const PASSWORD_HASH = '$2b$05$abcdefghijklmnopqrstuuQbLfdQZSxZ9gjhA5V9o8Tyc6aQRO0Qi';
const CONFIGURATION = 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {}, delete: {enabled: true}}\n';
const PATIENCE = 10_000;

/** Starts docker-registry (distribution 2.8) with an empty storage. Needs `docker-registry`. */
export async function startDockerRegistry({ locked, tls, settings }: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'docker-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const storage = join(folder, 'storage');
  const at = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const passwords = locked === true ? at('htpasswd', `${REGISTRY_USER.username}:${PASSWORD_HASH}\n`) : undefined;
  const child = spawn('docker-registry', ['serve', at('config.yml', CONFIGURATION)], {
    env: {
      ...process.env,
      REGISTRY_HTTP_ADDR: host,
      REGISTRY_HTTP_SECRET: 'of the tests',
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: storage,
      ...(passwords === undefined ? {} : { REGISTRY_AUTH_HTPASSWD_REALM: 'tests', REGISTRY_AUTH_HTPASSWD_PATH: passwords }),
      ...(tls === undefined ? {} : { REGISTRY_HTTP_TLS_CERTIFICATE: tls.cert, REGISTRY_HTTP_TLS_KEY: tls.key }),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + PATIENCE;
  while (!(await listens(host))) {
    if (child.exitCode === null && performance.now() < until) {
      await sleep(20);
      continue;
    }
    await stop();
    throw new Error(`docker-registry does not listen on ${host}:\n${said}`);
  }
  return { host, storage, log: () => said, stop };
}

function listens(host: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${host}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
