import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPlainConnection, type PlainConnection } from '../../src/fetch/plain-connection.ts';
import { startRawServer } from './servers.ts';

const OK = (body: string, ...fields: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${[`Content-Length: ${body.length}`, ...fields].join('\r\n')}\r\n\r\n${body}`;

interface Rig {
  readonly connection: PlainConnection;
  /** Asks for five bytes; gives them as text. */
  ask(target?: string, size?: number): Promise<string | undefined>;
}

/** A server that answers request after request, over all connections, as it is told; it does nothing where it is told nothing. */
async function rig(answers: readonly (string | Buffer | ((socket: Socket) => void))[], timeout = 5000) {
  const sockets: Socket[] = [];
  const { url } = await startRawServer((socket, count) => {
    if (!sockets.includes(socket)) sockets.push(socket);
    const answer = answers[count];
    if (typeof answer === 'function') answer(socket);
    else if (answer !== undefined) socket.write(answer);
  });
  const connection = createPlainConnection({ host: '127.0.0.1', port: Number(new URL(url).port), fields: 'host: x\r\n', timeout });
  onTestFinished(() => connection.close());
  const ask: Rig['ask'] = (target = '/', size = 5) =>
    new Promise((resolve) => connection.ask(target, size, (body) => resolve(body?.toString('latin1'))));
  return { connection, sockets, ask };
}

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('fetch/plain-connection', () => {
  it('asks for one file after another over one connection', async () => {
    const { ask, sockets } = await rig([OK('first'), OK('other'), OK('')]);
    const requests: string[] = [];
    expect(await ask('/a?b')).toBe('first');
    sockets[0]?.on('data', (bytes: Buffer) => requests.push(bytes.toString()));
    expect(await ask('/c')).toBe('other');
    expect(await ask('/d', 0)).toBe('');
    expect(sockets.length).toBe(1);
    expect(requests).toEqual(['GET /c HTTP/1.1\r\nhost: x\r\n\r\n', 'GET /d HTTP/1.1\r\nhost: x\r\n\r\n']);
  });

  it('takes answers that come in any pieces', async () => {
    const drip = (text: string) => (socket: Socket) => {
      socket.setNoDelay(true);
      void (async () => {
        for (const byte of text) {
          socket.write(byte);
          await later(1);
        }
      })();
    };
    const large = 'x'.repeat(250_000);
    const { ask, sockets } = await rig([drip(OK('first')), OK(large), OK('third')]);
    expect(await ask()).toBe('first');
    expect(await ask('/', large.length)).toBe(large);
    expect(await ask()).toBe('third');
    expect(sockets.length).toBe(1);
  });

  it('opens another connection after one that the server does not keep', async () => {
    const { ask, sockets } = await rig([OK('first', 'Connection: close'), OK('other')]);
    expect(await ask()).toBe('first');
    expect(await ask()).toBe('other');
    expect(sockets.length).toBe(2);
  });

  it('asks once more when a kept connection was closed meanwhile, and no more than that', async () => {
    const hangUp = (socket: Socket): void => void socket.destroy();
    const { ask, sockets } = await rig([OK('first'), hangUp, OK('other'), hangUp, hangUp, OK('never')]);
    expect(await ask()).toBe('first');
    expect(await ask()).toBe('other');
    expect(await ask()).toBeUndefined();
    expect(sockets.length).toBe(3);
    const { ask: again } = await rig([hangUp, OK('other')]);
    expect(await again()).toBeUndefined();
  });

  it('uses a connection that ends while nothing is asked for no further', async () => {
    const { ask, sockets } = await rig([OK('first'), OK('other')]);
    expect(await ask()).toBe('first');
    sockets[0]?.end();
    await later(20);
    expect(await ask()).toBe('other');
    expect(sockets.length).toBe(2);
  });

  describe('gives the connection up', () => {
    it.each([
      ['a longer body than was said', `${OK('first')}!`],
      ['a second answer with the first', OK('first') + OK('wrong')],
      ['another size than is wanted', OK('longer')],
      ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n'],
      ['chunks and a length', `${OK('first', 'Transfer-Encoding: chunked')}`],
      ['an interim answer', `HTTP/1.1 100 Continue\r\n\r\n${OK('first')}`],
      ['an answer without a body', 'HTTP/1.1 304 Not Modified\r\n\r\n'],
      ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'],
      ['an error page of the same size', 'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirst'],
      ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ])('at %s', async (_, answer) => {
      const { ask, sockets } = await rig([answer, OK('other')]);
      expect(await ask()).toBeUndefined();
      expect(await ask()).toBe('other');
      expect(sockets.length).toBe(2);
    });

    it('when something comes that was not asked for', async () => {
      const { ask, sockets } = await rig([
        (socket) => {
          socket.setNoDelay(true);
          socket.write(OK('first'));
          setTimeout(() => socket.write(OK('wrong')), 10);
        },
        OK('other'),
      ]);
      expect(await ask()).toBe('first');
      await later(40);
      expect(await ask()).toBe('other');
      expect(sockets.length).toBe(2);
    });

    it('when an answer ends too early', async () => {
      const half = (socket: Socket): void => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfi');
      const { ask, sockets } = await rig([OK('first'), half, OK('other')]);
      expect(await ask()).toBe('first');
      expect(await ask()).toBeUndefined();
      expect(await ask()).toBe('other');
      expect(sockets.length).toBe(2);
    });

    it('when nothing comes for too long', async () => {
      const { ask, sockets } = await rig([() => undefined, OK('other')], 60);
      expect(await ask()).toBeUndefined();
      expect(await ask()).toBe('other');
      expect(sockets.length).toBe(2);
    });
  });

  it('gives none where nothing listens', async () => {
    const connection = createPlainConnection({ host: '127.0.0.1', port: 1, fields: '', timeout: 1000 });
    expect(await new Promise((resolve) => connection.ask('/', 5, resolve))).toBeUndefined();
    connection.close();
  });

  it('says nothing more once it is closed', async () => {
    const { connection, ask, sockets } = await rig([(socket) => void setTimeout(() => socket.write(OK('first')), 30)]);
    let settled = false;
    void ask().then(() => {
      settled = true;
    });
    await later(10);
    connection.close();
    await later(50);
    expect(settled).toBe(false);
    expect(sockets[0]?.destroyed).toBe(true);
  });
});
