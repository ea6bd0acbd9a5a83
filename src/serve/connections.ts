import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** The connections of a server: answers their requests one at a time, in order, and ends them gracefully. */
export interface Connections {
  /**
   * Calls `answer` when every earlier request of the same connection is answered. Pipelined requests are not worked on side by side:
   * otherwise one client could have a thousand files opened by one packet.
   */
  enqueue(request: IncomingMessage, response: ServerResponse, answer: () => void): void;
  /** Whether `drain` was called. */
  draining(): boolean;
  /**
   * Stops accepting, closes idle connections, and lets the others finish what they have asked for, answering with `Connection: close` where
   * nothing further is asked for yet. What is left after `limit` milliseconds is cut.
   */
  drain(limit: number): Promise<void>;
}

interface Connection {
  /** Requests that are not answered yet. */
  pending: number;
  /** Those of them that wait for an earlier one. */
  readonly waiting: (() => void)[];
  ended: boolean;
}

/** apt sends 10; more than this without reading the answers is an attack on memory. */
const MAX_PIPELINED = 1000;
/** How long a client has to close its side after ours is closed. */
const LINGER_MS = 1000;

export function trackConnections(server: Server, secure: boolean): Connections {
  const raw = new Set<Socket>();
  const connections = new Map<Socket, Connection>();
  let draining = false;

  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  // With TLS this is another object than the raw socket, and the one that requests name.
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.set(socket, { pending: 0, waiting: [], ended: false });
    socket.once('close', () => {
      connections.delete(socket);
      if (draining && connections.size === 0) cut();
    });
  });

  const cut = (): void => {
    for (const socket of raw) socket.destroy();
  };
  const end = (socket: Socket, connection: Connection): void => {
    if (connection.ended) return;
    connection.ended = true;
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
  const answered = (socket: Socket, connection: Connection): void => {
    connection.pending--;
    const next = connection.waiting.shift();
    if (next !== undefined) next();
    else if (draining) end(socket, connection);
  };

  return {
    draining: () => draining,
    enqueue(request, response, answer) {
      const { socket } = request;
      const connection = connections.get(socket);
      if (connection === undefined || connection.ended) return;
      connection.pending++;
      if (connection.pending > MAX_PIPELINED) {
        socket.destroy();
        return;
      }
      const begin = (): void => {
        if (socket.destroyed) return;
        response.once('close', () => answered(socket, connection));
        if (!draining) {
          answer();
          return;
        }
        // Requests that came in the same packet are counted by then: only the last may end the connection.
        setImmediate(() => {
          if (connection.pending === 1) response.setHeader('Connection', 'close');
          answer();
        });
      };
      if (connection.pending === 1) begin();
      else connection.waiting.push(begin);
    },
    async drain(limit) {
      draining = true;
      // http.Server.close would destroy connections whose answer is complete but still on its way to a slow client.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      for (const [socket, connection] of connections) {
        if (connection.pending === 0) end(socket, connection);
      }
      if (connections.size === 0) cut();
      const timer = setTimeout(cut, limit);
      await closed;
      clearTimeout(timer);
      // Now that nothing is left that it could cut: ends Node's own watch over the time limits.
      server.close();
    },
  };
}
