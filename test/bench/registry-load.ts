import { hash, randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';

/** What one load did, in seconds of wall time. */
export interface LoadResult {
  readonly push: number;
  readonly pull: number;
}

export interface Load {
  /** How many blobs, each of `bytes`. */
  readonly count: number;
  readonly bytes: number;
  /** Connections that work at the same time. */
  readonly clients: number;
}

/** Pushes and pulls blobs as clients do, POST and PUT, then GET, at a registry on plain HTTP. Every answer is checked. */
export async function loadRegistry(host: string, { count, bytes, clients }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const blobs = Array.from({ length: count }, () => randomBytes(bytes));
  const registry = { host, agent };
  const each = async (task: (blob: Buffer) => Promise<void>): Promise<void> => {
    let next = 0;
    const client = async (): Promise<void> => {
      for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) await task(blob);
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  try {
    return { push: await timed(() => each((blob) => push(registry, blob))), pull: await timed(() => each((blob) => pull(registry, blob))) };
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

function digestOf(blob: Buffer): string {
  return `sha256:${hash('sha256', blob, 'hex')}`;
}

async function push(registry: Registry, blob: Buffer): Promise<void> {
  const begun = await ask(registry, 'POST', '/v2/bench/blobs/uploads/');
  expectStatus(begun, 202);
  await read(begun);
  const location = new URL(begun.headers.location ?? '', `http://${registry.host}/`);
  location.searchParams.set('digest', digestOf(blob));
  const done = await ask(registry, 'PUT', location.pathname + location.search, blob);
  expectStatus(done, 201);
  await read(done);
}

async function pull(registry: Registry, blob: Buffer): Promise<void> {
  const answer = await ask(registry, 'GET', `/v2/bench/blobs/${digestOf(blob)}`);
  expectStatus(answer, 200);
  const got = await read(answer);
  if (got !== blob.length) throw new Error(`a blob came with ${got} bytes, ${blob.length} were expected`);
}

function ask({ host, agent }: Registry, method: string, path: string, body?: Buffer): Promise<IncomingMessage> {
  const { hostname, port } = new URL(`http://${host}`);
  const headers = { 'content-length': String(body?.length ?? 0), 'content-type': 'application/octet-stream' };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers: method === 'GET' ? {} : headers }, resolve);
    sent.on('error', reject).end(body);
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
