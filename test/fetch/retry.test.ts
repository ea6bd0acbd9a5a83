import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TryFailure } from '../../src/fetch/failure.ts';
import { createOrigins } from '../../src/fetch/origins.ts';
import { parsePlace } from '../../src/fetch/place.ts';
import { withRetries } from '../../src/fetch/retry.ts';
import { errorOf, serveBytes, startFetcher, startServer, startTarget } from './servers.ts';

const FILE = randomBytes(5000);
const MAX = 1_000_000;

/** A server that answers with these statuses, one after the other, and then with the file. */
function startFlaky(statuses: readonly number[], headers: Readonly<Record<string, string>> = {}) {
  let asked = 0;
  const times: number[] = [];
  const started = startServer((request, response) => {
    times.push(performance.now());
    const status = statuses[asked++];
    if (status === undefined) serveBytes(request, response, FILE);
    else response.writeHead(status, headers).end('no');
  });
  return started.then((server) => ({ ...server, times }));
}

describe('fetch/retry', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 521, 204])('tries again after %i', async (status) => {
    const server = await startFlaky([status, status]);
    const { bytes } = await (await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX });
    expect(bytes.equals(FILE)).toBe(true);
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    [401, 'FETCH_DENIED'],
    [403, 'FETCH_DENIED'],
    [404, 'FETCH_NOT_FOUND'],
    [410, 'FETCH_NOT_FOUND'],
    [400, 'FETCH_FAILED'],
    [451, 'FETCH_FAILED'],
    [304, 'FETCH_FAILED'],
  ])('does not try again after %i', async (status, code) => {
    const server = await startFlaky([status]);
    const error = await errorOf((await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(new RegExp(`^cannot fetch ${server.url}/f: the server answered ${status} `));
    expect(error.details).toEqual({ url: `${server.url}/f`, tries: 1, status });
    expect(server.requests).toHaveLength(1);
  });

  it('gives up after the configured tries', async () => {
    const server = await startFlaky([503, 503, 503, 503]);
    const error = await errorOf((await startFetcher({ retries: 2 })).document({ urls: [`${server.url}/f`], maxSize: MAX }));
    expect(error.message).toBe(`cannot fetch ${server.url}/f: the server answered 503 Service Unavailable (tried 3 times)`);
    expect(server.requests).toHaveLength(3);
  });

  it('waits longer each time', async () => {
    const server = await startFlaky([503, 503, 503]);
    await (await startFetcher({ retries: 3 }, { backoff: 80 })).document({ urls: [`${server.url}/f`], maxSize: MAX });
    const gaps = server.times.slice(1).map((time, index) => time - (server.times[index] ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(38);
    expect(gaps[1]).toBeGreaterThanOrEqual(78);
    expect(gaps[2]).toBeGreaterThanOrEqual(158);
  });

  it('waits as long as the server asks in seconds', async () => {
    const server = await startFlaky([429], { 'retry-after': '1' });
    const begun = performance.now();
    await (await startFetcher({}, { backoff: 60_000 })).document({ urls: [`${server.url}/f`], maxSize: MAX });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect((server.times[1] ?? 0) - (server.times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('waits until the date that the server gives', async () => {
    // The date has whole seconds: this is between one and two from now.
    const server = await startFlaky([503], { 'retry-after': new Date(Date.now() + 2000).toUTCString() });
    await (await startFetcher()).document({ urls: [`${server.url}/f`], maxSize: MAX });
    expect((server.times[1] ?? 0) - (server.times[0] ?? 0)).toBeGreaterThanOrEqual(800);
  });

  it('lets other downloads heed the pause, too', async () => {
    const server = await startFlaky([429], { 'retry-after': '1' });
    const fetcher = await startFetcher();
    const first = fetcher.document({ urls: [`${server.url}/f`], maxSize: MAX });
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([first, fetcher.document({ urls: [`${server.url}/g`], maxSize: MAX })]);
    expect((server.times[1] ?? 0) - (server.times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('heeds a pause before each try, and only once for each', async () => {
    const origins = createOrigins();
    const place = parsePlace('http://upstream.example/f', undefined);
    const times: number[] = [];
    const attempt = async (): Promise<void> => {
      times.push(performance.now());
      origins.pause(place.url.origin, Date.now() + 100);
      if (times.length < 3) throw new TryFailure('FETCH_FAILED', 'no', { again: 'later' });
    };
    // Someone else is told to wait for ever; that does not stop this one.
    const others = setInterval(() => origins.pause(place.url.origin, Date.now() + 100), 20);
    const task = { places: [place], signal: undefined, attempt, held: () => 0 };
    await withRetries(task, { retries: 2, backoff: 1, backoffCeiling: 1 }, origins);
    clearInterval(others);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(90);
    expect(Math.max(...gaps)).toBeLessThan(1000);
  });

  it('asks the next place at once, and one that asked for a pause last', async () => {
    const busy = await startFlaky([503, 503, 503], { 'retry-after': '100' });
    const missing = await startFlaky([404]);
    const good = await startFlaky([]);
    const begun = performance.now();
    const { url } = await (await startFetcher({}, { backoff: 60_000 })).document({
      urls: [`${busy.url}/f`, `${missing.url}/f`, `${good.url}/f`],
      maxSize: MAX,
    });
    expect(url).toBe(`${good.url}/f`);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('gets a file from [evil, hung, good], and asks the good one first from then on', async () => {
    const evil = await startServer((request, response) => serveBytes(request, response, randomBytes(FILE.length)));
    const hung = await startServer(() => undefined);
    const good = await startFlaky([]);
    const fetcher = await startFetcher({ timeout: '100ms' });
    const urls = [evil, hung, good].map(({ url }) => `${url}/f`);
    for (let count = 0; count < 3; count++) {
      const target = startTarget(FILE);
      await fetcher.download({ urls, size: FILE.length, maxSize: MAX, target });
      expect(target.bytes().equals(FILE)).toBe(true);
    }
    expect([evil, hung, good].map(({ requests }) => requests.length)).toEqual([1, 1, 3]);
  });

  it('goes on at the next place with what it has', async () => {
    const first = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': FILE.length, etag: '"of-the-first"' });
      response.write(FILE.subarray(0, 3000), () => setTimeout(() => response.destroy(), 30));
    });
    const second = await startServer((request, response) => serveBytes(request, response, FILE, true));
    const target = startTarget(FILE);
    await (await startFetcher({ retries: 0 })).download({
      urls: [`${first.url}/f`, `${second.url}/f`],
      size: FILE.length,
      maxSize: MAX,
      target,
    });
    expect(target.bytes().equals(FILE)).toBe(true);
    expect(second.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([['bytes=3000-', undefined]]);
  });

  it('does not count tries that get a good piece further', async () => {
    const large = randomBytes(5 * 1024 * 1024);
    const server = await startServer((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0] ?? 0);
      const rest = large.subarray(start);
      const range = { 'content-range': `bytes ${start}-${large.length - 1}/${large.length}` };
      response.writeHead(start === 0 ? 200 : 206, { 'content-length': rest.length, ...(start === 0 ? {} : range) });
      if (rest.length < 1_200_000) response.end(rest);
      else response.write(rest.subarray(0, 1_200_000), () => setTimeout(() => response.destroy(), 50));
    });
    const target = startTarget(large);
    await (await startFetcher({ retries: 0 })).download({ urls: [`${server.url}/f`], size: large.length, maxSize: large.length, target });
    expect(target.completed).toBe(true);
    expect(server.requests.length).toBeGreaterThan(3);
  });

  it('says not found only when every place says so', async () => {
    const [one, two, down] = [await startFlaky([404, 404]), await startFlaky([410, 410]), await startFlaky([500, 500])];
    const fetcher = await startFetcher({ retries: 0 });
    const missing = await errorOf(fetcher.document({ urls: [`${one.url}/f`, `${two.url}/f`], maxSize: MAX }));
    expect(missing.code).toBe('FETCH_NOT_FOUND');
    expect(missing.message).toBe(
      `cannot fetch a file from any of 2 places: ${one.url}/f: the server answered 404 Not Found; ${two.url}/f: the server answered 410 Gone`,
    );
    const mixed = await errorOf(fetcher.document({ urls: [`${one.url}/f`, `${two.url}/f`, `${down.url}/f`], maxSize: MAX }));
    expect(mixed.code).toBe('FETCH_FAILED');
    expect(mixed.details).toMatchObject({ url: `${down.url}/f`, tries: 3, status: 500 });
  });

  it('shows no credentials in any error', async () => {
    const denied = await startFlaky([401]);
    const broken = await startServer((_, response) => response.destroy());
    const urls = [denied, broken].map(({ url }) => `${url.replace('//', '//me:s3cret@')}/f?access_token=s3cret`);
    const error = await errorOf(
      (await startFetcher({ retries: 1 })).document({ urls, credentials: { username: 'me', password: 's3cret' }, maxSize: MAX }),
    );
    expect(error.code).toBe('FETCH_DENIED');
    expect(denied.requests[0]?.headers.authorization).toBe('Basic bWU6czNjcmV0');
    const everything = JSON.stringify([error.message, error.hint, error.details, String(error.cause), error.stack]);
    expect(everything).not.toMatch(/s3cret|czNjcmV0/);
    expect(everything).toContain(broken.url);
  });

  it('does not try an unknown host again', async () => {
    const error = await errorOf((await startFetcher()).document({ urls: ['http://nowhere.invalid/f'], maxSize: MAX }));
    expect(error).toMatchObject({ code: 'FETCH_FAILED', details: { url: 'http://nowhere.invalid/f' } });
  });

  it('tries a refused connection again', async () => {
    const server = await startFlaky([]);
    await server.close();
    const error = await errorOf((await startFetcher({ retries: 1 })).document({ urls: [`${server.url}/f`], maxSize: MAX }));
    expect(error.message).toBe(`cannot fetch ${server.url}/f: the connection was refused (tried 2 times)`);
  });
});
