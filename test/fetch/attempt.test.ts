import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MirrorError } from '../../src/core/errors.ts';
import {
  errorOf,
  makeCertificates,
  serveBytes,
  startFetcher,
  startRawServer,
  startSecureServer,
  startServer,
  startTarget,
} from './servers.ts';

const FILE = randomBytes(200_000);
const MAX = 1_000_000;

describe('fetch/attempt', () => {
  describe('sizes', () => {
    it('fetches a file whose size is known, or not', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const fetcher = await startFetcher();
      for (const size of [FILE.length, undefined]) {
        const target = startTarget(FILE);
        let counted = 0;
        await fetcher.download({ urls: [`${server.url}/f`], size, maxSize: MAX, target, onBytes: (count) => (counted += count) });
        expect(target.bytes().equals(FILE)).toBe(true);
        expect([target.completed, counted]).toEqual([true, FILE.length]);
      }
      expect(server.requests[0]?.headers).toMatchObject({
        'accept-encoding': 'identity',
        'user-agent': expect.stringMatching(/^mirror\/\d+\.\d+\.\d+/),
        connection: 'keep-alive',
      });
    });

    it('keeps the bytes as they are sent, whatever the content-encoding', async () => {
      const server = await startServer((_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': FILE.length }).end(FILE);
      });
      const target = startTarget(FILE);
      await (await startFetcher()).download({ urls: [`${server.url}/f.gz`], size: FILE.length, maxSize: MAX, target });
      expect(target.bytes().equals(FILE)).toBe(true);
    });

    it.each([
      ['more', 10, 'FETCH_TOO_LARGE'],
      ['less', -10, 'CHECKSUM_MISMATCH'],
    ])('refuses a Content-Length of %s than the size before it reads the body', async (_, difference, code) => {
      const server = await startServer((__, response) => {
        response.writeHead(200, { 'content-length': FILE.length + difference });
        response.end(Buffer.alloc(FILE.length + difference));
      });
      const target = startTarget(FILE);
      let counted = 0;
      const fetcher = await startFetcher({ retries: 0 });
      const error = await errorOf(
        fetcher.download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target, onBytes: (count) => (counted += count) }),
      );
      expect(error.code).toBe(code);
      expect(error.message).toContain(`${FILE.length + difference} bytes long, and it should be ${FILE.length}`);
      expect(counted).toBe(0);
    });

    it.each([FILE.length, undefined])('stops an endless body as soon as it is over what is allowed (size %s)', async (size) => {
      let sent = 0;
      const server = await startServer((_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(FILE)) sent += FILE.length;
          response.once('drain', more);
        };
        more();
      });
      const target = startTarget();
      const error = await errorOf(
        (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size, maxSize: FILE.length, target }),
      );
      expect(error.code).toBe('FETCH_TOO_LARGE');
      expect(target.held).toBe(0);
      await server.closed;
      expect(sent).toBeLessThan(100 * FILE.length);
    });

    it('refuses a Content-Length over the ceiling, once', async () => {
      const server = await startServer((_, response) => response.writeHead(200, { 'content-length': MAX + 1 }).end());
      const error = await errorOf((await startFetcher()).download({ urls: [`${server.url}/f`], maxSize: MAX, target: startTarget() }));
      expect(error.code).toBe('FETCH_TOO_LARGE');
      expect(server.requests).toHaveLength(1);
    });

    it('finds a connection that ends early, and a body that ends early', async () => {
      const cut = await startRawServer((socket) => {
        socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${FILE.length}\r\n\r\n`), FILE.subarray(0, 1000)]));
      });
      const unframed = await startRawServer((socket) => {
        socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'), FILE.subarray(0, 1000)]));
      });
      const chunked = await startServer((_, response) => {
        response.write(FILE.subarray(0, 1000));
        response.end();
      });
      const cutChunk = await startRawServer((socket) => {
        socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n');
      });
      const fetcher = await startFetcher({ retries: 0 });
      for (const { url } of [cut, unframed, chunked, cutChunk]) {
        const target = startTarget(FILE);
        const error = await errorOf(fetcher.download({ urls: [`${url}/f`], size: FILE.length, maxSize: MAX, target }));
        expect(error.code).toBe('FETCH_TRUNCATED');
        expect(target.completed).toBe(false);
      }
      const unknown = await errorOf(fetcher.download({ urls: [`${cutChunk.url}/f`], maxSize: MAX, target: startTarget() }));
      expect(unknown.code).toBe('FETCH_TRUNCATED');
    });

    it('does not ask for an empty file', async () => {
      const target = startTarget(Buffer.alloc(0));
      await (await startFetcher()).download({ urls: ['http://127.0.0.1:1/'], size: 0, maxSize: MAX, target });
      expect(target.completed).toBe(true);
    });

    it('suspects a captive portal when the wrong bytes are an HTML page', async () => {
      const page = Buffer.from('<html>Please log in</html>');
      const server = await startServer((_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page));
      const fetcher = await startFetcher({ retries: 0 });
      const short = await errorOf(
        fetcher.download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target: startTarget(FILE) }),
      );
      const wrong = await errorOf(fetcher.download({ urls: [`${server.url}/f`], maxSize: MAX, target: startTarget(FILE) }));
      expect([short.code, wrong.code]).toEqual(['FETCH_TRUNCATED', 'CHECKSUM_MISMATCH']);
      expect([short.hint, wrong.hint]).toEqual([expect.stringContaining('captive portal'), expect.stringContaining('captive portal')]);
      const right = startTarget(page);
      await fetcher.download({ urls: [`${server.url}/f.html`], size: page.length, maxSize: MAX, target: right });
      expect(right.completed).toBe(true);
    });
  });

  describe('going on', () => {
    const half = FILE.length / 2;

    it('asks for what is missing', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE, true));
      const target = startTarget(FILE, FILE.subarray(0, half));
      let counted = 0;
      await (await startFetcher()).download({
        urls: [`${server.url}/f`],
        size: FILE.length,
        maxSize: MAX,
        target,
        onBytes: (count) => (counted += count),
      });
      expect(server.requests.map((request) => request.headers.range)).toEqual([`bytes=${half}-`]);
      expect([target.completed, target.restarts, counted]).toEqual([true, 0, half]);
    });

    it('asks for nothing when everything is there', async () => {
      const target = startTarget(FILE, FILE);
      await (await startFetcher()).download({ urls: ['http://127.0.0.1:1/'], size: FILE.length, maxSize: MAX, target });
      expect(target.completed).toBe(true);
    });

    it('begins again when everything is there and wrong', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE, true));
      const target = startTarget(FILE, randomBytes(FILE.length));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect(target.bytes().equals(FILE)).toBe(true);
      expect(server.requests.map((request) => request.headers.range)).toEqual([undefined]);
    });

    it('begins again when more is held than there should be', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE, true));
      const target = startTarget(FILE, randomBytes(FILE.length + 1));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect([target.completed, target.restarts]).toEqual([true, 1]);
    });

    it('begins again when the server sends the whole file', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE));
      const target = startTarget(FILE, FILE.subarray(0, half));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect([target.completed, target.restarts, server.requests.length]).toEqual([true, 1, 1]);
    });

    it('begins again after 416', async () => {
      const short = FILE.subarray(0, 1000);
      const server = await startServer((request, response) => serveBytes(request, response, short, true));
      const target = startTarget(short, FILE.subarray(0, half));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], maxSize: MAX, target });
      expect(target.bytes().equals(short)).toBe(true);
      expect(server.requests.map((request) => request.headers.range)).toEqual([`bytes=${half}-`, undefined]);
    });

    it.each([
      ['another start', `bytes 0-${FILE.length - 1}/${FILE.length}`],
      ['no range', undefined],
      ['nonsense', 'bytes x-y/z'],
      ['another unit', `lines ${half}-2/3`],
    ])('begins again when a part has %s', async (_, range) => {
      const server = await startServer((request, response) => {
        if (request.headers.range === undefined) serveBytes(request, response, FILE);
        else response.writeHead(206, range === undefined ? {} : { 'content-range': range }).end('wrong');
      });
      const target = startTarget(FILE, FILE.subarray(0, half));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect([target.completed, target.restarts]).toEqual([true, 1]);
    });

    it('refuses a part of a file of another size', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, Buffer.concat([FILE, FILE]), true));
      const target = startTarget(FILE, FILE.subarray(0, half));
      const error = await errorOf(
        (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target }),
      );
      expect(error.code).toBe('FETCH_TOO_LARGE');
    });

    it('refuses a part that nobody asked for', async () => {
      const server = await startServer((_, response) => {
        response.writeHead(206, { 'content-range': `bytes 0-9/${FILE.length}`, 'content-length': 10 }).end(FILE.subarray(0, 10));
      });
      const error = await errorOf(
        (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], maxSize: MAX, target: startTarget() }),
      );
      expect(error.message).toContain('206');
    });

    it('goes on after a break, with the ETag that it has, and from where it broke', async () => {
      let asked = 0;
      const server = await startServer((request, response) => {
        response.setHeader('etag', '"v1"');
        if (asked++ > 0) return serveBytes(request, response, FILE, true);
        response.writeHead(200, { 'content-length': FILE.length });
        response.write(FILE.subarray(0, half), () => setTimeout(() => response.destroy(), 30));
      });
      const target = startTarget(FILE);
      await (await startFetcher()).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect(target.bytes().equals(FILE)).toBe(true);
      expect(server.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
        [undefined, undefined],
        [`bytes=${half}-`, '"v1"'],
      ]);
      expect(target.restarts).toBe(0);
    });

    it('fetches the whole file when the bytes of an earlier run turn out to be of another file, without using up a try', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, FILE, true));
      const target = startTarget(FILE, randomBytes(half));
      await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect(target.bytes().equals(FILE)).toBe(true);
      expect(server.requests.map(({ headers }) => headers.range)).toEqual([`bytes=${half}-`, undefined]);
    });

    it('does not piece documents together', async () => {
      let asked = 0;
      const server = await startServer((request, response) => {
        if (asked++ > 0) return serveBytes(request, response, FILE, true);
        response.writeHead(200, { 'content-length': FILE.length });
        response.write(randomBytes(half), () => setTimeout(() => response.destroy(), 30));
      });
      const document = await (await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX });
      expect(document.bytes.equals(FILE)).toBe(true);
      expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    });
  });

  describe('wrong bytes', () => {
    it('are fetched again, past caches', async () => {
      let asked = 0;
      const server = await startServer((request, response) =>
        serveBytes(request, response, asked++ === 0 ? randomBytes(FILE.length) : FILE),
      );
      const target = startTarget(FILE);
      await (await startFetcher({ retries: 1 })).download({ urls: [`${server.url}/f`], size: FILE.length, maxSize: MAX, target });
      expect(target.completed).toBe(true);
      expect(server.requests.map(({ headers }) => headers['cache-control'])).toEqual([undefined, 'no-cache']);
    });

    it('are an error in the end', async () => {
      const server = await startServer((request, response) => serveBytes(request, response, randomBytes(FILE.length)));
      const error = await errorOf(
        (await startFetcher({ retries: 1 })).download({
          urls: [`${server.url}/f`],
          size: FILE.length,
          maxSize: MAX,
          target: startTarget(FILE),
        }),
      );
      expect(error.code).toBe('CHECKSUM_MISMATCH');
      expect(error.message).toBe(`cannot fetch ${server.url}/f: the file has another SHA-256 than it should have (tried 2 times)`);
      expect(server.requests).toHaveLength(2);
    });
  });

  it('passes on what the target throws, at once, and drops the connection', async () => {
    const server = await startServer((request, response) => serveBytes(request, response, FILE));
    const full = new MirrorError('STORAGE_FULL', 'the disk is full');
    const fetcher = await startFetcher();
    const write = async (): Promise<void> => {
      throw full;
    };
    const failing = { ...startTarget(), held: 0, write };
    await expect(fetcher.download({ urls: [`${server.url}/f`, `${server.url}/g`], maxSize: MAX, target: failing })).rejects.toBe(full);
    await server.closed;
    expect(server.requests).toHaveLength(1);
  });

  describe('redirects', () => {
    let certificates: ReturnType<typeof makeCertificates>;
    beforeAll(() => {
      certificates = makeCertificates();
    });
    afterAll(() => certificates.remove());

    it('are followed five times and no more', async () => {
      const server = await startServer((request, response) => {
        const left = Number(request.url?.slice(1));
        if (left === 0) serveBytes(request, response, FILE);
        else response.writeHead(302, { location: `/${left - 1}` }).end('moved');
      });
      const fetcher = await startFetcher();
      expect((await fetcher.document({ urls: [`${server.url}/5`], maxSize: MAX })).url).toBe(`${server.url}/5`);
      // The little that a redirect says is read, so that its connection can be used again while the next is busy.
      expect(server.connections()).toBeLessThanOrEqual(2);
      const error = await errorOf(fetcher.document({ urls: [`${server.url}/6`], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_REDIRECT', message: expect.stringContaining('more than 5 times') });
      expect(server.requests).toHaveLength(12);
    });

    it('are not tried again when they are refused, and end elsewhere', async () => {
      const bad = await startServer((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
      const loop = await startServer((request, response) => response.writeHead(301, { location: request.url ?? '/' }).end());
      const good = await startServer((request, response) => serveBytes(request, response, FILE));
      const fetcher = await startFetcher();
      const { url } = await fetcher.document({ urls: [`${bad.url}/f`, `${loop.url}/f`, `${good.url}/f`], maxSize: MAX });
      expect(url).toBe(`${good.url}/f`);
      expect([bad.requests.length, loop.requests.length]).toEqual([1, 6]);
    });

    it('never lead from https to http', async () => {
      const plain = await startServer((request, response) => serveBytes(request, response, FILE));
      const secure = await startSecureServer(
        (_, response) => response.writeHead(302, { location: `${plain.url}/f` }).end(),
        certificates.server,
      );
      const fetcher = await startFetcher({ ca: certificates.authority });
      const error = await errorOf(fetcher.document({ urls: [`${secure.url}/f`], maxSize: MAX }));
      expect(error).toMatchObject({ code: 'FETCH_REDIRECT', message: expect.stringContaining('from https to http') });
      expect(plain.requests).toHaveLength(0);
    });

    it('do not take credentials to another origin, and take the range along', async () => {
      const other = await startServer((request, response) => serveBytes(request, response, FILE, true));
      const home = await startServer((request, response) => {
        response.writeHead(307, { location: request.url === '/a' ? '/b' : `${other.url.replace('//', '//leak:leak@')}/f` }).end();
      });
      const fetcher = await startFetcher();
      const target = startTarget(FILE, FILE.subarray(0, 10));
      await fetcher.download({
        urls: [`${home.url}/a`],
        credentials: { username: 'me', password: 's3cret' },
        size: FILE.length,
        maxSize: MAX,
        target,
      });
      expect(home.requests.map(({ headers }) => headers.authorization)).toEqual(['Basic bWU6czNjcmV0', 'Basic bWU6czNjcmV0']);
      expect(other.requests.map(({ headers }) => [headers.authorization, headers.range])).toEqual([[undefined, 'bytes=10-']]);
    });

    it('say where access was denied when credentials stayed behind', async () => {
      const other = await startServer((_, response) => response.writeHead(401).end());
      const home = await startServer((_, response) => response.writeHead(302, { location: `${other.url}/f?token=abc` }).end());
      const error = await errorOf((await startFetcher()).document({ urls: [home.url.replace('//', '//me:s3cret@')], maxSize: MAX }));
      expect(error.code).toBe('FETCH_DENIED');
      expect(error.message).toContain(`${other.url}/f?token=***`);
      expect(error.hint).toContain('configured server only');
    });

    it('do not show the client certificate to another origin', async () => {
      const names: (string | undefined)[] = [];
      const mutual = { ...certificates.server, requestCert: true, rejectUnauthorized: false };
      const peer = (request: { readonly socket: unknown }): void => {
        const socket = request.socket as { getPeerCertificate(): { subject?: { CN?: string } } };
        names.push(socket.getPeerCertificate().subject?.CN);
      };
      const other = await startSecureServer((request, response) => {
        peer(request);
        serveBytes(request, response, FILE);
      }, mutual);
      const home = await startSecureServer((request, response) => {
        peer(request);
        response.writeHead(302, { location: `${other.url}/f` }).end();
      }, mutual);
      const { cert, key } = certificates.client;
      await (await startFetcher({ ca: certificates.authority })).document({
        urls: [`${home.url}/f`],
        credentials: { clientCert: cert, clientKey: key },
        maxSize: MAX,
      });
      expect(names).toEqual(['client', undefined]);
    });
  });
});
