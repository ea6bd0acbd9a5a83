import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIGEST_ALGORITHMS, digestOf } from '../../../src/oci/format/digest.ts';
import { content } from '../../store/storage-fixture.ts';
import { type Answer, EMPTY, type ServedRegistry, serveRegistry } from './served-registry.ts';

let registry: ServedRegistry;

beforeAll(async () => {
  registry = await serveRegistry();
});
afterAll(() => registry.close());

const chunk = (range: string, body: Buffer) => ({ headers: { 'Content-Range': range }, body });
const withDigest = (location: string, digest: string): string => `${location}?digest=${digest}`;

async function expectBlob(repository: string, digest: string, bytes: Buffer): Promise<void> {
  const answer = await registry.ask('GET', `/v2/${repository}/blobs/${digest}`);
  expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, digest]);
  expect(answer.body.equals(bytes)).toBe(true);
}

function expectCreated(answer: Answer, repository: string, digest: string): void {
  expect(answer.status).toBe(201);
  expect(answer.headers.get('location')).toBe(`/v2/${repository}/blobs/${digest}`);
  expect(answer.headers.get('docker-content-digest')).toBe(digest);
}

describe.each(DIGEST_ALGORITHMS)('oci/conformance: pushing blobs by %s', (algorithm) => {
  const bytes = content(algorithm.length, 700_000);
  const digest = digestOf(bytes, algorithm);

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['an empty object', EMPTY],
    ['a small one', content(1, 100)],
    ['a large one', bytes],
  ])('takes %s with one POST, and with POST and PUT', async (_, blob) => {
    const name = digestOf(blob, algorithm);
    expectCreated(await registry.ask('POST', `/v2/post/blobs/uploads/?digest=${name}`, { body: blob }), 'post', name);
    await expectBlob('post', name, blob);
    const location = await registry.beginUpload('put');
    expectCreated(await registry.ask('PUT', withDigest(location, name.replace(':', '%3A')), { body: blob }), 'put', name);
    await expectBlob('put', name, blob);
  });

  it.each([
    ['in the PUT', true],
    ['before it', false],
  ])('takes one in chunks, the last of them %s', async (_, lastInPut) => {
    const location = await registry.beginUpload('chunked', `?digest-algorithm=${algorithm}`);
    const first = await registry.ask('PATCH', location, chunk('0-299999', bytes.subarray(0, 300_000)));
    expect([first.status, first.headers.get('range'), first.headers.get('location')]).toEqual([202, '0-299999', location]);
    const rest = chunk('300000-699999', bytes.subarray(300_000));
    if (lastInPut) {
      expectCreated(await registry.ask('PUT', withDigest(location, digest), rest), 'chunked', digest);
    } else {
      expect((await registry.ask('PATCH', location, rest)).headers.get('range')).toBe('0-699999');
      expectCreated(await registry.ask('PUT', withDigest(location, digest)), 'chunked', digest);
    }
    await expectBlob('chunked', digest, bytes);
    expect((await registry.ask('GET', location)).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });

  it('appends what comes without a range, as docker and skopeo send it', async () => {
    const location = await registry.beginUpload('streamed');
    for (const part of [bytes.subarray(0, 10), bytes.subarray(10)])
      expect((await registry.ask('PATCH', location, { body: part })).status).toBe(202);
    expectCreated(await registry.ask('PUT', withDigest(location, digest)), 'streamed', digest);
    await expectBlob('streamed', digest, bytes);
  });

  it('refuses a chunk out of order with 416, and goes on where it was', async () => {
    const location = await registry.beginUpload('disorder');
    expect((await registry.ask('PATCH', location, chunk('5-9', bytes.subarray(5, 10)))).status).toBe(416);
    expect((await registry.ask('PATCH', location, chunk('0-4', bytes.subarray(0, 5)))).status).toBe(202);
    for (const range of ['0-4', '6-10']) {
      const refused = await registry.ask('PATCH', location, chunk(range, bytes.subarray(0, 5)));
      expect([refused.status, refused.codes, refused.headers.get('range')]).toEqual([416, ['BLOB_UPLOAD_INVALID'], '0-4']);
    }
    const last = await registry.ask('PUT', withDigest(location, digest), chunk('6-699999', bytes.subarray(6)));
    expect(last.status).toBe(416);
    const status = await registry.ask('GET', location);
    expect([status.status, status.headers.get('range'), status.headers.get('location')]).toEqual([204, '0-4', location]);
    expectCreated(await registry.ask('PUT', withDigest(location, digest), chunk('5-699999', bytes.subarray(5))), 'disorder', digest);
    await expectBlob('disorder', digest, bytes);
  });

  it('refuses what is not what its digest names, and has nothing of it', async () => {
    const wrong = digestOf(Buffer.from('other'), algorithm);
    const posted = await registry.ask('POST', `/v2/bad/blobs/uploads/?digest=${wrong}`, { body: bytes });
    const location = await registry.beginUpload('bad');
    await registry.ask('PATCH', location, { body: bytes });
    const put = await registry.ask('PUT', withDigest(location, wrong));
    for (const answer of [posted, put]) expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    for (const name of [wrong, digest]) expect((await registry.ask('HEAD', `/v2/bad/blobs/${name}`)).status).toBe(404);
  });

  it('gives a repository a blob of another one', async () => {
    await registry.pushBlob('source', bytes, algorithm);
    const mount = (repository: string, query: string) => registry.ask('POST', `/v2/${repository}/blobs/uploads/?mount=${query}`);
    expect((await registry.ask('HEAD', `/v2/mounted/blobs/${digest}`)).status).toBe(404);
    expectCreated(await mount('mounted', `${digest}&from=source`), 'mounted', digest);
    await expectBlob('mounted', digest, bytes);
    expectCreated(await mount('anonymous', digest), 'anonymous', digest);
    expectCreated(await mount('source', `${digest}&from=source`), 'source', digest);
    const elsewhere = await mount('not-mounted', `${digest}&from=nowhere`);
    expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([202, expect.stringContaining('/v2/not-mounted/blobs/uploads/')]);
    expect((await mount('not-mounted', digestOf(Buffer.from('missing'), algorithm))).status).toBe(202);
  });
});

describe('oci/conformance: uploads', () => {
  it('cancels an upload', async () => {
    const location = await registry.beginUpload('cancel');
    await registry.ask('PATCH', location, { body: content(2, 600_000) });
    expect((await registry.ask('DELETE', location)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await registry.ask(method, withDigest(location, digestOf(EMPTY)));
      expect([answer.status, answer.codes]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
  });

  it('keeps the uploads of repositories apart', async () => {
    const location = await registry.beginUpload('mine');
    const other = location.replace('/mine/', '/other/');
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      expect((await registry.ask(method, withDigest(other, digestOf(EMPTY)))).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    }
    expect((await registry.ask('GET', location)).status).toBe(204);
    expect((await registry.ask('GET', '/v2/mine/blobs/uploads/..%2f..')).status).toBe(404);
  });

  it('names every upload by a UUID', async () => {
    const begun = await registry.ask('POST', '/v2/uuid/blobs/uploads/');
    const id = begun.headers.get('docker-upload-uuid') ?? '';
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(begun.headers.get('location')).toBe(`/v2/uuid/blobs/uploads/${id}`);
  });

  it.each([
    ['of another length than its range', '0-9', 400, 'SIZE_INVALID'],
    ['whose range is none', 'bytes=0-4', 416, 'BLOB_UPLOAD_INVALID'],
    ['whose range ends before it begins', '4-0', 416, 'BLOB_UPLOAD_INVALID'],
  ])('refuses a chunk %s', async (_, range, status, code) => {
    const location = await registry.beginUpload('ranges');
    const answer = await registry.ask('PATCH', location, chunk(range, Buffer.from('12345')));
    expect([answer.status, answer.codes]).toEqual([status, [code]]);
    expect((await registry.ask('PATCH', location, chunk('0-4', Buffer.from('12345')))).status).toBe(202);
  });

  it('lets one request at a time add to an upload', async () => {
    const location = await registry.beginUpload('race');
    let finish: () => void = () => undefined;
    const slow = fetch(new URL(location, registry.url), {
      method: 'PATCH',
      duplex: 'half',
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(300_000).fill(1));
          finish = () => {
            controller.enqueue(new Uint8Array(300_000).fill(1));
            controller.close();
          };
        },
      }),
    } as RequestInit);
    // It is under way when there is something of it.
    while ((await registry.ask('GET', location)).headers.get('range') === '0-0');
    const other = await registry.ask('PATCH', location, { body: Buffer.from('between') });
    expect([other.status, other.codes]).toEqual([409, ['BLOB_UPLOAD_INVALID']]);
    finish();
    expect((await slow).headers.get('range')).toBe('0-599999');
    const bytes = Buffer.alloc(600_000, 1);
    expect((await registry.ask('PUT', withDigest(location, digestOf(bytes)))).status).toBe(201);
  });

  it.each(['', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', `sha256:${'A'.repeat(64)}`, `sha256:../../${'a'.repeat(58)}`])(
    'refuses the digest "%s", and the upload goes on',
    async (digest) => {
      const location = await registry.beginUpload('digests');
      const put = await registry.ask('PUT', withDigest(location, encodeURIComponent(digest)), { body: EMPTY });
      const post = await registry.ask('POST', `/v2/digests/blobs/uploads/?digest=${encodeURIComponent(digest)}`, { body: EMPTY });
      for (const answer of [put, post]) expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
      expect((await registry.ask('GET', location)).status).toBe(204);
    },
  );

  it('does not know other algorithms', async () => {
    const answer = await registry.ask('POST', '/v2/digests/blobs/uploads/?digest-algorithm=md5');
    expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
  });
});
