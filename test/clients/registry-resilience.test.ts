import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import { EMPTY, registryClient } from '../oci/conformance/served-registry.ts';
import { content, sha256 } from '../store/storage-fixture.ts';
import { type RunningServer, startServing, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

const MiB = 1024 * 1024;

/** Also where a server still has files of it open, because a test has failed. */
async function unmount(home: string): Promise<void> {
  await succeed('umount', ['--lazy', join(home, 'storage')]);
  rmSync(home, { recursive: true });
}

describeWithTools(['root', 'mount'], 'clients/registry-resilience: a full disk', () => {
  it('refuses what has no room, has nothing of it, and goes on with what has', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mirror-registry-'));
    mkdirSync(join(home, 'storage'));
    await succeed('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', join(home, 'storage')]);
    try {
      writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\n');
      const server = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
      const { ask, pushBlob, beginUpload } = registryClient(server.url);
      const small = await pushBlob('app', 'small');
      const large = content(1, 20 * MiB);
      const digest = digestOf(large);
      const posted = await ask('POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: large });
      const location = await beginUpload('app');
      const patched = await ask('PATCH', location, { body: large });
      for (const answer of [posted, patched]) {
        expect([answer.status, answer.codes]).toEqual([507, ['UNKNOWN']]);
        expect(answer.body.toString()).not.toContain(home);
      }
      expect((await ask('HEAD', `/v2/app/blobs/${digest}`)).status).toBe(404);
      expect((await ask('DELETE', location)).status).toBe(204);
      expect((await ask('GET', `/v2/app/blobs/${small}`)).body.toString()).toBe('small');
      await pushBlob('app', content(2, MiB));
      await server.stop();
    } finally {
      await unmount(home);
    }
  });
});

describeWithTools(['root', 'mount'], 'clients/registry-resilience: a storage that cannot be written to', () => {
  it('is served, and says that nothing can be pushed', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mirror-registry-'));
    const storage = join(home, 'storage');
    mkdirSync(storage);
    await succeed('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', storage]);
    try {
      writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\n');
      const serve = () => startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
      const before = await serve();
      const { digest, bytes } = await registryClient(before.url).pushImage('app', 'v1');
      await before.stop();
      await succeed('mount', ['-o', 'remount,ro', storage]);
      const server = await serve();
      const { ask } = registryClient(server.url);
      for (const reference of ['v1', digest]) expect((await ask('GET', `/v2/app/manifests/${reference}`)).body).toEqual(bytes);
      expect((await ask('GET', `/v2/app/blobs/${digestOf(EMPTY)}`)).body).toEqual(EMPTY);
      for (const [method, path] of [
        ['POST', `/v2/app/blobs/uploads/?digest=${digestOf(EMPTY)}`],
        ['POST', '/v2/app/blobs/uploads/'],
        ['PUT', '/v2/app/manifests/v1'],
        ['DELETE', `/v2/app/manifests/${digest}`],
      ] as const) {
        const answer = await ask(method, path, method === 'DELETE' ? {} : { body: EMPTY });
        expect([answer.status, answer.codes]).toEqual([405, ['UNSUPPORTED']]);
      }
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      await server.stop();
    } finally {
      await unmount(home);
    }
  });
});

describe('clients/registry-resilience', () => {
  let home: string;
  let running: RunningServer | undefined;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mirror-registry-'));
    writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\n');
  });
  afterEach(async () => {
    await running?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const start = async (): Promise<RunningServer> => {
    running = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
    return running;
  };
  const kill = async ({ child }: RunningServer): Promise<void> => {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  };

  it('has all that it took, and nothing else, after it is killed in the middle of pushes', async () => {
    const taken: { readonly digest: string; readonly bytes: Buffer }[] = [];
    for (let round = 0; round < 3; round++) {
      const server = await start();
      const { ask } = registryClient(server.url);
      let number = round * 1000;
      const push = async (): Promise<void> => {
        for (;;) {
          const bytes = content(number++, number % 5 === 0 ? 400_000 : 2000);
          const digest = digestOf(bytes);
          const { status } = await ask('POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: bytes });
          expect(status).toBe(201);
          taken.push({ digest, bytes });
          if (taken.length === (round + 1) * 40) await kill(server);
        }
      };
      // Every one of them ends when its connection breaks.
      await Promise.allSettled([push(), push(), push(), push(), push(), push()]);
    }
    const { ask } = registryClient((await start()).url);
    expect(taken.length).toBeGreaterThanOrEqual(120);
    for (const { digest, bytes } of taken) expect((await ask('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    const pool = join(home, 'storage/pool/sha256');
    for (const shard of readdirSync(pool)) {
      for (const name of readdirSync(join(pool, shard))) expect(sha256(readFileSync(join(pool, shard, name)))).toBe(name);
    }
  });

  it.each([
    ['is stopped', (server: RunningServer) => server.stop()],
    ['is killed', kill],
  ])('goes on with an upload after it %s', async (_, end) => {
    const bytes = content(5, 3 * MiB);
    const first = await start();
    const before = registryClient(first.url);
    const location = await before.beginUpload('app');
    await before.ask('PATCH', location, { body: bytes.subarray(0, 2 * MiB) });
    await end(first);
    const { ask } = registryClient((await start()).url);
    const status = await ask('GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, `0-${2 * MiB - 1}`]);
    expect((await ask('GET', location.replace('/app/', '/other/'))).status).toBe(404);
    const digest = digestOf(bytes, 'sha512');
    const rest = { headers: { 'Content-Range': `${2 * MiB}-${3 * MiB - 1}` }, body: bytes.subarray(2 * MiB) };
    expect((await ask('PUT', `${location}?digest=${digest}`, rest)).status).toBe(201);
    expect((await ask('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it('lets a push that is under way end before it stops', async () => {
    const server = await start();
    const bytes = content(6, MiB);
    const pushing = request(new URL(`/v2/app/blobs/uploads/?digest=${digestOf(bytes)}`, server.url), { method: 'POST' });
    const answered = once(pushing, 'response') as Promise<[{ readonly statusCode: number }]>;
    pushing.setHeader('Content-Length', bytes.length);
    pushing.write(bytes.subarray(0, 100_000));
    await registryClient(server.url).ask('GET', '/v2/');
    const stopped = server.stop();
    pushing.end(bytes.subarray(100_000));
    const [{ statusCode }] = await answered;
    expect(statusCode).toBe(201);
    await stopped;
  });

  it('stays small however large a blob is', { timeout: 120_000 }, async () => {
    const piece = content(9, MiB);
    const size = 1024;
    const { url, child } = await start();
    const { ask, beginUpload } = registryClient(url);
    const location = await beginUpload('app');
    const pushing = request(new URL(location, url), { method: 'PATCH' });
    const answered = once(pushing, 'response') as Promise<[{ readonly statusCode: number }]>;
    Readable.from(
      (function* () {
        for (let number = 0; number < size; number++) yield piece;
      })(),
    ).pipe(pushing);
    expect((await answered)[0].statusCode).toBe(202);
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256');
    for (let number = 0; number < size; number++) hash.update(piece);
    const digest = `sha256:${hash.digest('hex')}`;
    expect((await ask('PUT', `${location}?digest=${digest}`)).status).toBe(201);
    const pulled = await fetch(new URL(`/v2/app/blobs/${digest}`, url));
    let received = 0;
    for await (const chunk of pulled.body ?? []) received += chunk.length;
    expect(received).toBe(size * MiB);
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    expect(peak).toBeLessThan(200 * 1024);
  });
});
