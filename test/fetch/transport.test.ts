import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  errorOf,
  makeCertificates,
  serveBytes,
  startFetcher,
  startProxy,
  startRawServer,
  startSecureServer,
  startServer,
  startTarget,
} from './servers.ts';

const FILE = randomBytes(5000);
const MAX = 1_000_000;
const ONCE = { retries: 0 };

let certificates: ReturnType<typeof makeCertificates>;
beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => certificates.remove());

describe('fetch/transport', () => {
  describe('timeouts', () => {
    it('end a server that never answers', async () => {
      const server = await startServer(() => undefined);
      const error = await errorOf((await startFetcher({ ...ONCE, timeout: '80ms' })).document({ urls: [`${server.url}/f`], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_TIMEOUT', message: `cannot fetch ${server.url}/f: no answer within 0.08 s` });
      await server.closed;
    });

    it('end a head that drips', async () => {
      const server = await startRawServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      });
      const error = await errorOf((await startFetcher({ ...ONCE, timeout: '150ms' })).document({ urls: [server.url], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringContaining('no answer within') });
    });

    it('end a server that falls silent after its head, or in the middle', async () => {
      const server = await startServer((request, response) => {
        response.writeHead(200, { 'content-length': FILE.length });
        response.flushHeaders();
        if (request.url === '/middle') response.write(FILE.subarray(0, 100));
      });
      const fetcher = await startFetcher({ ...ONCE, timeout: '100ms' });
      for (const [path, held] of [
        ['/head', 0],
        ['/middle', 100],
      ] as const) {
        const target = startTarget(FILE);
        const error = await errorOf(fetcher.download({ urls: [server.url + path], size: FILE.length, maxSize: MAX, target }));
        expect(error).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringContaining('no data for 0.1 s') });
        expect(target.held).toBe(held);
      }
    });

    it('end a TLS handshake that goes nowhere', async () => {
      const server = await startRawServer(() => undefined);
      const error = await errorOf(
        (await startFetcher({ ...ONCE, timeout: '100ms' })).document({ urls: [server.url.replace('http:', 'https:')], maxSize: MAX }),
      );
      expect(error).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringContaining('no connection within 0.1 s') });
    });

    it('end a server that drips, although it is never silent', async () => {
      const server = await startServer((_, response) => {
        response.writeHead(200, { 'content-length': FILE.length });
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(timer));
      });
      const fetcher = await startFetcher({ ...ONCE, timeout: '5s' }, { speedFloor: { bytesPerSecond: 512, window: 200 } });
      const error = await errorOf(fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringMatching(/only \d+ bytes in/) });
      await server.closed;
    });

    it('do not count the time that the target takes', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const target = startTarget(FILE);
      const write = target.write.bind(target);
      target.write = async (chunk) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await write(chunk);
      };
      await (await startFetcher({ ...ONCE, timeout: '100ms' })).download({ urls: [`${server.url}/f`], maxSize: MAX, target });
      expect(target.completed).toBe(true);
    });
  });

  describe('connections', () => {
    it('are kept for the next request', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const fetcher = await startFetcher();
      for (let count = 0; count < 10; count++) await fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX });
      expect(server.connections()).toBe(1);
    });

    it('are kept after an error page', async () => {
      const server = await startServer((_, response) => response.writeHead(404).end('not here'));
      const fetcher = await startFetcher();
      for (let count = 0; count < 5; count++) {
        await errorOf(fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX }));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(server.connections()).toBe(1);
    });

    it('are dropped when an error page does not end', async () => {
      const server = await startServer((_, response) => {
        response.writeHead(404);
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384)));
          response.once('drain', more);
        };
        more();
      });
      const error = await errorOf((await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX }));
      expect(error.code).toBe('FETCH_NOT_FOUND');
      const begun = performance.now();
      await server.closed;
      // Long before the time that a slow error page is given.
      expect(performance.now() - begun).toBeLessThan(1000);
    });

    it('that the server has closed do not cost a try', async () => {
      const server = await startRawServer((socket, count) => {
        if (count === 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
      const fetcher = await startFetcher({ ...ONCE }, { backoff: 60_000 });
      for (let count = 0; count < 3; count++) {
        const { bytes } = await fetcher.document({ urls: [server.url], maxSize: MAX });
        expect(bytes.toString()).toBe('ok');
      }
    });

    it('carry nothing over from an answer that was longer than it said', async () => {
      const server = await startRawServer((socket, count) => {
        if (count === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
      });
      const fetcher = await startFetcher();
      expect((await fetcher.document({ urls: [server.url], maxSize: MAX })).bytes.toString()).toBe('ok');
      expect((await fetcher.document({ urls: [server.url], maxSize: MAX })).bytes.toString()).toBe('good');
    });

    it('fail on what is not HTTP', async () => {
      const server = await startRawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
      const error = await errorOf((await startFetcher(ONCE)).document({ urls: [server.url], maxSize: MAX }));
      expect(error.code).toBe('FETCH_FAILED');
    });
  });

  describe('a request', () => {
    it('names the path as the address has it, the host, and who asks', async () => {
      const server = await startServer((_, response) => response.end('ok'));
      const fetcher = await startFetcher();
      await fetcher.document({ urls: [`${server.url}/pool/g%2B%2B/~x y.deb?a=1&b=%20#part`], maxSize: MAX });
      const [seen] = server.requests;
      expect(seen).toMatchObject({ method: 'GET', url: '/pool/g%2B%2B/~x%20y.deb?a=1&b=%20' });
      expect(seen?.headers).toEqual({
        host: `127.0.0.1:${server.port}`,
        'user-agent': expect.stringMatching(/^mirror\/\d/),
        'accept-encoding': 'identity',
        connection: 'keep-alive',
      });
    });

    it.runIf(Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')))(
      'reaches an IPv6 address',
      async () => {
        const hosts: (string | undefined)[] = [];
        const server = http.createServer((request, response) => {
          hosts.push(request.headers.host);
          response.end('ok');
        });
        onTestFinished(() => void server.close());
        await new Promise<void>((resolve) => {
          server.listen(0, '::1', resolve);
        });
        const { port } = server.address() as net.AddressInfo;
        const { bytes } = await (await startFetcher()).document({ urls: [`http://[::1]:${port}/f`], maxSize: MAX });
        expect([bytes.toString(), hosts]).toEqual(['ok', [`[::1]:${port}`]]);
      },
    );
  });

  describe('TLS', () => {
    it('trusts a private authority only where it is configured', async () => {
      const server = await startSecureServer((request, response) => serveBytes(request, response, FILE), certificates.server);
      const trusting = await startFetcher({ ca: certificates.authority });
      expect((await trusting.document({ urls: [`${server.url}/f`], maxSize: MAX })).bytes.equals(FILE)).toBe(true);
      const error = await errorOf((await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_FAILED', hint: expect.stringContaining('http.ca'), details: { tries: 1 } });
      expect(server.requests).toHaveLength(1);
    });

    it('refuses a certificate for another name', async () => {
      const server = await startSecureServer((request, response) => serveBytes(request, response, FILE), certificates.server);
      const error = await errorOf(
        (await startFetcher({ ca: certificates.authority })).document({ urls: [`https://localhost:${server.port}/f`], maxSize: MAX }),
      );
      expect(error.message).toContain('is not trusted');
    });

    it('shows a client certificate where it is asked for', async () => {
      const server = await startSecureServer((request, response) => serveBytes(request, response, FILE), {
        ...certificates.server,
        requestCert: true,
      });
      const fetcher = await startFetcher({ ...ONCE, ca: certificates.authority });
      const { cert, key } = certificates.client;
      const urls = [`${server.url}/f`];
      expect((await fetcher.document({ urls, credentials: { clientCert: cert, clientKey: key }, maxSize: MAX })).bytes.equals(FILE)).toBe(
        true,
      );
      expect((await errorOf(fetcher.document({ urls, maxSize: MAX }))).code).toMatch(/^FETCH_/);
    });
  });

  describe('a proxy', () => {
    it('carries http and https, with its own credentials, over kept connections', async () => {
      const proxy = await startProxy();
      const plain = await startServer((request, response) => serveBytes(request, response, FILE));
      const secure = await startSecureServer((request, response) => serveBytes(request, response, FILE), certificates.server);
      const fetcher = await startFetcher({ ca: certificates.authority, proxy: proxy.url.replace('//', '//pro:xy@') });
      const credentials = { username: 'me', password: 's3cret' };
      for (let count = 0; count < 3; count++) {
        for (const { url } of [plain, secure]) {
          expect((await fetcher.document({ urls: [`${url}/f`], credentials, maxSize: MAX })).bytes.equals(FILE)).toBe(true);
        }
      }
      expect(proxy.requests.map(({ url }) => url)).toEqual(Array.from({ length: 3 }, () => `${plain.url}/f`));
      expect(proxy.requests[0]?.headers['proxy-authorization']).toBe('Basic cHJvOnh5');
      expect(proxy.tunnels).toEqual([{ target: `127.0.0.1:${secure.port}`, authorization: 'Basic cHJvOnh5' }]);
      expect(secure.connections()).toBe(1);
      expect(secure.requests[0]?.headers['proxy-authorization']).toBeUndefined();
      expect(proxy.connections()).toBe(2);
    });

    it('is taken from the environment, except for the hosts in no_proxy, and the configured one wins', async () => {
      const [proxy, other] = [await startProxy(), await startProxy()];
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const ask = async (settings: object, environment: Record<string, string>): Promise<void> => {
        const fetcher = await startFetcher(settings, { environment });
        await fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX });
      };
      await ask({}, { http_proxy: proxy.url });
      expect([proxy.requests.length, other.requests.length]).toEqual([1, 0]);
      await ask({}, { http_proxy: proxy.url, no_proxy: '127.0.0.1' });
      expect([proxy.requests.length, other.requests.length]).toEqual([1, 0]);
      await ask({ proxy: other.url }, { http_proxy: proxy.url });
      expect([proxy.requests.length, other.requests.length]).toEqual([1, 1]);
    });

    it('that refuses is an error without its credentials', async () => {
      const refusing = net.createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'));
      });
      const port = await new Promise<number>((resolve) => {
        refusing.listen(0, '127.0.0.1', () => resolve((refusing.address() as net.AddressInfo).port));
      });
      onTestFinished(() => void refusing.close());
      const fetcher = await startFetcher({ ...ONCE, proxy: `http://pro:s3cret@127.0.0.1:${port}` });
      for (const url of ['https://upstream.invalid/f', 'http://upstream.invalid/f']) {
        const error = await errorOf(fetcher.document({ urls: [url], maxSize: MAX }));
        expect(error.code).toMatch(/^FETCH_(FAILED|DENIED)$/);
        expect(error.hint).toContain('proxy');
        expect(JSON.stringify([error.message, error.hint, error.details, error.stack])).not.toContain('s3cret');
      }
    });
  });
});
