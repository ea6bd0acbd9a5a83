import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import type { RegistryAction, WantedAccess } from '../../../../src/serve/registry/authorizer.ts';
import { sendOciError } from '../../../../src/serve/registry/errors.ts';
import { openUsersAuthorizer } from '../../../../src/serve/registry/users/users-authorizer.ts';
import { sendText } from '../../../../src/serve/responses.ts';

/** A server whose users are in a file, and that has nothing but their rights: whatever they allow is answered with 200. */
export interface AuthorizedServer {
  readonly url: string;
  /** HOST:PORT. */
  readonly host: string;
  readonly logged: string[];
  /** Writes the file of the users, whose hashes take little time. */
  setUsers(passwords: Readonly<Record<string, string>>): void;
  /** Moves the server's clock on. */
  pass(milliseconds: number): void;
  close(): Promise<void>;
}

const ACTIONS: Readonly<Record<string, RegistryAction>> = { GET: 'pull', HEAD: 'pull', PUT: 'push', DELETE: 'delete' };

export async function startAuthorizedServer(passwords: Readonly<Record<string, string>>): Promise<AuthorizedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'mirror-users-'));
  const file = join(directory, 'users');
  const logged: string[] = [];
  const write = (message: string): void => void logged.push(message);
  const setUsers: AuthorizedServer['setUsers'] = (users) => {
    const lines = Object.entries(users).map(([name, password]) => `${name}:${hashSync(password, 4)}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
  };
  setUsers(passwords);
  let passed = 0;
  const authorizer = await openUsersAuthorizer({
    file,
    storage: directory,
    clock: { now: () => new Date(Date.now() + passed) },
    log: { info: write, warn: write, error: write },
  });
  const server = createServer(async (request, response) => {
    const exchange = { request, response };
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/v2/token') return await authorizer.token?.(exchange, searchParams);
    const access = await authorizer.authorize(request, wantedBy(pathname, request.method ?? 'GET'));
    if (access.allowed) sendText(exchange, 200, 'allowed');
    else sendOciError(exchange, access);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    logged,
    setUsers,
    pass(milliseconds) {
      passed += milliseconds;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await authorizer.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function wantedBy(path: string, method: string): WantedAccess {
  if (path === '/v2/') return { action: 'ping' };
  if (path === '/v2/_catalog') return { action: 'catalog' };
  return { action: ACTIONS[method] ?? 'push', repository: decodeURIComponent(path).replace(/^\/v2\/|\/manifests\/.*$/g, '') };
}
