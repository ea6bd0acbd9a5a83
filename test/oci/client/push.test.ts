import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../../src/core/errors.ts';
import { registryTarget } from '../../../src/oci/client/registry-target.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { referrersTag } from '../../../src/oci/format/digest-tags.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { errorOf, startServer, type TestServer } from '../../fetch/servers.ts';
import { answer, blobOf, bodyOf, openTestRegistry, refuse } from './test-registry.ts';

const BLOB = randomBytes(3_000_000);
const blob = blobOf(BLOB);

async function* pieces(bytes: Buffer, start = 0): AsyncGenerator<Buffer> {
  for (let at = start; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** A registry with one upload: what is put, and what is done with it beside that. */
async function startUploads(
  put: Handler,
  { begin, status, ...more }: { begin?: Handler; status?: Handler; head?: Handler } = {},
): Promise<TestServer> {
  return await startServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    const handlers: Record<string, Handler | undefined> = {
      POST: begin ?? ((_request, to) => answer(to, 202, { location: '/v2/a/b/blobs/uploads/1?state=s%2F1' })),
      PUT: put,
      GET: status,
      HEAD: more.head,
      DELETE: (_request, to) => answer(to, 204),
    };
    const handler = handlers[request.method ?? ''];
    if (handler === undefined) answer(response, 404);
    else handler(request, response, url);
  });
}

function methods({ requests }: TestServer): string[] {
  return requests.map(({ method }) => method);
}

describe('oci/client pushes', () => {
  it('a blob with a POST and a PUT of all of its bytes', async () => {
    let got: Buffer | undefined;
    const server = await startUploads(async (request, response, url) => {
      got = await bodyOf(request);
      expect(url.searchParams.get('state')).toBe('s/1');
      expect(url.searchParams.get('digest')).toBe(blob.digest);
      answer(response, 201);
    });
    await (await openTestRegistry(server.url)).repository('a/b').putBlob(blob, (start) => pieces(BLOB, start));
    expect(got).toEqual(BLOB);
    expect(methods(server)).toEqual(['POST', 'PUT']);
    expect(server.requests[1]?.headers).toMatchObject({
      'content-length': String(BLOB.length),
      'content-type': 'application/octet-stream',
    });
  });

  it('a blob of no bytes', async () => {
    const server = await startUploads((_request, response) => answer(response, 201));
    await (await openTestRegistry(server.url)).repository('a/b').putBlob(blobOf(Buffer.alloc(0)), () => pieces(Buffer.alloc(0)));
    expect(server.requests[1]?.headers['content-length']).toBe('0');
  });

  it('what is left after a broken connection', async () => {
    const puts: { range: string | undefined; bytes: Buffer }[] = [];
    const server = await startUploads(
      (request, response) => {
        if (puts.length === 0) {
          puts.push({ range: undefined, bytes: Buffer.alloc(0) });
          request.once('data', () => request.socket.destroy());
          return;
        }
        void bodyOf(request).then((bytes) => {
          puts.push({ range: request.headers['content-range'], bytes });
          answer(response, 201);
        });
      },
      { status: (_request, response) => answer(response, 204, { range: '0-999999', location: '/v2/a/b/blobs/uploads/1?state=2' }) },
    );
    const starts: number[] = [];
    await (await openTestRegistry(server.url)).repository('a/b').putBlob(blob, (start) => {
      starts.push(start);
      return pieces(BLOB, start);
    });
    expect(starts).toEqual([0, 1_000_000]);
    expect(puts[1]).toEqual({ range: `1000000-${BLOB.length - 1}`, bytes: BLOB.subarray(1_000_000) });
    expect(server.requests.at(-1)?.url).toContain('state=2');
    expect(methods(server)).toEqual(['POST', 'PUT', 'HEAD', 'GET', 'PUT']);
  });

  it('all of it again where the registry has forgotten, and nothing where it has arrived after all', async () => {
    let puts = 0;
    const forgetting = await startUploads((request, response) => {
      puts++;
      if (puts === 1) request.once('data', () => request.socket.destroy());
      else void bodyOf(request).then((bytes) => answer(response, bytes.equals(BLOB) ? 201 : 400));
    });
    await (await openTestRegistry(forgetting.url)).repository('a/b').putBlob(blob, (start) => pieces(BLOB, start));
    expect(methods(forgetting)).toEqual(['POST', 'PUT', 'HEAD', 'GET', 'DELETE', 'POST', 'PUT']);
    const arriving = await startUploads(
      (request) => {
        void bodyOf(request).then(() => request.socket.destroy());
      },
      { head: (_request, response) => answer(response, 200) },
    );
    await (await openTestRegistry(arriving.url)).repository('a/b').putBlob(blob, (start) => pieces(BLOB, start));
    expect(methods(arriving)).toEqual(['POST', 'PUT', 'HEAD']);
  });

  it('and gives up after as many tries as are configured', async () => {
    const server = await startUploads((request) => request.once('data', () => request.socket.destroy()));
    const client = await openTestRegistry(server.url, { settings: { retries: 1 } });
    expect(await errorOf(client.repository('a/b').putBlob(blob, (start) => pieces(BLOB, start)))).toMatchObject({ code: 'FETCH_FAILED' });
    expect(methods(server).filter((method) => method === 'PUT')).toHaveLength(2);
    expect(methods(server).at(-1)).toBe('DELETE');
  });

  it('nothing of content that is longer or shorter than it should be, and cancels', async () => {
    for (const wrong of [BLOB.subarray(1), Buffer.concat([BLOB, BLOB])]) {
      let whole = false;
      const server = await startUploads((request, response) => {
        request.on('end', () => {
          whole = request.complete;
          answer(response, 400);
        });
        request.on('error', () => undefined).resume();
      });
      const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putBlob(blob, () => pieces(wrong)));
      expect(error.code).toBe('CHECKSUM_MISMATCH');
      expect(whole).toBe(false);
      expect(methods(server)).toEqual(['POST', 'PUT', 'DELETE']);
    }
  });

  it('never the end of content that has other bytes', async () => {
    let whole = false;
    const server = await startUploads((request) => {
      request.once('end', () => {
        whole = true;
      });
      request.resume();
    });
    const wrong = Buffer.from(BLOB).fill(0, BLOB.length - 1);
    const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putBlob(blob, (start) => pieces(wrong, start)));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining('hashes to') });
    expect(whole).toBe(false);
    expect(methods(server)).toEqual(['POST', 'PUT', 'DELETE']);
  });

  it.each([
    ['does not go on', 416],
    ['has lost count', 400],
  ])('all of it again where the registry %s', async (_, status) => {
    let puts = 0;
    const server = await startUploads(
      (request, response) => {
        if (++puts === 1) request.once('data', () => request.socket.destroy());
        else void bodyOf(request).then((bytes) => answer(response, bytes.equals(BLOB) ? 201 : status));
      },
      { status: (_request, response) => answer(response, 204, { range: '0-999' }) },
    );
    await (await openTestRegistry(server.url)).repository('a/b').putBlob(blob, (start) => pieces(BLOB, start));
    expect(methods(server)).toEqual(['POST', 'PUT', 'HEAD', 'GET', 'PUT', 'HEAD', 'DELETE', 'POST', 'PUT']);
  });

  it('nothing where the content cannot be read, and throws what that threw', async () => {
    class Broken extends Error {}
    const server = await startUploads((request) => request.resume());
    const target = registryTarget(await openTestRegistry(server.url));
    const content = async function* (): AsyncGenerator<Buffer> {
      yield BLOB.subarray(0, 10);
      throw new Broken('the archive is gone');
    };
    await expect(target.putBlob('a/b', blob, content)).rejects.toBeInstanceOf(Broken);
    expect(methods(server).at(-1)).toBe('DELETE');
  });

  it('and says why the registry refuses', async () => {
    for (const [code, wanted] of [
      ['DIGEST_INVALID', 'CHECKSUM_MISMATCH'],
      ['SIZE_INVALID', 'CHECKSUM_MISMATCH'],
      ['UNSUPPORTED', 'REGISTRY_REFUSED'],
    ] as const) {
      const server = await startUploads((_request, response) => refuse(response, 400, code, 'it says why'));
      const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putBlob(blob, (start) => pieces(BLOB, start)));
      expect(error).toMatchObject({ code: wanted, message: expect.stringContaining(`(${code}: it says why)`) });
    }
  });

  it('no further than the registry wants it, which may answer before the end', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const size = 1000 * chunk.length;
    let given = 0;
    const server = await startUploads((_request, response) => refuse(response, 413, 'SIZE_INVALID', 'too large'));
    const content = async function* (): AsyncGenerator<Buffer> {
      for (; given < size; given += chunk.length) yield chunk;
    };
    const large = { ...blob, size };
    const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putBlob(large, content));
    expect(error.message).toContain('answered 413');
    expect(given).toBeLessThan(size / 2);
    await server.closed;
  });

  it('nowhere but to the registry itself', async () => {
    const elsewhere = await startServer((_request, response) => answer(response, 201));
    for (const location of [`${elsewhere.url}/upload`, 'https://127.0.0.1/upload', '//127.0.0.2/upload', 'ftp://a/', '']) {
      const server = await startUploads(() => undefined, { begin: (_request, response) => answer(response, 202, { location }) });
      const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putBlob(blob, () => pieces(BLOB)));
      expect(error).toMatchObject({ code: 'REGISTRY_REFUSED', message: expect.stringContaining('another place') });
    }
    const redirecting = await startUploads((_request, response) => answer(response, 307, { location: `${elsewhere.url}/upload` }));
    const error = await errorOf((await openTestRegistry(redirecting.url)).repository('a/b').putBlob(blob, () => pieces(BLOB)));
    expect(error.code).toBe('FETCH_REDIRECT');
    expect(elsewhere.requests).toEqual([]);
  });

  it('mounts what another repository has, and forgets an upload that was begun instead', async () => {
    let status = 201;
    const server = await startUploads(() => undefined, {
      begin: (_request, response) => answer(response, status, { location: '/v2/a/b/blobs/uploads/1' }),
    });
    const target = registryTarget(await openTestRegistry(server.url));
    expect(await target.mount('a/b', blob.digest, 'c/d')).toBe('mounted');
    expect(server.requests[0]?.url).toBe(`/v2/a/b/blobs/uploads/?mount=${encodeURIComponent(blob.digest)}&from=c%2Fd`);
    status = 202;
    expect(await target.mount('a/b', blob.digest, 'c/d')).toBeUndefined();
    status = 403;
    expect(await target.mount('a/b', blob.digest, 'c/d')).toBeUndefined();
    expect(methods(server)).toEqual(['POST', 'POST', 'DELETE', 'POST']);
  });

  describe('a manifest with a subject', () => {
    const subject = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(BLOB), size: 5 };
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };
    const signature = (name: string) => {
      const bytes = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MEDIA_TYPES.manifest,
          artifactType: 'test/signature',
          config,
          layers: [],
          subject,
          annotations: { name },
        }),
      );
      return { mediaType: MEDIA_TYPES.manifest, digest: digestOf(bytes), bytes };
    };

    /** A registry that keeps manifests; whether it keeps lists of referrers is told by a header. */
    async function startManifests(keepsReferrers: boolean, kept = new Map<string, { type: string; bytes: Buffer }>()) {
      const server = await startServer((request, response) => {
        const reference = (request.url ?? '').split('/').at(-1) ?? '';
        const found = kept.get(reference);
        if (request.method === 'PUT') {
          void bodyOf(request).then((bytes) => {
            kept.set(reference, { type: request.headers['content-type'] ?? '', bytes });
            answer(response, 201, keepsReferrers ? { 'oci-subject': subject.digest } : {});
          });
        } else if (found === undefined) refuse(response, 404, 'MANIFEST_UNKNOWN', 'unknown');
        else answer(response, 200, { 'content-type': found.type }, found.bytes);
      });
      return { target: registryTarget(await openTestRegistry(server.url)), kept, server };
    }

    it('is added to the list at its tag, each once, also by many at a time and beside what others wrote', async () => {
      const other = {
        mediaType: 'x/y',
        digest: digestOf(Buffer.from('other')),
        size: 1,
        platform: { os: 'linux', 'os.version': '1' },
        data: 'aa',
      };
      const tag = referrersTag(subject.digest);
      const list = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [other], annotations: { by: 'others' } }));
      const { target, kept } = await startManifests(false, new Map([[tag, { type: MEDIA_TYPES.index, bytes: list }]]));
      const all = ['a', 'b', 'c'].map(signature);
      await Promise.all([...all, ...all].map((manifest) => target.putManifest('a/b', manifest.digest, manifest)));
      const written = JSON.parse(kept.get(tag)?.bytes.toString() ?? '{}') as { manifests: { digest: string }[] };
      expect(written).toMatchObject({ schemaVersion: 2, annotations: { by: 'others' } });
      expect(written.manifests[0]).toEqual(other);
      expect(written.manifests.slice(1)).toEqual(
        expect.arrayContaining(
          all.map(({ digest, bytes }, index) => ({
            mediaType: MEDIA_TYPES.manifest,
            digest,
            size: bytes.length,
            artifactType: 'test/signature',
            annotations: { name: ['a', 'b', 'c'][index] },
          })),
        ),
      );
      expect(written.manifests).toHaveLength(4);
    });

    it('is not where the registry keeps the list itself', async () => {
      const { target, kept } = await startManifests(true);
      const manifest = signature('a');
      await target.putManifest('a/b', 'v1', manifest);
      expect([...kept.keys()]).toEqual(['v1']);
    });

    it('does not replace what is no list', async () => {
      const tag = referrersTag(subject.digest);
      const { target } = await startManifests(false, new Map([[tag, { type: MEDIA_TYPES.manifest, bytes: Buffer.from('{}') }]]));
      const manifest = signature('a');
      expect(await errorOf(target.putManifest('a/b', manifest.digest, manifest))).toBeInstanceOf(MirrorError);
    });
  });

  it('no manifest that the registry stores as another', async () => {
    const server = await startServer((request, response) => {
      void bodyOf(request).then(() => answer(response, 201, { 'docker-content-digest': digestOf(BLOB) }));
    });
    const bytes = Buffer.from('{"schemaVersion":2}');
    const manifest = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(bytes), bytes };
    const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').putManifest('v1', manifest));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });
});
