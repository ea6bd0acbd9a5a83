import { hostname } from 'node:os';
import type { Config } from '../config/schema.ts';

/** Where clients are likely to reach the server that the configuration describes: its address, or this machine's name for all addresses. */
export function serverUrlOf(config: Config): string {
  const { listen, tls } = config.serve;
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon);
  const port = listen.slice(colon + 1);
  const everywhere = ['0.0.0.0', '*', '[::]'].includes(host);
  const usual = tls === undefined ? '80' : '443';
  return `${tls === undefined ? 'http' : 'https'}://${everywhere ? hostname() : host}${port === usual ? '' : `:${port}`}`;
}
