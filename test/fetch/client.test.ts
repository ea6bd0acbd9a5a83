import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetch/client.ts';
import { errorOf, SETTINGS, serveBytes, startFetcher, startServer, startTarget } from './servers.ts';

const FILE = randomBytes(5000);
const MAX = 1_000_000;

describe('fetch/client', () => {
  it('gives a whole document and the URL that it came from', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/missing') response.writeHead(404).end();
      else serveBytes(request, response, FILE);
    });
    const urls = [`${server.url}/missing`, `${server.url.replace('//', '//me:pw@')}/f`];
    const document = await (await startFetcher()).document({ urls, maxSize: MAX });
    expect(document.bytes.equals(FILE)).toBe(true);
    expect(document.url).toBe(urls[1]);
  });

  it('sends the path as it is given', async () => {
    const server = await startServer((request, response) => serveBytes(request, response, FILE));
    const paths = ['/a%2Bb+c~d%20e', '/dists/%7Ex?y=%2F&z', '/a/%2e%2e%2fb'];
    const fetcher = await startFetcher();
    for (const path of paths) await fetcher.document({ urls: [server.url + path], maxSize: MAX });
    expect(server.requests.map(({ url }) => url)).toEqual(paths);
  });

  it('refuses what is no http address, before it asks anyone', async () => {
    const server = await startServer((request, response) => serveBytes(request, response, FILE));
    const fetcher = await startFetcher();
    const error = await errorOf(fetcher.document({ urls: [`${server.url}/f`, 'file:///etc/passwd'], maxSize: MAX }));
    expect(error.code).toBe('FETCH_FAILED');
    expect((await errorOf(fetcher.document({ urls: [], maxSize: MAX }))).code).toBe('FETCH_FAILED');
    expect(server.requests).toHaveLength(0);
  });

  it('asks for no more files at once than it may', async () => {
    let open = 0;
    let most = 0;
    const server = await startServer((request, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        serveBytes(request, response, FILE);
      }, 10);
    });
    const fetcher = await startFetcher({ concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, index) => fetcher.document({ urls: [`${server.url}/${index}`], maxSize: MAX })));
    expect(most).toBe(3);
    expect(server.connections()).toBeLessThanOrEqual(6);
  });

  it('does not hold a place in the line while it waits for a retry', async () => {
    let asked = 0;
    const server = await startServer((request, response) => {
      if (request.url === '/bad' && asked++ === 0) response.writeHead(503, { 'retry-after': '1' }).end();
      else serveBytes(request, response, FILE);
    });
    const other = await startServer((request, response) => serveBytes(request, response, FILE));
    const fetcher = await startFetcher({ concurrency: 1 });
    const order: string[] = [];
    const ask = async (url: string): Promise<void> => {
      await fetcher.document({ urls: [url], maxSize: MAX });
      order.push(url);
    };
    await Promise.all([ask(`${server.url}/bad`), ask(`${other.url}/good`)]);
    expect(order).toEqual([`${other.url}/good`, `${server.url}/bad`]);
  });

  it('finishes what was begun before it begins what waits in line', async () => {
    const order: string[] = [];
    const server = await startServer((request, response) => {
      order.push(request.url ?? '');
      if (request.url === '/1/missing') response.writeHead(404).end();
      else serveBytes(request, response, FILE);
    });
    const fetcher = await startFetcher({ concurrency: 1 });
    const ask = (...paths: string[]) => fetcher.document({ urls: paths.map((path) => server.url + path), maxSize: MAX });
    await Promise.all([ask('/0'), ask('/1/missing', '/1'), ask('/2'), ask('/3'), ask('/4')]);
    expect(order).toEqual(['/0', '/1/missing', '/2', '/1', '/3', '/4']);
  });

  it('keeps to the bandwidth over all downloads', async () => {
    const bytes = randomBytes(50_000);
    const server = await startServer((request, response) => serveBytes(request, response, bytes));
    const fetcher = await startFetcher({ bandwidth: 200_000 });
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: 4 }, () => fetcher.download({ urls: [`${server.url}/f`], maxSize: MAX, target: startTarget(bytes) })),
    );
    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThan(0.7);
    expect(seconds).toBeLessThan(3);
  });

  describe('abort', () => {
    it('ends a download promptly, keeps what is held, and destroys the connection', async () => {
      const server = await startServer((_, response) => {
        response.writeHead(200, { 'content-length': FILE.length });
        response.write(FILE.subarray(0, 1000));
      });
      const fetcher = await startFetcher();
      const controller = new AbortController();
      const target = startTarget(FILE);
      const download = errorOf(
        fetcher.download({
          urls: [`${server.url.replace('//', '//me:s3cret@')}/f`, `${server.url}/g`],
          size: FILE.length,
          maxSize: MAX,
          target,
          signal: controller.signal,
          onBytes: () => controller.abort(),
        }),
      );
      const error = await download;
      expect(error.code).toBe('ABORTED');
      expect(error.message).toBe(`fetching ${server.url}/f was interrupted`);
      expect(target.held).toBe(1000);
      await server.closed;
      expect(server.requests).toHaveLength(1);
    });

    it('ends what waits for an answer, for a retry, for bandwidth, or in line, and what has not begun', async () => {
      const server = await startServer((request, response) => {
        if (request.url === '/busy') response.writeHead(503, { 'retry-after': '60' }).end();
        else if (request.url === '/file') serveBytes(request, response, FILE);
      });
      const controller = new AbortController();
      const { signal } = controller;
      const quick = await startFetcher({ concurrency: 2 }, { backoff: 60_000 });
      const slow = await startFetcher({ bandwidth: 100 });
      const ask = (path: string, fetcher = quick) => errorOf(fetcher.document({ urls: [server.url + path], maxSize: MAX, signal }));
      const waiting = [ask('/busy'), ask('/silent'), ask('/silent'), ask('/silent'), ask('/file', slow)];
      await sleep(150);
      const begun = performance.now();
      controller.abort(new Error('Ctrl-C'));
      const errors = await Promise.all([...waiting, ask('/silent')]);
      expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'ABORTED'));
      expect(performance.now() - begun).toBeLessThan(1000);
      expect(server.requests.filter(({ url }) => url === '/silent').length).toBeLessThanOrEqual(2);
    });

    it('leaves no listeners behind', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const fetcher = await startFetcher({ concurrency: 16 });
      const { signal } = new AbortController();
      await Promise.all(Array.from({ length: 60 }, () => fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX, signal })));
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });
  });

  it('leaves nothing open once closed', async () => {
    const server = await startServer((request, response) => serveBytes(request, response, FILE));
    const fetcher = await createFetcher(SETTINGS, {});
    await fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX });
    await fetcher.close();
    await server.closed;
  });

  it('takes long timeouts, and refuses none at all', async () => {
    const server = await startServer((request, response) => serveBytes(request, response, FILE));
    const fetcher = await startFetcher({ timeout: '60d', retries: 0 });
    expect((await fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX })).bytes.equals(FILE)).toBe(true);
    await expect(createFetcher({ ...SETTINGS, timeout: '0s' }, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('says which configuration file is wrong', async () => {
    await expect(createFetcher({ ...SETTINGS, ca: '/nowhere/ca.pem' }, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
  });
});
