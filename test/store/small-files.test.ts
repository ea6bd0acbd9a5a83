import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PlainRoute } from '../../src/fetch/plain-connection.ts';
import { createSmallFiles } from '../../src/store/small-files.ts';
import type { SmallFile } from '../../src/store/small-files-thread.ts';
import { content, expectedOf, sha256, temporaryDirectory } from './storage-fixture.ts';

const BODIES = Array.from({ length: 20 }, (_, index) => content(index, 100 + index));

/** A server of these bodies by their index, and a thread. */
async function rig(hanging?: number) {
  const server = createServer((request, response) => {
    const index = Number(request.url?.slice(1));
    if (index === hanging) return;
    response.writeHead(200, { 'content-length': BODIES[index]?.length }).end(BODIES[index]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const files = createSmallFiles();
  onTestFinished(async () => {
    files.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const route: PlainRoute = { host: '127.0.0.1', port, fields: 'host: x\r\n', timeout: 5000 };
  const folder = await temporaryDirectory();
  const wanted = BODIES.map((body, index): SmallFile => {
    const { checksums } = expectedOf(body);
    return { target: `/${index}`, size: body.length, checksums, path: join(folder, `${index}`) };
  });
  return { files, route, wanted };
}

describe('store/small-files', () => {
  it('writes files, and tells of each in its order', async () => {
    const { files, route, wanted } = await rig();
    const done: [number, string][] = [];
    const lanes = [wanted.slice(0, 10), wanted.slice(10)];
    expect(await Promise.all(lanes.map((lane) => files.fetch(route, lane, (index, digest) => done.push([index, digest]))))).toEqual([
      10, 10,
    ]);
    for (const [index, body] of BODIES.entries()) {
      expect(readFileSync(wanted[index]?.path ?? '')).toEqual(body);
      expect(done).toContainEqual([index % 10, sha256(body)]);
    }
    expect(await files.fetch(route, [], () => undefined)).toBe(0);
  });

  it('stops before a file that is not what it should be', async () => {
    const { files, route, wanted } = await rig();
    const [a, b, c] = wanted;
    if (a === undefined || b === undefined || c === undefined) throw new Error('no files');
    const wrong = { ...b, checksums: c.checksums };
    expect(await files.fetch(route, [a, wrong, c], () => undefined)).toBe(1);
    expect(() => readFileSync(b.path)).toThrow('ENOENT');
    expect(await files.fetch(route, [{ ...a, size: 5 }], () => undefined)).toBe(0);
  });

  it("fails with the system's error when a file cannot be written", async () => {
    const { files, route, wanted } = await rig();
    const [a] = wanted;
    if (a === undefined) throw new Error('no files');
    await expect(files.fetch(route, [{ ...a, path: `${a.path}/no/such/folder` }], () => undefined)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('gives up what is under way when it is closed, and takes nothing after that', async () => {
    const { files, route, wanted } = await rig(0);
    const running = files.fetch(route, wanted, () => undefined);
    setTimeout(() => files.close(), 50);
    await expect(running).rejects.toThrow('given up');
    await expect(files.fetch(route, wanted, () => undefined)).rejects.toThrow('given up');
  });
});
