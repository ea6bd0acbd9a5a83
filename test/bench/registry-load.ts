import { createHash, randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';

/** What one load did, in seconds of wall time. */
export interface LoadResult {
  readonly largePush: number;
  readonly largePull: number;
  readonly smallPush: number;
  readonly smallPull: number;
}

export interface Load {
  /** Of the one large blob, in bytes. */
  readonly largeBytes: number;
  /** How many small ones, each of `smallBytes`. */
  readonly smallCount: number;
  readonly smallBytes: number;
  /** Connections that work at the same time on the small ones. */
  readonly clients: number;
}

const CHUNK = 1024 * 1024;

/** Pushes and pulls blobs as clients do, POST and PUT, then GET, at a registry on plain HTTP. Every answer is checked. */
export async function loadRegistry(host: string, load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.clients });
  const large = Array.from({ length: Math.ceil(load.largeBytes / CHUNK) }, () => randomBytes(CHUNK));
  const largeDigest = digestOf(large);
  const small = Array.from({ length: load.smallCount }, () => randomBytes(load.smallBytes));
  const each = async (task: (bytes: Buffer) => Promise<void>): Promise<void> => {
    let next = 0;
    const client = async (): Promise<void> => {
      for (let bytes = small[next++]; bytes !== undefined; bytes = small[next++]) await task(bytes);
    };
    await Promise.all(Array.from({ length: load.clients }, client));
  };
  const registry = { host, agent };
  try {
    return {
      largePush: await timed(() => push(registry, large, largeDigest)),
      largePull: await timed(() => pull(registry, largeDigest, load.largeBytes)),
      smallPush: await timed(() => each((bytes) => push(registry, [bytes], digestOf([bytes])))),
      smallPull: await timed(() => each((bytes) => pull(registry, digestOf([bytes]), bytes.length))),
    };
  } finally {
    agent.destroy();
  }
}

interface Registry {
  readonly host: string;
  readonly agent: Agent;
}

async function timed(task: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await task();
  return (performance.now() - begun) / 1000;
}

function digestOf(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

async function push(registry: Registry, pieces: readonly Buffer[], digest: string): Promise<void> {
  const begun = await ask(registry, 'POST', '/v2/bench/blobs/uploads/', []);
  expectStatus(begun, 202);
  await read(begun);
  const location = new URL(begun.headers.location ?? '', `http://${registry.host}/`);
  location.searchParams.set('digest', digest);
  const done = await ask(registry, 'PUT', location.pathname + location.search, pieces);
  expectStatus(done, 201);
  await read(done);
}

async function pull(registry: Registry, digest: string, size: number): Promise<void> {
  const answer = await ask(registry, 'GET', `/v2/bench/blobs/${digest}`, []);
  expectStatus(answer, 200);
  const got = await read(answer);
  if (got !== size) throw new Error(`${digest} has ${got} bytes, ${size} were expected`);
}

function ask({ host, agent }: Registry, method: string, path: string, pieces: readonly Buffer[]): Promise<IncomingMessage> {
  const { hostname, port } = new URL(`http://${host}`);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const headers = { 'content-length': String(length), 'content-type': 'application/octet-stream' };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers: method === 'GET' ? {} : headers }, resolve);
    sent.on('error', reject);
    const send = async (): Promise<void> => {
      for (const piece of pieces) if (!sent.write(piece)) await new Promise((drained) => sent.once('drain', drained));
      sent.end();
    };
    send().catch(reject);
  });
}

async function read(answer: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) size += piece.length;
  return size;
}

function expectStatus({ statusCode }: IncomingMessage, wanted: number): void {
  if (statusCode !== wanted) throw new Error(`the registry answered ${statusCode}, ${wanted} was expected`);
}
