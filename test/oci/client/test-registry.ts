import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HttpSettings } from '../../../src/fetch/fetcher.ts';
import { openRegistry, type RegistryClient } from '../../../src/oci/client/registry-client.ts';
import type { Descriptor } from '../../../src/oci/format/descriptor.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { SETTINGS } from '../../fetch/servers.ts';

export interface OpenOptions {
  readonly settings?: Partial<HttpSettings>;
  /** Credentials by the host that they are for. */
  readonly logins?: Readonly<Record<string, { readonly username: string; readonly password: string } | { readonly identitytoken: string }>>;
  readonly allowedRealms?: readonly string[];
  readonly signal?: AbortSignal;
  readonly certificateFolders?: readonly string[];
}

/** A folder that is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-registry-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A client of the registry at an address, closed at the end of the test, that waits only briefly between tries and knows no credentials but the given ones. */
export async function openTestRegistry(url: string, options: OpenOptions = {}): Promise<RegistryClient> {
  const { protocol, host } = new URL(url);
  const home = temporaryFolder();
  const auths = Object.fromEntries(
    Object.entries(options.logins ?? {}).map(([name, login]) => [
      name,
      'username' in login ? { auth: Buffer.from(`${login.username}:${login.password}`).toString('base64') } : login,
    ]),
  );
  writeFileSync(join(home, 'auth.json'), JSON.stringify({ auths }));
  const client = await openRegistry({
    host,
    scheme: protocol === 'https:' ? 'https' : 'http',
    http: { ...SETTINGS, ...options.settings },
    environment: { HOME: home, REGISTRY_AUTH_FILE: join(home, 'auth.json') },
    allowedRealms: options.allowedRealms ?? [],
    signal: options.signal ?? new AbortController().signal,
    certificateFolders: options.certificateFolders ?? [],
    backoff: 2,
  });
  onTestFinished(() => client.close());
  return client;
}

/** A server's whole answer. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = '',
): void {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);
}

/** An error as registries say it. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  answer(response, status, { 'content-type': 'application/json' }, JSON.stringify({ errors: [{ code, message }] }));
}

/** The body of a request, whole. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function blobOf(bytes: Buffer): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
}

/** Everything of a stream. */
export async function allOf(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
