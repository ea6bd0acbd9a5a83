import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../serve/free-port.ts';
import { buildDeb } from '../support/apt-archive.ts';
import { succeed } from '../support/program.ts';
import { MAKE_UPSTREAM } from '../support/requirements.ts';

/** An APT archive and a yum repository with as many packages each, behind nginx on loopback. */
export interface Upstreams {
  /** The folder of .rpm files, with repodata. */
  readonly rpms: string;
  /** The armored public key that signs the APT archive. */
  readonly key: string;
  /** A package that neither upstream has. */
  readonly deb: string;
  readonly aptUrl: string;
  readonly yumUrl: string;
  close(): Promise<void>;
}

/** Makes and serves both upstreams. The RPMs are not signed. Needs make-upstream, createrepo_c and nginx. */
export async function makeUpstreams(root: string, packages: number): Promise<Upstreams> {
  if (MAKE_UPSTREAM === undefined) throw new Error('make-upstream is not here: it makes the upstreams that this benchmark mirrors');
  const files = join(root, 'upstream');
  const rpms = join(files, 'rpm');
  await succeed(MAKE_UPSTREAM, ['--packages', String(packages), '--out', files]);
  await succeed('createrepo_c', ['--quiet', '--no-database', rpms]);
  const deb = await buildDeb(root, { Package: 'changed-since' });
  const { url, close } = await serveByNginx(join(root, 'nginx'), files, { probe: 'key.asc' });
  return { rpms, key: join(files, 'key.asc'), deb, aptUrl: `${url}/deb/`, yumUrl: `${url}/rpm/`, close };
}

export interface NginxOptions {
  /** A file that is there: asked for until the server answers. */
  readonly probe: string;
  /** Further locations of the server, in nginx's language. */
  readonly locations?: string;
}

/** Serves a folder on a free port of loopback. `folder` is for nginx itself and must not be there. */
export async function serveByNginx(
  folder: string,
  files: string,
  { probe, locations = '' }: NginxOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const port = await freePort();
  const server = startNginx(folder, { files, port, locations });
  const url = `http://127.0.0.1:${port}`;
  try {
    await answers(`${url}/${probe}`, server);
  } catch (error) {
    await stop(server);
    throw error;
  }
  return { url, close: () => stop(server) };
}

interface Served {
  readonly files: string;
  readonly port: number;
  readonly locations: string;
}

function startNginx(folder: string, { files, port, locations }: Served): ChildProcess {
  mkdirSync(folder);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  // Nginx started by root would give its workers to a user that cannot look into the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const text = `${user} daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  ${temporary.join(' ')}
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  server { listen 127.0.0.1:${port}; ${locations} location / { root ${files}; } }
}
`;
  writeFileSync(join(folder, 'nginx.conf'), text);
  return spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw new Error('nginx does not answer', { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
