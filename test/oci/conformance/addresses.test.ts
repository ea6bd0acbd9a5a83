import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { exchange, get } from '../../serve/raw-http.ts';
import { EMPTY, type ServedRegistry, serveRegistry } from './served-registry.ts';

let registry: ServedRegistry;

beforeAll(async () => {
  registry = await serveRegistry();
});
afterAll(() => registry.close());

describe('oci/conformance: addresses', () => {
  it.each(['/v2/', '/v2'])('answers %s, whereby clients know a registry', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await registry.ask(method, path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    }
  });

  it.each([
    'foo/manifests/bar',
    'manifests',
    'blobs/uploads',
    'a/blobs/uploads/manifests',
    'tags/list',
    'referrers/manifests/tags',
    'level-one/level_two/level.three/image',
    'gcr.io/google-containers/kube-proxy-amd64',
  ])('takes and gives content of the repository %s', async (repository) => {
    const { digest, bytes } = await registry.pushImage(repository, 'v1');
    for (const reference of ['v1', digest]) {
      expect((await registry.ask('GET', `/v2/${repository}/manifests/${reference}`)).body).toEqual(bytes);
    }
    expect((await registry.ask('GET', `/v2/${repository}/blobs/${digestOf(EMPTY)}`)).body).toEqual(EMPTY);
    expect(JSON.parse((await registry.ask('GET', `/v2/${repository}/tags/list`)).body.toString())).toEqual({
      name: repository,
      tags: ['v1'],
    });
    const location = await registry.beginUpload(repository);
    expect((await registry.ask('GET', location)).status).toBe(204);
    expect((await registry.ask('DELETE', location)).status).toBe(204);
    expect((await registry.ask('GET', `/v2/${repository}/referrers/${digest}`)).status).toBe(200);
  });

  it.each(['UPPER', 'a//b', '-a', 'a-', 'a..b', `${'a'.repeat(256)}`, 'a/../b', 'a%2F..%2Fb', 'a%00b', '%C3%A4', 'a%252Fb'])(
    'refuses the repository %s',
    async (repository) => {
      const [answer] = await exchange(registry.url, get(`/v2/${repository}/tags/list`), 1);
      expect(answer?.status).toBe(400);
      expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] });
    },
  );

  it('decodes an address once', async () => {
    await registry.pushImage('team/app', 'v1');
    const digest = digestOf(EMPTY).replace(':', '%3A');
    expect((await registry.ask('GET', `/v2/team%2Fapp/blobs/${digest}`)).status).toBe(200);
    expect((await registry.ask('GET', `/v2/team%2Fapp/blobs/${digest.replace('%', '%25')}`)).status).toBe(400);
    const [broken] = await exchange(registry.url, get('/v2/team%2/tags/list'), 1);
    expect(broken?.status).toBe(400);
  });

  it.each(['/v2/x', '/v2/a/tags', '/v2/a/tags/other', '/v2/a/blobs/', '/v2/a/manifests/', '/v2/token'])(
    'has nothing at %s',
    async (path) => {
      const answer = await registry.ask('GET', path);
      expect([answer.status, answer.codes]).toEqual([404, ['UNSUPPORTED']]);
    },
  );

  it.each([
    ['POST', '/v2/', 'GET, HEAD'],
    ['DELETE', '/v2/_catalog', 'GET, HEAD'],
    ['PATCH', '/v2/a/manifests/v1', 'GET, HEAD, PUT, DELETE'],
    ['PUT', `/v2/a/blobs/${digestOf(EMPTY)}`, 'GET, HEAD, DELETE'],
    ['GET', '/v2/a/blobs/uploads/', 'POST'],
    ['POST', '/v2/a/blobs/uploads/0', 'GET, PATCH, PUT, DELETE'],
  ])('does not do %s at %s', async (method, path, allowed) => {
    const answer = await registry.ask(method, path);
    expect([answer.status, answer.headers.get('allow'), answer.codes]).toEqual([405, allowed, ['UNSUPPORTED']]);
  });

  it('says whose content it gives to a client that asks for another registry', async () => {
    await registry.pushImage('quay.io/proxied/app', 'v1');
    await registry.pushImage('nginx', 'v1');
    for (const [path, namespace] of [
      ['proxied/app', 'quay.io'],
      ['library/nginx', 'docker.io'],
    ]) {
      const answer = await registry.ask('GET', `/v2/${path}/manifests/v1?ns=${namespace}`);
      expect([answer.status, answer.headers.get('oci-namespace')]).toEqual([200, namespace]);
      expect((await registry.ask('HEAD', `/v2/${path}/blobs/${digestOf(EMPTY)}?ns=${namespace}`)).status).toBe(200);
    }
    expect((await registry.ask('GET', '/v2/proxied/app/manifests/v1?ns=gcr.io')).status).toBe(404);
    expect((await registry.ask('GET', '/v2/nginx/manifests/v1?ns=a%0d%0aX: y')).headers.get('oci-namespace')).toBeNull();
  });
});

describe('oci/conformance: connections', () => {
  it('survives a TLS handshake where none is expected', async () => {
    const { hostname, port } = new URL(registry.url);
    const socket = connect(Number(port), hostname);
    socket.resume().write(Buffer.from('16030100c5010000c10303', 'hex'));
    await once(socket, 'close');
    expect((await registry.ask('GET', '/v2/')).status).toBe(200);
  });

  it('answers pipelined requests with bodies in order', async () => {
    const push = (text: string): string =>
      [
        `POST /v2/pipe/blobs/uploads/?digest=${digestOf(Buffer.from(text))} HTTP/1.1`,
        'Host: test',
        `Content-Length: ${text.length}`,
        '',
        text,
      ].join('\r\n');
    const answers = await exchange(registry.url, push('one') + push('two') + get(`/v2/pipe/blobs/${digestOf(Buffer.from('one'))}`), 3);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 200]);
    expect(answers[2]?.body.toString()).toBe('one');
  });

  it('tells a client that waits for it to send its body, and one that it refuses not to', async () => {
    const ask = (digest: string): string =>
      [`POST /v2/wait/blobs/uploads/?digest=${digest} HTTP/1.1`, 'Host: test', 'Content-Length: 3', 'Expect: 100-continue', '', ''].join(
        '\r\n',
      );
    const [first] = await exchange(registry.url, ask(digestOf(Buffer.from('one'))), 1);
    expect(first?.status).toBe(100);
    const [refused] = await exchange(registry.url, ask('sha256:short'), 1);
    expect([refused?.status, refused?.headers.get('connection')]).toEqual([400, 'close']);
  });

  it('goes on with a connection after it has refused a small body', async () => {
    const refused = ['PUT /v2/UPPER/manifests/v1 HTTP/1.1', 'Host: test', 'Content-Length: 5', '', 'abcde'].join('\r\n');
    const answers = await exchange(registry.url, refused + get('/v2/'), 2);
    expect(answers.map(({ status }) => status)).toEqual([400, 200]);
  });

  it('takes no body where none is wanted', async () => {
    const upload = ['POST /elsewhere HTTP/1.1', 'Host: test', 'Content-Length: 5', '', 'abcde'].join('\r\n');
    const [answer] = await exchange(registry.url, upload, 1);
    expect([answer?.status, answer?.headers.get('connection')]).toEqual([405, 'close']);
  });

  it('does not let a request that was cut off be a push', async () => {
    const { hostname, port } = new URL(registry.url);
    const digest = digestOf(Buffer.from('whole'));
    const socket = connect(Number(port), hostname);
    socket.write([`POST /v2/cut/blobs/uploads/?digest=${digest} HTTP/1.1`, 'Host: test', 'Content-Length: 100', '', 'whole'].join('\r\n'));
    socket.end();
    await once(socket.resume(), 'close');
    expect((await registry.ask('HEAD', `/v2/cut/blobs/${digest}`)).status).toBe(404);
  });
});
