import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { succeed } from './program.ts';

/** What a host has: the content of a path with its query, or nothing. */
export type Host = (path: string) => Buffer | undefined;

/** Servers on loopback that stand in for the hosts of the internet, behind a proxy: configurations with real addresses run against it. */
export interface Internet {
  /** For `http.proxy`. */
  readonly proxy: string;
  /** The authority that its certificates are of, a PEM file: for `http.ca`. */
  readonly authority: string;
  /** What was asked for: URLs, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** The files below a folder. */
function folderHost(folder: string): Host {
  return (path) => {
    try {
      return readFileSync(join(folder, decodeURIComponent(path.replace(/\?.*$/, ''))));
    } catch {
      return undefined;
    }
  };
}

/** The files below a folder, at a path of the host, and single ones at paths of their own. */
export function folderBelow(prefix: string, folder: string, single: Readonly<Record<string, string>> = {}): Host {
  const files = folderHost(folder);
  return (path) => {
    const own = single[path];
    if (own !== undefined) return Buffer.from(own);
    return path.startsWith(prefix) ? files(path.slice(prefix.length)) : undefined;
  };
}

/** @param work a folder for the certificates. */
export async function serveInternet(work: string, hosts: Readonly<Record<string, Host>>): Promise<Internet> {
  const { authority, certificate, key } = await makeCertificates(work, Object.keys(hosts));
  const requests: string[] = [];
  const answer = (scheme: string) => (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', `${scheme}://${request.headers.host ?? 'nowhere'}`);
    requests.push(url.href);
    const content = hosts[url.hostname]?.(`${url.pathname}${url.search}`);
    response.writeHead(content === undefined ? 404 : 200, { 'content-length': String(content?.length ?? 0) }).end(content);
  };
  const secure = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer('https'));
  const plain = createServer(answer('http'));
  const tunnels = new Set<{ destroy(): void }>();
  plain.on('connect', (request, socket, head) => {
    const port = request.url?.endsWith(':443') === true ? portOf(secure) : portOf(plain);
    const server = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(socket).pipe(server);
    });
    for (const end of [server, socket]) {
      tunnels.add(end);
      end.on('error', () => end.destroy()).on('close', () => tunnels.delete(end));
    }
  });
  for (const server of [plain, secure]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    proxy: `http://127.0.0.1:${portOf(plain)}`,
    authority,
    requests,
    async close() {
      for (const tunnel of tunnels) tunnel.destroy();
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function makeCertificates(work: string, names: readonly string[]): Promise<{ authority: string; certificate: string; key: string }> {
  const [authority, authorityKey, certificate, key] = ['ca.pem', 'ca.key', 'server.pem', 'server.key'].map((name) => join(work, name)) as [
    string,
    string,
    string,
    string,
  ];
  const newKey = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await succeed('openssl', [...newKey, '-subj', '/CN=Test authority', '-keyout', authorityKey, '-out', authority]);
  const own = ['-CA', authority, '-CAkey', authorityKey, '-subj', '/CN=Test server', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const alternatives = ['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];
  await succeed('openssl', [...newKey, ...own, ...alternatives, '-keyout', key, '-out', certificate]);
  return { authority, certificate, key };
}
