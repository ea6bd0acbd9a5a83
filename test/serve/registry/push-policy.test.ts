import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { EMPTY, imageManifest, type ServedRegistry, serveRegistry } from '../../oci/conformance/served-registry.ts';

describe('serve/registry: who may push', () => {
  let registry: ServedRegistry | undefined;
  afterEach(() => registry?.close());

  const digest = digestOf(EMPTY);
  const writes = [
    ['POST', `/v2/app/blobs/uploads/?digest=${digest}`],
    ['POST', '/v2/app/blobs/uploads/'],
    ['PATCH', '/v2/app/blobs/uploads/0'],
    ['PUT', '/v2/app/manifests/v1'],
    ['DELETE', '/v2/app/manifests/v1'],
    ['DELETE', `/v2/app/blobs/${digest}`],
  ] as const;

  it('is nobody where pushing is turned off; everyone may still pull', async () => {
    registry = await serveRegistry('{ registry: { push: none } }');
    for (const [method, path] of writes) {
      const answer = await registry.ask(method, path, method === 'DELETE' ? {} : { body: EMPTY });
      expect([method, path, answer.status, answer.codes]).toEqual([method, path, 405, ['UNSUPPORTED']]);
    }
    expect((await registry.ask('GET', '/v2/')).status).toBe(200);
    expect((await registry.ask('HEAD', `/v2/app/blobs/${digest}`)).status).toBe(404);
  });

  it.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'Origin'])(
    'is not somebody behind a proxy, or a web page, as %s says',
    async (name) => {
      registry = await serveRegistry();
      const headers = { [name]: '192.0.2.1' };
      for (const [method, path] of writes) {
        const answer = await registry.ask(method, path, { headers, ...(method === 'DELETE' ? {} : { body: EMPTY }) });
        expect([method, path, answer.status, answer.codes]).toEqual([method, path, 403, ['DENIED']]);
      }
      await registry.pushBlob('app', EMPTY);
      expect((await registry.putManifest('app', 'v1', imageManifest())).status).toBe(201);
      expect((await registry.ask('GET', '/v2/app/manifests/v1', { headers })).status).toBe(200);
    },
  );

  it('is not there at all where the registry is turned off', async () => {
    registry = await serveRegistry('{ registry: { enabled: false } }');
    for (const path of ['/v2/', '/v2/app/tags/list']) expect((await registry.ask('GET', path)).status).toBe(404);
  });
});
