import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';

/** How a client reaches the server. */
export interface OwnAddress {
  readonly scheme: 'http' | 'https';
  /** With the port, where it is not the scheme's. Nothing that could end a header or a quoted text is in it. */
  readonly host: string;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const MAX_HOST = 255;

/** The address that a request was sent to, as its client gave it; a Host header that no client sends counts for nothing. */
export function ownAddress(request: IncomingMessage): OwnAddress {
  const { host } = request.headers;
  const valid = host !== undefined && host.length <= MAX_HOST && HOST.test(host);
  return { scheme: schemeOf(request), host: valid ? host.toLowerCase() : localHost(request) };
}

/** Where a request comes from. A proxy on this machine adds its own client at the end of X-Forwarded-For. */
export function clientAddress(request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = isLoopback(peer) ? lastOf(request.headers['x-forwarded-for']) : undefined;
  return forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : peer;
}

function schemeOf({ socket, headers }: IncomingMessage): OwnAddress['scheme'] {
  if ('encrypted' in socket && socket.encrypted === true) return 'https';
  const forwarded = isLoopback(socket.remoteAddress ?? '') ? lastOf(headers['x-forwarded-proto']) : undefined;
  return forwarded?.toLowerCase() === 'https' ? 'https' : 'http';
}

function localHost({ socket }: IncomingMessage): string {
  const address = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/i, '');
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(',').at(-1)?.trim();
}
