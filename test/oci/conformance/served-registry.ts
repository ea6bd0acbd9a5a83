import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DigestAlgorithm, digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { type RunningServer, startServing } from '../../support/program.ts';

/** What a client sends. */
export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** What it gets, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The codes of the errors in the body. */
  readonly codes: readonly string[];
}

export interface PushedImage {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** `mirror serve` with an empty storage, and a client of its registry that does nothing by itself. */
export interface ServedRegistry {
  readonly url: string;
  readonly server: RunningServer;
  ask(method: string, path: string, options?: Ask): Promise<Answer>;
  /** Pushes a blob with one request, and gives its digest. */
  pushBlob(repository: string, content: Buffer | string, algorithm?: DigestAlgorithm): Promise<string>;
  /** Begins an upload, and gives its address. */
  beginUpload(repository: string, query?: string): Promise<string>;
  putManifest(repository: string, reference: string, manifest: unknown, mediaType?: string): Promise<Answer>;
  /** Pushes an image of the blob `{}` under a tag. What `change` has goes into the manifest. */
  pushImage(repository: string, tag: string, change?: Readonly<Record<string, unknown>>): Promise<PushedImage>;
  close(): Promise<void>;
}

export const EMPTY = Buffer.from('{}');

/** The descriptor of the blob `{}`. */
export const EMPTY_BLOB = { mediaType: MEDIA_TYPES.empty, digest: digestOf(EMPTY), size: EMPTY.length };

/** A manifest of an image without layers. What `change` has goes into it. */
export function imageManifest(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config: EMPTY_BLOB, layers: [], ...change };
}

/** @param serve the section of the configuration, as YAML. */
export async function serveRegistry(serve = '{}'): Promise<ServedRegistry> {
  const home = mkdtempSync(join(tmpdir(), 'mirror-registry-'));
  writeFileSync(join(home, 'mirror.yaml'), `storage: storage\nserve: ${serve}\n`);
  const server = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
  const client = registryClient(server.url);
  return {
    ...client,
    server,
    async close() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A client of the registry that is served at a URL. */
export function registryClient(url: string): Omit<ServedRegistry, 'server' | 'close'> {
  const ask: ServedRegistry['ask'] = async (method, path, { headers = {}, body } = {}) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: bytes, codes: codesOf(bytes) };
  };
  const pushBlob: ServedRegistry['pushBlob'] = async (repository, content, algorithm) => {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes, algorithm);
    mustBe(201, await ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes }));
    return digest;
  };
  const putManifest: ServedRegistry['putManifest'] = (repository, reference, manifest, mediaType = MEDIA_TYPES.manifest) =>
    ask('PUT', `/v2/${repository}/manifests/${reference}`, {
      headers: { 'Content-Type': mediaType },
      body: Buffer.isBuffer(manifest) ? manifest : JSON.stringify(manifest),
    });
  return {
    url,
    ask,
    pushBlob,
    putManifest,
    async beginUpload(repository, query = '') {
      const begun = mustBe(202, await ask('POST', `/v2/${repository}/blobs/uploads/${query}`));
      return begun.headers.get('location') ?? '';
    },
    async pushImage(repository, tag, change) {
      await pushBlob(repository, EMPTY);
      const bytes = Buffer.from(JSON.stringify(imageManifest(change)));
      mustBe(201, await putManifest(repository, tag, bytes));
      return { digest: digestOf(bytes), bytes };
    },
  };
}

function mustBe(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`${status} was expected, the answer is ${answer.status}: ${answer.body.toString()}`);
  return answer;
}

function codesOf(body: Buffer): string[] {
  if (!body.subarray(0, 10).toString().startsWith('{"errors"')) return [];
  const { errors } = JSON.parse(body.toString()) as { readonly errors: readonly { readonly code: string }[] };
  return errors.map(({ code }) => code);
}
