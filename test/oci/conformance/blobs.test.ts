import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIGEST_ALGORITHMS, digestOf } from '../../../src/oci/format/digest.ts';
import { content } from '../../store/storage-fixture.ts';
import { type ServedRegistry, serveRegistry } from './served-registry.ts';

let registry: ServedRegistry;
const bytes = content(7, 2048);
const large = content(8, 1_500_000);

beforeAll(async () => {
  registry = await serveRegistry();
  for (const algorithm of DIGEST_ALGORITHMS) await registry.pushBlob('app', bytes, algorithm);
  await registry.pushBlob('app', large);
});
afterAll(() => registry.close());

const path = (digest: string, repository = 'app'): string => `/v2/${repository}/blobs/${digest}`;

describe.each(DIGEST_ALGORITHMS)('oci/conformance: pulling blobs by %s', (algorithm) => {
  const digest = digestOf(bytes, algorithm);

  it('gives a blob and says what it is', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await registry.ask(method, path(digest));
      expect(status).toBe(200);
      expect(headers.get('docker-content-digest')).toBe(digest);
      expect(headers.get('content-length')).toBe('2048');
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('etag')).toBe(`"${digest}"`);
      expect(body).toEqual(method === 'GET' ? bytes : Buffer.alloc(0));
    }
    expect((await registry.ask('GET', path(digest), { headers: { 'If-None-Match': `"${digest}"` } })).status).toBe(304);
  });

  it.each([
    ['500-1499', 500, 1499],
    ['500-', 500, 2047],
    ['-500', 1548, 2047],
    ['2000-5000', 2000, 2047],
  ])('gives the range %s', async (range, start, end) => {
    const { status, headers, body } = await registry.ask('GET', path(digest), { headers: { Range: `bytes=${range}` } });
    expect([status, headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/2048`]);
    expect(headers.get('content-length')).toBe(String(end - start + 1));
    expect(body).toEqual(bytes.subarray(start, end + 1));
  });

  it.each(['500-0', '5000-10000', '2048-'])('refuses the range %s, and the connection goes on', async (range) => {
    const { status, headers } = await registry.ask('GET', path(digest), { headers: { Range: `bytes=${range}` } });
    expect([status, headers.get('content-range')]).toEqual([416, 'bytes */2048']);
    expect((await registry.ask('GET', path(digest))).body).toEqual(bytes);
  });
});

describe('oci/conformance: blobs', () => {
  it('gives large blobs, and ranges of them', async () => {
    const digest = digestOf(large);
    expect((await registry.ask('GET', path(digest))).body.equals(large)).toBe(true);
    const part = await registry.ask('GET', path(digest), { headers: { Range: 'bytes=400000-1300000' } });
    expect(part.body.equals(large.subarray(400_000, 1_300_001))).toBe(true);
  });

  it('has a blob only in the repositories that it was pushed to', async () => {
    for (const method of ['GET', 'HEAD']) expect((await registry.ask(method, path(digestOf(bytes), 'other'))).status).toBe(404);
    const missing = await registry.ask('GET', path(digestOf(Buffer.from('missing'))));
    expect([missing.status, missing.codes]).toEqual([404, ['BLOB_UNKNOWN']]);
  });

  it.each(['sha256:abc', 'md5:0', `sha512:${'a'.repeat(64)}`, 'latest'])('refuses the digest %s', async (digest) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await registry.ask(method, path(digest));
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    }
  });

  it('deletes a blob of one repository', async () => {
    const digest = await registry.pushBlob('one', 'shared');
    await registry.pushBlob('two', 'shared');
    expect((await registry.ask('DELETE', path(digest, 'one'))).status).toBe(202);
    expect((await registry.ask('HEAD', path(digest, 'one'))).status).toBe(404);
    expect((await registry.ask('HEAD', path(digest, 'two'))).status).toBe(200);
    const again = await registry.ask('DELETE', path(digest, 'one'));
    expect([again.status, again.codes]).toEqual([404, ['BLOB_UNKNOWN']]);
  });
});
