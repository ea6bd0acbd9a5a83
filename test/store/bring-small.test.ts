import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetcher } from '../../src/fetch/client.ts';
import type { HttpSettings } from '../../src/fetch/fetcher.ts';
import type { Wanted } from '../../src/store/acquire.ts';
import { bringFiles } from '../../src/store/acquirer.ts';
import { openPool } from '../../src/store/pool.ts';
import { temporaryCatalogue } from './catalogue-fixture.ts';
import { expectedOf, sha256 } from './storage-fixture.ts';

/** More than are fetched without a thread. */
const MANY = 600;
const SETTINGS: HttpSettings = { concurrency: 8, retries: 1, timeout: '5s', bandwidth: 0, proxy: null, ca: null };

type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

interface Options {
  readonly count?: number;
  readonly intercept?: Intercept;
  readonly settings?: Partial<HttpSettings>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** Many small files, one after the other, on a server that counts what it is asked for. */
async function upstream({ count = MANY, intercept = () => false, settings, environment = {}, credentials }: Options = {}) {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const bodies = Array.from({ length: count }, (_, index) => Buffer.from(`file ${index} `.repeat(1 + (index % 50))));
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    sockets.add(request.socket);
    const body = bodies[Number(request.url?.slice(1))];
    if (intercept(request, response)) return;
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const fetcher = await createFetcher({ ...SETTINGS, ...settings }, environment, { backoff: 1 });
  onTestFinished(async () => {
    await fetcher.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { catalogue, storage } = await temporaryCatalogue();
  const blobs = await openPool(storage);
  const abort = new AbortController();
  const wanted = (index: number): { readonly wanted: Wanted } => ({
    wanted: { urls: [`${base}${index}`], expected: expectedOf(bodies[index] ?? Buffer.alloc(0)), maxSize: 1_000_000 },
  });
  const items = bodies.map((_, index) => wanted(index));
  const options = async () => ({
    origin: { bases: [base], credentials },
    fetcher,
    blobs,
    catalogue,
    intake: await blobs.intake('sync'),
    signal: abort.signal,
    concurrency: 4,
  });
  return { requests, sockets, base, bodies, items, wanted, options, blobs, storage, catalogue, abort };
}

describe('store/bring-small', () => {
  it('brings many small files over a few connections, each whole, checked, durable and read-only', async () => {
    const { requests, sockets, bodies, items, options, blobs, storage } = await upstream();
    let bytes = 0;
    const progress: { items: number; bytes: number }[] = [];
    const run = await options();
    const brought = await bringFiles(items, { ...run, onBytes: (count) => (bytes += count), onProgress: (now) => progress.push(now) });
    const total = bodies.reduce((sum, body) => sum + body.length, 0);
    expect(brought).toMatchObject({ fetched: MANY, failed: [], untried: 0 });
    expect(brought.done.size).toBe(MANY);
    expect(bytes).toBe(total);
    expect(progress.at(-1)).toEqual({ items: MANY, bytes: total });
    for (const [index, body] of bodies.entries()) {
      expect(brought.done.get(index)).toEqual({ sha256: sha256(body), size: body.length });
      const path = join(storage, 'pool/sha256', sha256(body).slice(0, 2), sha256(body));
      expect(readFileSync(path)).toEqual(body);
      expect(statSync(path).mode & 0o222).toBe(0);
    }
    expect(requests.length).toBe(MANY);
    expect(sockets.size).toBe(4);
    await run.intake.finish();
    expect((await bringFiles(items, await options())).fetched).toBe(0);
    expect(requests.length).toBe(MANY);
    expect(await blobs.stat(sha256(bodies[0] ?? ''))).toBe(bodies[0]?.length);
  });

  it('leaves what does not come plainly to those who know what to make of it', async () => {
    const seen = new Map<string, number>();
    const { bodies, items, options } = await upstream({
      intercept: (request, response) => {
        const { url = '' } = request;
        const count = (seen.get(url) ?? 0) + 1;
        seen.set(url, count);
        const body = (index: number): Buffer => bodies[index] ?? Buffer.alloc(0);
        if (url === '/10') response.writeHead(404).end();
        else if (url === '/11') response.writeHead(302, { location: '/moved' }).end();
        else if (url === '/moved') response.writeHead(200, { 'content-length': body(11).length }).end(body(11));
        else if (url === '/12' && count < 3)
          response.writeHead(200, { 'content-length': body(12).length }).end('x'.repeat(body(12).length));
        else if (url === '/13') response.writeHead(200).end(body(13));
        else if (url === '/14' && count === 1) request.socket.destroy();
        else return false;
        return true;
      },
    });
    const brought = await bringFiles(items, await options());
    expect(brought.failed.map(({ index, error }) => [index, error.code])).toEqual([[10, 'FETCH_NOT_FOUND']]);
    expect(brought.done.size).toBe(MANY - 1);
    expect(brought.fetched).toBe(MANY - 1);
    for (const index of [11, 12, 13, 14]) expect(brought.done.get(index)?.sha256).toBe(sha256(bodies[index] ?? ''));
  });

  it('stops asking a server that answers nothing plainly, and says why in the end', async () => {
    const { requests, items, options } = await upstream({
      intercept: (_, response) => {
        response.writeHead(503).end();
        return true;
      },
    });
    const brought = await bringFiles(items, await options());
    expect(brought.done.size).toBe(0);
    expect(brought.failed[0]?.error).toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining('503') });
    expect(brought.failed.length + brought.untried).toBe(MANY);
    expect(requests.length).toBeLessThan(100);
  });

  it('fetches equal files once, and takes up what an earlier run left', async () => {
    const { requests, bodies, items, options, abort } = await upstream();
    const twice = items.flatMap((item) => [item, item]);
    const first = await options();
    const brought = await bringFiles(twice, {
      ...first,
      onProgress: ({ items: count }) => {
        if (count > 300) abort.abort();
      },
    }).catch((error: unknown) => error);
    expect(brought).toMatchObject({ code: 'ABORTED' });
    await first.intake.abandon();
    const again = await bringFiles(twice, { ...(await options()), signal: new AbortController().signal });
    expect(again.done.size).toBe(2 * MANY);
    for (const [index, body] of bodies.entries())
      expect(again.done.get(2 * index + 1)).toEqual({ sha256: sha256(body), size: body.length });
    // A file that was under way when the run ended is fetched again.
    expect(requests.length).toBeLessThanOrEqual(MANY + 300);
    expect(new Set(requests).size).toBe(MANY);
  });

  it('ends at once when a file cannot be written', async () => {
    const { items, options, storage, bodies } = await upstream();
    const run = await options();
    mkdirSync(join(storage, 'tmp/sync', `${sha256(bodies[200] ?? '')}.part`));
    await expect(bringFiles(items, run)).rejects.toMatchObject({ code: 'STORAGE' });
    await run.intake.abandon();
    expect((await readdir(join(storage, 'tmp/sync'))).length).toBeGreaterThan(0);
  });

  it("tells the upstream's own server who it is", async () => {
    const seen = new Set<string | undefined>();
    const { items, options } = await upstream({
      credentials: { username: 'me', password: 'secret' },
      intercept: (request) => {
        seen.add(`${request.headers.authorization} ${request.headers['user-agent']} ${request.headers['accept-encoding']}`);
        return false;
      },
    });
    expect((await bringFiles(items, await options())).done.size).toBe(MANY);
    expect([...seen]).toEqual([expect.stringMatching(/^Basic bWU6c2VjcmV0 mirror\/\S+ identity$/)]);
  });

  it('does not tell any other server', async () => {
    const seen = new Set<string | undefined>();
    const { items, options } = await upstream({
      intercept: (request) => {
        seen.add(request.headers.authorization);
        return false;
      },
    });
    const credentials = { username: 'me', password: 'secret' };
    const run = { ...(await options()), origin: { bases: ['http://upstream.example/'], credentials } };
    expect((await bringFiles(items, run)).done.size).toBe(MANY);
    expect([...seen]).toEqual([undefined]);
  });

  it('keeps to a limit of bandwidth', async () => {
    const { items, options } = await upstream({ settings: { bandwidth: 200_000 } });
    const begun = performance.now();
    expect((await bringFiles(items.slice(0, 400), await options())).done.size).toBe(400);
    expect(performance.now() - begun).toBeGreaterThan(100);
  });
});
