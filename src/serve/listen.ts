import type { Server } from 'node:net';
import { MirrorError, reasonOf } from '../core/errors.ts';

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/;

/**
 * Makes the server listen on `ADDRESS:PORT` (an IPv6 address in brackets; `*` for every address; port 0 for a free one), or on an inherited
 * socket. Throws LISTEN with the cause and what to do.
 */
export async function listenOn(server: Server, listen: string, descriptor: number | undefined): Promise<void> {
  const options = descriptor === undefined ? parseAddress(listen) : { fd: descriptor };
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(listen, error));
    server.once('error', fail);
    server.listen(options, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** The URL at which this machine reaches the server. */
export function serverUrl(server: Server, secure: boolean): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new MirrorError('LISTEN', 'the server does not listen on an internet address');
  const wildcard = address.address === '0.0.0.0' || address.address === '::';
  const local = address.family === 'IPv6' && !wildcard ? `[${address.address}]` : address.address;
  return `${secure ? 'https' : 'http'}://${wildcard ? '127.0.0.1' : local}:${address.port}`;
}

function parseAddress(listen: string): { readonly host?: string; readonly port: number } {
  const [, ipv6, name, digits] = ADDRESS.exec(listen) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port <= 65535)) {
    throw new MirrorError('LISTEN', `"${listen}" is no address to listen on`, {
      hint: 'Give ADDRESS:PORT, such as 0.0.0.0:8080 or [::]:8080.',
    });
  }
  return host === '*' ? { port } : { host, port };
}

const CAUSES: Readonly<Record<string, { readonly cause: string; readonly hint: string }>> = {
  EADDRINUSE: { cause: 'another program listens there', hint: 'Stop it, or choose another address with --listen or serve.listen.' },
  EACCES: {
    cause: 'permission denied',
    hint: 'Ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher port with --listen or serve.listen.',
  },
  EADDRNOTAVAIL: { cause: 'this machine does not have the address', hint: 'Use 0.0.0.0 or [::] for every address of the machine.' },
  ENOTFOUND: { cause: 'the name has no address', hint: 'Use 0.0.0.0 or [::] for every address of the machine.' },
};

function listenError(listen: string, error: NodeJS.ErrnoException): MirrorError {
  const known = CAUSES[error.code ?? ''];
  return new MirrorError('LISTEN', `cannot listen on ${listen}: ${known?.cause ?? reasonOf(error)}`, { hint: known?.hint, cause: error });
}
