import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { referrersTag } from '../../../src/oci/format/digest-tags.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { errorOf, serveBytes, startRawServer, startServer } from '../../fetch/servers.ts';
import { allOf, answer, blobOf, openTestRegistry, refuse } from './test-registry.ts';

const MANIFEST = Buffer.from('{"schemaVersion":2, "mediaType":"x"}');
const DIGEST = digestOf(MANIFEST);
const TYPE = { 'content-type': `${MEDIA_TYPES.manifest}; charset=utf-8` };
const BLOB = randomBytes(300_000);
const LOGIN = { username: 'anna', password: 'opensesame' };

type Paths = Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>;

/** A registry whose answers are given by paths; anything else is not there. */
function startPaths(paths: Paths): ReturnType<typeof startServer> {
  return startServer((request, response) => {
    const handler = paths[request.url ?? ''] ?? paths[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (handler === undefined) refuse(response, 404, 'NAME_UNKNOWN', 'not here');
    else handler(request, response);
  });
}

describe('oci/client pulls', () => {
  describe('manifests', () => {
    it('by one request that takes every type, and gives their bytes as they are', async () => {
      const server = await startPaths({ '/v2/a/b/manifests/v1': (_, response) => answer(response, 200, TYPE, MANIFEST) });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      expect(await repository.manifestAt('v1')).toEqual({ digest: DIGEST, bytes: MANIFEST, mediaType: MEDIA_TYPES.manifest });
      expect(server.requests[0]?.headers.accept?.split(', ')).toEqual(expect.arrayContaining([MEDIA_TYPES.index, MEDIA_TYPES.dockerList]));
      expect(await repository.manifestAt('v2')).toBeUndefined();
      await expect(repository.manifest({ mediaType: '', digest: digestOf(BLOB), size: 1 })).rejects.toMatchObject({
        code: 'IMAGE_UNKNOWN',
      });
    });

    it('are refused where they are not what was asked for', async () => {
      const lie = { ...TYPE, 'docker-content-digest': digestOf(BLOB) };
      const server = await startPaths({
        '/v2/a/b/manifests/lying': (_, response) => answer(response, 200, lie, MANIFEST),
        [`/v2/a/b/manifests/${DIGEST}`]: (_, response) => answer(response, 200, TYPE, MANIFEST),
        [`/v2/a/b/manifests/${digestOf(BLOB)}`]: (_, response) => answer(response, 200, TYPE, MANIFEST),
        '/v2/a/b/manifests/huge': (_, response) => answer(response, 200, TYPE, Buffer.alloc(8 * 1024 * 1024 + 1, ' ')),
      });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      const descriptor = { mediaType: MEDIA_TYPES.manifest, digest: DIGEST, size: MANIFEST.length };
      expect(await repository.manifest(descriptor)).toEqual(MANIFEST);
      for (const wrong of [
        repository.manifestAt('lying'),
        repository.manifest({ ...descriptor, digest: digestOf(BLOB) }),
        repository.manifest({ ...descriptor, size: 5 }),
      ])
        expect(await errorOf(wrong)).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      expect(await errorOf(repository.manifestAt('huge'))).toMatchObject({ code: 'FETCH_TOO_LARGE' });
    });

    it('that end too early are asked for again', async () => {
      const server = await startRawServer((socket, count) => {
        const body = count === 0 ? MANIFEST.subarray(0, 5) : MANIFEST;
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${MEDIA_TYPES.manifest}\r\ncontent-length: ${MANIFEST.length}\r\n\r\n${body}`);
        socket.end();
      });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      expect((await repository.manifestAt('v1'))?.bytes).toEqual(MANIFEST);
    });

    it('are resolved by HEAD, and by GET where that says too little', async () => {
      const server = await startPaths({
        '/v2/a/b/manifests/v1': (_, response) =>
          answer(response, 200, { ...TYPE, 'docker-content-digest': DIGEST, 'content-length': String(MANIFEST.length) }),
        '/v2/a/b/manifests/bare': (request, response) =>
          request.method === 'HEAD' ? answer(response, 405) : answer(response, 200, TYPE, MANIFEST),
        [`/v2/a/b/manifests/${digestOf(BLOB)}`]: (_, response) =>
          answer(response, 200, { ...TYPE, 'docker-content-digest': DIGEST, 'content-length': '5' }),
      });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      const resolved = { digest: DIGEST, size: MANIFEST.length, mediaType: MEDIA_TYPES.manifest };
      expect(await repository.resolve('v1')).toEqual(resolved);
      expect(await repository.resolve('bare')).toEqual(resolved);
      expect(await repository.tagged('other')).toBeUndefined();
      expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'GET', 'HEAD']);
      expect(await errorOf(repository.resolve(digestOf(BLOB)))).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    });
  });

  describe('blobs', () => {
    const blob = blobOf(BLOB);
    const path = `/v2/a/b/blobs/${blob.digest}`;

    it('from an offset on, and goes on where the connection broke', async () => {
      let count = 0;
      const server = await startPaths({
        [path]: (request, response) => {
          if (count++ > 0) return serveBytes(request, response, BLOB, true);
          response.writeHead(200, { 'content-length': BLOB.length });
          return response.write(BLOB.subarray(0, 100_000), () => response.destroy());
        },
      });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      expect(await allOf(repository.blob(blob, 0))).toEqual(BLOB);
      expect(await allOf(repository.blob(blob, 200_000))).toEqual(BLOB.subarray(200_000));
      expect(await allOf(repository.blob(blob, BLOB.length))).toHaveLength(0);
      expect(server.requests.map(({ headers }) => headers.range?.replace(/\d{5,}/, 'N'))).toEqual([undefined, 'bytes=N-', 'bytes=N-']);
    });

    it('from the beginning where the registry knows no ranges, and gives each byte once', async () => {
      let count = 0;
      const server = await startPaths({
        [path]: (request, response) => {
          if (count++ > 0) return serveBytes(request, response, BLOB);
          response.writeHead(200, { 'content-length': BLOB.length });
          return response.write(BLOB.subarray(0, 100_000), () => response.destroy());
        },
      });
      expect(await allOf((await openTestRegistry(server.url)).repository('a/b').blob(blob, 0))).toEqual(BLOB);
    });

    it('that stay too short are given up, and those that are too long are refused', async () => {
      const server = await startPaths({
        [path]: (_, response) => answer(response, 200, {}, BLOB.subarray(0, 1000)),
        '/v2/long/blobs': () => undefined,
        [`/v2/long/blobs/${blob.digest}`]: (_, response) => {
          response.writeHead(200);
          response.end(Buffer.concat([BLOB, BLOB]));
        },
        [`/v2/longer/blobs/${blob.digest}`]: (_, response) => answer(response, 200, {}, Buffer.concat([BLOB, BLOB])),
      });
      const client = await openTestRegistry(server.url);
      expect(await errorOf(allOf(client.repository('a/b').blob(blob, 0)))).toMatchObject({ code: 'FETCH_TRUNCATED' });
      for (const name of ['long', 'longer'])
        expect(await errorOf(allOf(client.repository(name).blob(blob, 0)))).toMatchObject({ code: 'FETCH_TOO_LARGE' });
      expect(await errorOf(allOf(client.repository('other').blob(blob, 0)))).toMatchObject({ code: 'IMAGE_UNKNOWN' });
    });

    it('that nobody reads on end their request', async () => {
      const server = await startPaths({
        [path]: (_, response) => {
          response.writeHead(200, { 'content-length': BLOB.length });
          response.write(BLOB.subarray(0, 100_000));
          const timer = setInterval(() => response.write(BLOB.subarray(0, 1)), 10);
          response.on('close', () => clearInterval(timer));
        },
      });
      for await (const chunk of (await openTestRegistry(server.url)).repository('a/b').blob(blob, 0)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await server.closed;
    });

    it('where a redirect leads, which gets no credentials', async () => {
      const store = await startServer((request, response) => serveBytes(request, response, BLOB, true));
      const basic = `Basic ${Buffer.from('anna:opensesame').toString('base64')}`;
      const server = await startPaths({
        [path]: (request, response) =>
          request.headers.authorization === basic
            ? answer(response, 307, { location: `${store.url}/store?signature=s` })
            : answer(response, 401, { 'www-authenticate': 'Basic realm="r"' }),
      });
      const { host } = new URL(server.url);
      const logins = { [host]: LOGIN, [new URL(store.url).host]: LOGIN };
      const repository = (await openTestRegistry(server.url, { logins })).repository('a/b');
      expect(await allOf(repository.blob(blob, 100))).toEqual(BLOB.subarray(100));
      expect(store.requests.map(({ headers }) => [headers.authorization, headers.range])).toEqual([[undefined, 'bytes=100-']]);
    });

    it('not where a place that a redirect leads to wants credentials', async () => {
      const store = await startServer((_request, response) => answer(response, 401, { 'www-authenticate': 'Basic realm="r"' }));
      const server = await startPaths({ [path]: (_, response) => answer(response, 307, { location: store.url }) });
      const logins = { [new URL(server.url).host]: LOGIN, [new URL(store.url).host]: LOGIN };
      const error = await errorOf(allOf((await openTestRegistry(server.url, { logins })).repository('a/b').blob(blob, 0)));
      expect(error).toMatchObject({ code: 'FETCH_DENIED', message: expect.stringContaining(new URL(store.url).host) });
      expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });
  });

  describe('lists', () => {
    it('of tags over all pages, without what no tag can be called', async () => {
      const server = await startPaths({
        '/v2/a/b/tags/list?n=1000': (_, response) =>
          answer(response, 200, { link: '</v2/a/b/tags/list?n=2&last=v1>; rel="next"' }, '{"tags":["v0","v1"]}'),
        '/v2/a/b/tags/list?n=2&last=v1': (_, response) => answer(response, 200, {}, '{"tags":["v2","../../x",""]}'),
        '/v2/none/tags/list': (_, response) => answer(response, 200, {}, '{"name":"none","tags":null}'),
      });
      const client = await openTestRegistry(server.url);
      expect(await client.repository('a/b').tags()).toEqual(['v0', 'v1', 'v2']);
      expect(await client.repository('none').tags()).toEqual([]);
      expect(await client.repository('other').tags()).toEqual([]);
    });

    it('that go in a circle or on at another place are refused', async () => {
      const server = await startPaths({
        '/v2/circle/tags/list': (_, response) =>
          answer(response, 200, { link: '</v2/circle/tags/list?n=1000>; rel="next"' }, '{"tags":["v1"]}'),
        '/v2/away/tags/list': (_, response) => answer(response, 200, { link: '<http://127.0.0.2/v2/>; rel=next' }, '{"tags":["v1"]}'),
      });
      const client = await openTestRegistry(server.url);
      for (const [name, why] of [
        ['circle', 'has no end'],
        ['away', 'goes on at another place'],
      ] as const)
        expect(await errorOf(client.repository(name).tags())).toMatchObject({
          code: 'REGISTRY_REFUSED',
          message: expect.stringContaining(why),
        });
    });

    it('of repositories, which not every registry tells', async () => {
      const server = await startPaths({ '/v2/_catalog': (_, response) => answer(response, 200, {}, '{"repositories":["a/b","c"]}') });
      expect(await (await openTestRegistry(server.url)).repositories()).toEqual(['a/b', 'c']);
      const silent = await startPaths({});
      expect(await errorOf((await openTestRegistry(silent.url)).repositories())).toMatchObject({ code: 'IMAGE_UNKNOWN' });
    });

    it('of referrers from the registry, and from a tag where it keeps none', async () => {
      const referrer = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(BLOB), size: 7, artifactType: 'a/b' };
      const list = JSON.stringify({ schemaVersion: 2, manifests: [referrer] });
      const tag = referrersTag(DIGEST);
      const server = await startPaths({
        [`/v2/new/referrers/${DIGEST}`]: (_, response) => answer(response, 200, { 'content-type': MEDIA_TYPES.index }, list),
        [`/v2/old/manifests/${tag}`]: (_, response) => answer(response, 200, { 'content-type': MEDIA_TYPES.index }, list),
        [`/v2/page/referrers/${DIGEST}`]: (_, response) => answer(response, 200, { 'content-type': 'text/html' }, '<html></html>'),
        [`/v2/page/manifests/${tag}`]: (_, response) => answer(response, 200, { 'content-type': MEDIA_TYPES.index }, list),
      });
      const client = await openTestRegistry(server.url);
      for (const name of ['new', 'old', 'page']) expect(await client.repository(name).referrers(DIGEST)).toEqual([referrer]);
      expect(await client.repository('none').referrers(DIGEST)).toEqual([]);
    });
  });

  describe('again', () => {
    it('after the time that a busy registry wants, and everything else waits as long', async () => {
      const times: number[] = [];
      const server = await startPaths({
        '/v2/a/b/manifests/v1': (_, response) => {
          times.push(performance.now());
          if (times.length === 1) answer(response, 429, { 'retry-after': '1' });
          else answer(response, 200, TYPE, MANIFEST);
        },
      });
      const repository = (await openTestRegistry(server.url)).repository('a/b');
      const first = repository.manifestAt('v1');
      while (times.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await Promise.all([first, new Promise((resolve) => setTimeout(resolve, 50)).then(() => repository.manifestAt('v1'))]);
      expect(Math.min(...times.slice(1)) - (times[0] ?? 0)).toBeGreaterThan(900);
    });

    it('never where the registry refuses, and as often as is configured where it fails', async () => {
      const server = await startPaths({
        '/v2/a/b/manifests/bad': (_, response) => refuse(response, 400, 'NAME_INVALID', 'no such name'),
        '/v2/a/b/manifests/ill': (_, response) => refuse(response, 502, 'UNKNOWN', 'the disk is full'),
      });
      const repository = (await openTestRegistry(server.url, { settings: { retries: 3 } })).repository('a/b');
      expect(await errorOf(repository.manifestAt('bad'))).toMatchObject({
        code: 'REGISTRY_REFUSED',
        message: expect.stringContaining('answered 400 (NAME_INVALID: no such name)'),
      });
      expect(server.requests).toHaveLength(1);
      expect(await errorOf(repository.manifestAt('ill'))).toMatchObject({
        code: 'FETCH_FAILED',
        message: expect.stringContaining('answered 502 (UNKNOWN: the disk is full)'),
      });
      expect(server.requests).toHaveLength(5);
    });

    it('not once it is aborted, also while it waits', async () => {
      const controller = new AbortController();
      const server = await startPaths({
        '/v2/a/b/manifests/v1': (_, response) => {
          answer(response, 503, { 'retry-after': '100' });
          setTimeout(() => controller.abort(), 10);
        },
      });
      const repository = (await openTestRegistry(server.url, { signal: controller.signal })).repository('a/b');
      expect(await errorOf(repository.manifestAt('v1'))).toMatchObject({ code: 'ABORTED' });
    });
  });
});
