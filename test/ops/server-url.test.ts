import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { serverUrlOf } from '../../src/ops/server-url.ts';

describe('ops/server-url', () => {
  it.each([
    ['127.0.0.1:8080', false, 'http://127.0.0.1:8080'],
    ['0.0.0.0:8080', false, `http://${hostname()}:8080`],
    ['[::]:80', false, `http://${hostname()}`],
    ['[::1]:443', true, 'https://[::1]'],
    ['mirror.example.org:80', true, 'https://mirror.example.org:80'],
  ])('is, for %s with TLS %s, %s', (listen, secure, url) => {
    const tls = secure ? { tls: { cert: 'c', key: 'k' } } : {};
    expect(serverUrlOf(configSchema.parse({ storage: '/s', serve: { listen, ...tls } }))).toBe(url);
  });
});
