import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/format/media-types.ts';
import { makeContent } from '../oci/seed/memory.ts';
import { type EmbeddedWorkplace, openEmbedded } from '../ops/registry/embedded-workplace.ts';
import { mirror } from '../support/program.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const LINK_LOCAL = 'http://169.254.169.254/latest';
const text = (status: number, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): Answer => {
  return (_, response) => void response.writeHead(status, headers).end(body);
};
/** Sends until its client has had enough. */
const endless: Answer = (_, response) => {
  const piece = Buffer.alloc(65536, 32);
  const send = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', send).on('error', () => undefined);
  send();
};

/** Registries as nobody wants them, as sources and as targets of `mirror registry seed`. */
describe('clients/registry-seed-hostile', () => {
  let workplace: EmbeddedWorkplace;
  let server: Server;
  let host: string;
  /** Answers instead of the registry, by what is in the address. */
  let instead: readonly (readonly [pattern: RegExp, answer: Answer])[];
  const asked: string[] = [];

  const made = makeContent();
  const root = made.image(['a layer'], { mediaType: MEDIA_TYPES.manifest });
  const layer = digestOf(Buffer.from('a layer'));
  const list = (manifests: readonly unknown[]): string => JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests });

  const registry: Answer = (request, response) => {
    const [, kind = '', reference = ''] = /\/(manifests|blobs|tags|referrers)\/(.+)$/.exec(request.url ?? '') ?? [];
    const digest = reference === 'v1' ? root.digest : reference;
    const bytes = made.blobs.get(digest);
    if (kind === 'tags')
      return text(200, { 'content-type': 'application/json' }, JSON.stringify({ name: 'x', tags: ['v1'] }))(request, response);
    if (bytes === undefined || kind === 'referrers') return text(404)(request, response);
    const headers = { 'content-type': MEDIA_TYPES.manifest, 'content-length': String(bytes.length), 'docker-content-digest': digest };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : bytes);
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [, answer = registry] = instead.find(([pattern]) => pattern.test(`${request.method} ${request.url}`)) ?? [];
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    instead = [];
    workplace = await openEmbedded('http: { timeout: 2s, retries: 1 }\n');
  });
  afterEach(() => workplace.close());
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const seed = async (...args: readonly string[]) => {
    const { status, stdout } = await mirror(['registry', 'seed', ...args, '--json'], { cwd: workplace.root });
    const { images } = JSON.parse(stdout) as { images: { status: string; error?: { code: string; message: string; hint?: string } }[] };
    return { status, images, error: images[0]?.error };
  };

  const sources: readonly (readonly [name: string, pattern: RegExp, answer: Answer, code: string])[] = [
    ['another layer', /GET .*\/blobs\//, text(200, {}, 'b layer'), 'CHECKSUM_MISMATCH'],
    ['a layer without an end', /GET .*\/blobs\//, endless, 'FETCH_TOO_LARGE'],
    ['a layer that is cut off', /GET .*\/blobs\//, text(200, {}, 'a la'), 'FETCH_TRUNCATED'],
    ['another manifest', /GET .*\/manifests\//, text(200, { 'content-type': MEDIA_TYPES.manifest }, '{}'), 'CHECKSUM_MISMATCH'],
    ['a manifest without an end', /GET .*\/manifests\//, endless, 'FETCH_TOO_LARGE'],
    ['a redirect to a file', /GET .*\/blobs\//, text(307, { location: 'file:///etc/passwd' }), 'FETCH_REDIRECT'],
    ['tokens that are made elsewhere', /./, text(401, { 'www-authenticate': 'Bearer realm="http://127.0.0.2:9/t"' }), 'FETCH_DENIED'],
    [
      'referrers that go on elsewhere',
      /referrers/,
      text(200, { 'content-type': MEDIA_TYPES.index, link: `<${LINK_LOCAL}>; rel="next"` }, list([])),
      'REGISTRY_REFUSED',
    ],
  ];
  it.each(sources)('takes nothing of an image with %s', async (_, pattern, answer, code) => {
    instead = [[pattern, answer]];
    const { status, error } = await seed(`http://${host}/app:v1`);
    expect([status, error?.code, error?.message]).toEqual([1, code, expect.any(String)]);
    const { catalogue } = workplace.context;
    for (const repository of catalogue.registry.allRepositories({ limit: 10 })) {
      expect(workplace.registry.tags(repository)?.entries).toEqual([]);
      expect(workplace.registry.blob(repository, layer)).toBeUndefined();
    }
  });

  it('ends with referrers that refer to each other in turn', async () => {
    const other = made.image(['other'], { mediaType: MEDIA_TYPES.manifest });
    const describing = (digest: string): typeof root => (digest === root.digest ? other : root);
    instead = [
      [
        /referrers/,
        (request, response) =>
          text(200, { 'content-type': MEDIA_TYPES.index }, list([describing(request.url?.split('/').at(-1) ?? '')]))(request, response),
      ],
    ];
    expect(await seed(`http://${host}/app:v1`)).toMatchObject({ status: 0, images: [{ status: 'seeded', manifests: 2 }] });
  });

  const targets: readonly (readonly [name: string, pattern: RegExp, answer: Answer, code: string, said: RegExp])[] = [
    ['limits what is sent', /PUT .*\/blobs\//, text(413, { connection: 'close' }), 'REGISTRY_REFUSED', /limits the size/],
    [
      'is full',
      /PUT .*\/blobs\//,
      text(507, {}, '{"errors":[{"code":"UNKNOWN","message":"no space left"}]}'),
      'FETCH_FAILED',
      /no space left/,
    ],
    ['is asked too often', /./, text(429, { 'retry-after': '0' }), 'FETCH_FAILED', /429/],
    ['sends uploads elsewhere', /POST/, text(202, { location: `${LINK_LOCAL}/upload` }), 'REGISTRY_REFUSED', /./],
    [
      'stores something else',
      /PUT .*\/manifests\//,
      text(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
      'CHECKSUM_MISMATCH',
      /0000/,
    ],
  ];
  it.each(targets)('says it of a target that %s', async (_, pattern, answer, code, said) => {
    await workplace.push.image('app', ['layer'], 'v1');
    instead = [
      [pattern, answer],
      [/HEAD/, text(404)],
      [/POST/, text(202, { location: '/v2/app/blobs/uploads/1' })],
      [/PUT/, (request, response) => void request.resume().on('end', () => text(201)(request, response))],
    ];
    await workplace.registry.close();
    const { status, stdout } = await mirror(['registry', 'copy', 'app:v1', `http://${host}/app`, '--json'], { cwd: workplace.root });
    const { images } = JSON.parse(stdout) as { images: { error?: { code: string; message: string; hint?: string } }[] };
    const error = images[0]?.error;
    expect([status, error?.code]).toEqual([1, code]);
    expect(`${error?.message} ${error?.hint}`).toMatch(said);
  });

  it('never went anywhere else', () => {
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((line) => line.includes('169.254') || line.includes('passwd'))).toEqual([]);
  });
});
