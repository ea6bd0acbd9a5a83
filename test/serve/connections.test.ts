import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/serve/server.ts';
import { get } from './raw-http.ts';
import { makeSite, type Site } from './site.ts';

/** More than the kernel holds for a connection. */
const SIZE = 16 * 1024 * 1024;
let site: Site;
let server: RunningServer;
beforeEach(async () => {
  site = await makeSite();
  await site.publish('main', {
    'big.deb': { content: Buffer.alloc(SIZE, 'x'), permanence: 'fixed' },
    small: 'small',
    middle: 'y'.repeat(3_000_000),
  });
  server = await site.serve();
});
afterEach(async () => {
  await site.remove();
});

async function connection(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the server closes. */
async function rest(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

describe('serve/connections', () => {
  it('ends a running transfer and the pipeline behind it, then closes; accepts nothing new', async () => {
    const socket = await connection();
    socket.write(get('/main/big.deb') + get('/main/none') + get('/main/small'));
    await once(socket, 'readable');
    const closing = server.close();
    await expect(fetch(`${server.url}/main/small`)).rejects.toThrow();
    const received = await rest(socket);
    await closing;
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    expect(received.match(/^connection: .*$/gim)).toEqual(['Connection: keep-alive', 'Connection: keep-alive', 'Connection: close']);
    expect(received.length).toBeGreaterThan(SIZE);
    expect(received.endsWith('small')).toBe(true);
  });

  it('does not cut an answer that is complete here and still on its way', async () => {
    const socket = await connection();
    socket.pause();
    socket.write(get('/main/middle'));
    await pause(200);
    const closing = server.close();
    await pause(200);
    expect((await rest(socket)).endsWith('y'.repeat(3_000_000))).toBe(true);
    await closing;
  });

  it('answers what is asked on an open connection while another transfer keeps the server up', async () => {
    const [busy, pipeline] = [await connection(), await connection()];
    busy.write(get('/main/big.deb'));
    pipeline.write(get('/main/big.deb'));
    await Promise.all([once(busy, 'readable'), once(pipeline, 'readable')]);
    const closing = server.close();
    pipeline.write(get('/main/small'));
    const received = await rest(pipeline);
    await rest(busy);
    await closing;
    expect(received.match(/HTTP\/1\.1 \d+|connection: .*/gi)).toEqual([
      'HTTP/1.1 200',
      'Connection: keep-alive',
      'HTTP/1.1 200',
      'Connection: close',
    ]);
    expect(received.endsWith('small')).toBe(true);
  });

  it('closes idle connections and those that never asked at once', async () => {
    const [idle, silent] = [await connection(), await connection()];
    idle.write(get('/main/small'));
    await once(idle, 'data');
    const begun = performance.now();
    const ends = Promise.all([rest(idle), rest(silent)]);
    await server.close();
    await ends;
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('is not ready while it stops, and can be closed twice', async () => {
    const socket = await connection();
    socket.write(get('/main/big.deb') + get('/readyz'));
    await once(socket, 'readable');
    const closing = Promise.all([server.close(), server.close()]);
    const received = await rest(socket);
    expect(received).toContain('{"ready":false,"checks":{"server":"stopping"');
    await closing;
  });

  it('cuts a client that asks for more than a thousand files without reading', async () => {
    const socket = await connection();
    socket.on('error', () => undefined);
    socket.write(get('/main/big.deb'));
    socket.pause();
    await pause(100);
    const closed = once(socket, 'close');
    socket.write(get('/main/small').repeat(1500));
    await pause(100);
    socket.resume();
    await closed;
    expect((await fetch(`${server.url}/main/small`)).status).toBe(200);
  });
});
