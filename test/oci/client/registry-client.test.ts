import { describe, expect, it } from 'vitest';
import { type OpenRegistryOptions, openRegistry } from '../../../src/oci/client/registry-client.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { errorOf, makeCertificates, SETTINGS, startSecureServer, startServer } from '../../fetch/servers.ts';
import { answer } from './test-registry.ts';

function options(host: string, more: Partial<OpenRegistryOptions> = {}): OpenRegistryOptions {
  const { signal } = new AbortController();
  return { host, http: SETTINGS, environment: {}, allowedRealms: [], signal, certificateFolders: [], backoff: 2, ...more };
}

describe('oci/client/registry-client', () => {
  it('finds out whether a registry of this machine speaks TLS', async () => {
    const plain = await startServer((_request, response) => answer(response, 200, {}, '{"tags":["plain"]}'));
    const client = await openRegistry(options(`127.0.0.1:${plain.port}`));
    expect(await client.repository('a/b').tags()).toEqual(['plain']);
    await client.close();
    const certificates = makeCertificates();
    try {
      const secure = await startSecureServer((_request, response) => answer(response, 200, {}, '{"tags":["secure"]}'), certificates.server);
      const host = `127.0.0.1:${secure.port}`;
      const trusting = await openRegistry(options(host, { http: { ...SETTINGS, ca: certificates.authority } }));
      expect(await trusting.repository('a/b').tags()).toEqual(['secure']);
      await trusting.close();
      const distrusting = await openRegistry(options(host));
      expect(await errorOf(distrusting.repository('a/b').tags())).toMatchObject({ message: expect.stringContaining('not trusted') });
      await distrusting.close();
    } finally {
      certificates.remove();
    }
  });

  it('refuses what is no host', async () => {
    for (const host of ['../..', 'a/b', 'user@host', ''])
      expect(await errorOf(openRegistry(options(host)))).toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  it('keeps to the bandwidth that is configured, also where it sends', async () => {
    const bytes = Buffer.alloc(100_000);
    const server = await startServer((request, response) => {
      request.resume();
      if (request.method === 'POST') answer(response, 202, { location: '/v2/a/b/blobs/uploads/1' });
      else request.on('end', () => answer(response, 201));
    });
    const client = await openRegistry(options(`127.0.0.1:${server.port}`, { scheme: 'http', http: { ...SETTINGS, bandwidth: 100_000 } }));
    const begun = performance.now();
    const blob = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
    await client.repository('a/b').putBlob(blob, async function* () {
      yield bytes;
    });
    expect(performance.now() - begun).toBeGreaterThan(700);
    await client.close();
  });
});
