import { hash } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetch/client.ts';
import type { Fetcher } from '../../src/fetch/fetcher.ts';
import type { Wanted } from '../../src/store/acquire.ts';
import { bringFiles, createAcquirer } from '../../src/store/acquirer.ts';
import type { BlobStore } from '../../src/store/blobs.ts';
import { openPool } from '../../src/store/pool.ts';
import { temporaryCatalogue } from './catalogue-fixture.ts';
import { collectAll, content, expectedOf, sha256 } from './storage-fixture.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An upstream of files by path, and everything that an acquirer needs. */
async function upstream(files: Readonly<Record<string, Buffer | Handler>>) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const range = request.headers.range;
    requests.push(range === undefined ? `${request.url}` : `${request.url} ${range}`);
    const file = files[request.url ?? ''];
    if (typeof file === 'function') file(request, response);
    else if (file === undefined) response.writeHead(404).end();
    else if (range !== undefined) {
      const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
      response.writeHead(206, { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}`, 'content-length': file.length - from });
      response.end(file.subarray(from));
    } else response.writeHead(200, { 'content-length': file.length }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const fetcher: Fetcher = await createFetcher(
    { concurrency: 8, retries: 1, timeout: '5s', bandwidth: 0, proxy: null, ca: null },
    {},
    { backoff: 1 },
  );
  closing.push(
    () => fetcher.close(),
    () => server.closeAllConnections(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  const { catalogue, storage } = await temporaryCatalogue();
  const blobs: BlobStore = await openPool(storage);
  const abort = new AbortController();
  const options = async () => ({
    origin: { bases: [base] },
    fetcher,
    blobs,
    catalogue,
    intake: await blobs.intake('sync'),
    signal: abort.signal,
    concurrency: 4,
  });
  const wanted = (path: string, bytes: Buffer): Wanted => ({ urls: [base + path], expected: expectedOf(bytes), maxSize: 1_000_000 });
  return { requests, base, options, wanted, blobs, catalogue, storage, abort };
}

const A = Buffer.from('file a');
const B = content(1, 600_000);

describe('store/acquirer', () => {
  it('keeps what was fetched as a document', async () => {
    const document = content(2, 500);
    const { blobs, options } = await upstream({ '/InRelease': document });
    const acquirer = createAcquirer(await options());
    const { bytes } = await acquirer.document('InRelease', 1000);
    expect(await acquirer.keep(bytes)).toEqual({ sha256: sha256(document), size: 500 });
    expect(await blobs.readWhole(sha256(document), 1000)).toEqual(document);
  });

  it('reads documents, and gives none for what no server has', async () => {
    const { options, base } = await upstream({ '/Release': A });
    const acquirer = createAcquirer(await options());
    expect(await acquirer.document('Release', 100)).toEqual({ bytes: A, url: `${base}Release` });
    expect(await acquirer.optionalDocument('Release.gpg', 100)).toBeUndefined();
    expect((await acquirer.optionalDocument('Release', 100))?.bytes).toEqual(A);
    await expect(acquirer.document('Release.gpg', 100)).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
    await expect(acquirer.optionalDocument('Release', 2)).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
  });

  it('brings a file into the pool, once', async () => {
    const { options, wanted, blobs, requests } = await upstream({ '/b': B });
    let bytes = 0;
    const acquirer = createAcquirer({ ...(await options()), onBytes: (count) => (bytes += count) });
    const blob = await acquirer.file(wanted('b', B));
    expect(blob).toEqual({ sha256: sha256(B), size: B.length });
    expect(await blobs.stat(blob.sha256)).toBe(B.length);
    expect(await acquirer.file(wanted('b', B))).toEqual(blob);
    expect(requests).toEqual(['/b']);
    expect(bytes).toBe(B.length);
  });

  it('does not take the pool for a file of another size', async () => {
    const { options, wanted } = await upstream({ '/a': A });
    const acquirer = createAcquirer(await options());
    await acquirer.file(wanted('a', A));
    const { urls, expected, maxSize } = wanted('a', A);
    await expect(acquirer.file({ urls, expected: { ...expected, size: 7 }, maxSize })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  it('does not ask for a file whose stated size is over the ceiling for its kind', async () => {
    const { options, wanted, requests } = await upstream({ '/b': B });
    const acquirer = createAcquirer(await options());
    await expect(acquirer.file({ ...wanted('b', B), maxSize: 599_999 })).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
    expect(requests).toEqual([]);
  });

  it("sends credentials to the upstream's own servers and not to where metadata says that a file is", async () => {
    const seen: (string | undefined)[] = [];
    const answer: Handler = (request, response) => {
      seen.push(request.headers.authorization);
      response.end(A);
    };
    const elsewhere = await upstream({ '/a': answer });
    const { options, base, wanted } = await upstream({ '/b': answer });
    const acquirer = createAcquirer({
      ...(await options()),
      origin: { bases: [base], credentials: { username: 'me', password: 'secret' } },
    });
    await acquirer.file({ ...wanted('a', A), urls: [`${elsewhere.base}a`] });
    await acquirer.file({ ...wanted('b', A), expected: { checksums: [] } });
    expect(seen).toEqual([undefined, expect.stringMatching(/^Basic /)]);
  });

  it('gives up on an upstream that fails one file after the other, and says how many it did not try', async () => {
    const broken: Handler = (_, response) => {
      response.writeHead(503).end();
    };
    const { options, wanted, requests } = await upstream(
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`/${index}`, broken])),
    );
    const items = Array.from({ length: 500 }, (_, index) => ({ wanted: wanted(String(index), Buffer.from(`content ${index}`)) }));
    const brought = await bringFiles(items, await options());
    expect(brought.failed.length).toBeGreaterThanOrEqual(20);
    expect(brought.failed.length).toBeLessThan(30);
    expect(brought.failed.length + brought.untried).toBe(500);
    expect(requests.length).toBeLessThan(60);
  });

  it('goes on when files are missing, however many', async () => {
    const { options, wanted } = await upstream({ '/last': A });
    const items = Array.from({ length: 100 }, (_, index) => ({ wanted: wanted(String(index), Buffer.from(`content ${index}`)) }));
    const brought = await bringFiles([...items, { wanted: wanted('last', A) }], await options());
    expect([brought.failed.length, brought.done.size, brought.untried]).toEqual([100, 1, 0]);
  });

  it('knows a file again by the checksum that its metadata states', async () => {
    const { options, wanted, requests, catalogue } = await upstream({ '/a': A });
    const weak: Wanted = {
      ...wanted('a', A),
      expected: { size: A.length, checksums: [{ algorithm: 'sha1', value: hash('sha1', A, 'hex') }] },
    };
    const first = await options();
    await bringFiles([{ wanted: weak }], first);
    await first.intake.finish();
    expect(catalogue.sha256For('sha1', hash('sha1', A, 'hex'))).toBe(sha256(A));
    expect((await createAcquirer(await options()).file(weak)).sha256).toBe(sha256(A));
    expect(requests).toEqual(['/a']);
  });

  it('brings many files, and reports those that fail by their index', async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`/${index}`, Buffer.from(`content ${index}`)]));
    const { options, wanted, blobs } = await upstream({ ...files, '/7': Buffer.from('tampered!') });
    const items = [...Object.entries(files), ['/missing', Buffer.from('?')] as const].map(([path, bytes]) => ({
      wanted: wanted(path.slice(1), bytes),
    }));
    const progress: { items: number; bytes: number }[] = [];
    const run = await options();
    const brought = await bringFiles(items, { ...run, onProgress: (now) => progress.push(now) });
    expect(brought.failed.map(({ index, error }) => [items[index]?.wanted.urls[0]?.split('/').at(-1), error.code])).toEqual([
      ['7', 'CHECKSUM_MISMATCH'],
      ['missing', 'FETCH_NOT_FOUND'],
    ]);
    expect(brought.done.size).toBe(59);
    expect(brought.fetched).toBe(59);
    for (const [index, blob] of brought.done) {
      expect(blob.sha256).toBe(items[index]?.wanted.expected.checksums[0]?.value);
      expect(await blobs.stat(blob.sha256)).toBe(blob.size);
    }
    expect(progress.at(-1)).toEqual({ items: 59, bytes: [...brought.done.values()].reduce((sum, blob) => sum + blob.size, 0) });
    expect((await collectAll(blobs.list())).length).toBe(59);
  });

  it('fetches the same content once, and gives it for each', async () => {
    const { options, wanted, requests } = await upstream({ '/a': A, '/copy': A });
    const brought = await bringFiles(
      [{ wanted: wanted('a', A) }, { wanted: wanted('copy', A) }, { wanted: wanted('a', A) }],
      await options(),
    );
    expect([...brought.done.keys()].sort()).toEqual([0, 1, 2]);
    expect(requests.length).toBe(1);
  });

  it('goes on where an interrupted run stopped', async () => {
    const stalled: Handler = (_request, response) => {
      response.writeHead(200, { 'content-length': B.length });
      response.write(B.subarray(0, 400_000));
    };
    const files: Record<string, Buffer | Handler> = { '/a': A, '/b': stalled };
    const { options, wanted, requests, abort, storage, blobs } = await upstream(files);
    const items = [{ wanted: wanted('a', A) }, { wanted: wanted('b', B) }];
    const run = await options();
    let received = 0;
    const running = bringFiles(items, {
      ...run,
      onBytes: (count) => {
        received += count;
        if (received >= 400_000) abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    await run.intake.abandon();
    expect((await readdir(join(storage, 'tmp/sync'))).length).toBe(2);

    files['/b'] = B;
    requests.length = 0;
    const again = await options();
    const brought = await bringFiles(items, { ...again, signal: new AbortController().signal });
    await again.intake.finish();
    expect(brought.done.size).toBe(2);
    expect(requests).toEqual([expect.stringMatching(/^\/b bytes=[34]\d{5}-$/)]);
    expect((await collectAll(blobs.list())).length).toBe(2);
    expect(await readdir(join(storage, 'tmp'))).toEqual([]);
  });

  it('stops everything when the storage fails', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`/${index}`, Buffer.from(`content ${index}`)]));
    const { options, wanted, requests, storage } = await upstream(files);
    const run = await options();
    await rm(join(storage, 'tmp/sync'), { recursive: true });
    await writeFile(join(storage, 'tmp/sync'), '');
    const items = Object.entries(files).map(([path, bytes]) => ({ wanted: wanted(path.slice(1), bytes) }));
    await expect(bringFiles(items, run)).rejects.toMatchObject({ code: 'STORAGE' });
    expect(requests.length).toBeLessThan(12);
  });

  it('does not begin when it is aborted already', async () => {
    const { options, wanted, requests, abort } = await upstream({ '/a': A });
    abort.abort();
    await expect(bringFiles([{ wanted: wanted('a', A) }], await options())).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(createAcquirer(await options()).file(wanted('a', A))).rejects.toMatchObject({ code: 'ABORTED' });
    expect(requests).toEqual([]);
  });
});
