import { connect, type Socket } from 'node:net';
import { type PlainHead, readPlainHead } from './plain-answer.ts';

/** A server that can be asked without more than HTTP/1.1 itself: no TLS, no proxy. Plain data, which can go to another thread. */
export interface PlainRoute {
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  /** The header fields of every request, each line ended. */
  readonly fields: string;
  /** Milliseconds of silence that are allowed. */
  readonly timeout: number;
}

/** Small files over one connection that is kept as long as the server keeps it. */
export interface PlainConnection {
  /**
   * Asks for one file, when no other is asked for. `settle` is called once, never before this returns: with the body, which is `size` bytes long and
   * whose buffer is used again afterwards; or with undefined when anything else than such an answer came, or none at all.
   * @param target path and query, as they stand in a URL.
   */
  ask(target: string, size: number, settle: (body: Buffer | undefined) => void): void;
  close(): void;
}

/** What is read at once, in bytes. */
const READ_SIZE = 64 * 1024;
/** How long one answer may take, in milliseconds, however much of it is coming: it is of a small file. */
const LONGEST_ANSWER = 60_000;

/**
 * Asks for one file at a time. Whatever is not an answer of the plainest kind that is as long as it should be ends the connection, so that no answer is
 * ever taken for another one: what came after it, or is still to come, is not read. Nothing is told of why: whoever wants the
 * file asks for it by `Fetcher`, which knows redirects, retries and what to say.
 */
export function createPlainConnection(route: PlainRoute): PlainConnection {
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  let socket: Socket | undefined;
  /** Whether an answer came over the connection that is open now. */
  let proven = false;
  let asked: { readonly target: string; readonly size: number; readonly settle: (body: Buffer | undefined) => void } | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let head: PlainHead | undefined;
  /** What came of the answer so far, where it did not come in one piece: of the head, then of the body. */
  let held: Buffer | undefined;
  let heldBytes = 0;

  const drop = (): void => {
    const dropped = socket;
    socket = undefined;
    dropped?.destroy();
  };
  const settle = (body: Buffer | undefined): void => {
    const current = asked;
    asked = undefined;
    head = undefined;
    held = undefined;
    heldBytes = 0;
    if (body === undefined) drop();
    current?.settle(body);
  };

  const readHead = (piece: Buffer, size: number): void => {
    const bytes = held === undefined ? piece : Buffer.concat([held, piece]);
    const found = readPlainHead(bytes);
    if (found === 'incomplete') {
      // A copy: the next piece comes in the same buffer.
      held = held === undefined ? Buffer.from(bytes) : bytes;
      return;
    }
    if (found === 'other' || found.length !== size) {
      settle(undefined);
      return;
    }
    head = found;
    held = undefined;
    readBody(bytes.subarray(found.end), size, found);
  };
  const readBody = (piece: Buffer, size: number, { keepsConnection }: PlainHead): void => {
    // More than was said: what follows on this connection belongs to nothing that was asked for.
    const excess = heldBytes + piece.length > size;
    if (!excess && heldBytes + piece.length < size) {
      held ??= Buffer.allocUnsafeSlow(size);
      heldBytes += piece.copy(held, heldBytes);
      return;
    }
    if (!keepsConnection || excess) drop();
    proven = true;
    if (excess || held === undefined) settle(excess ? undefined : piece);
    else {
      piece.copy(held, heldBytes);
      settle(held);
    }
  };
  const receive = (length: number): void => {
    const piece = buffer.subarray(0, length);
    if (asked === undefined) drop();
    else if (head === undefined) readHead(piece, asked.size);
    else readBody(piece, asked.size, head);
  };

  const open = (): Socket => {
    const opened = connect({
      host: route.host,
      port: route.port,
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          if (socket === opened) receive(length);
          return true;
        },
      },
    });
    const ended = (): void => {
      if (socket !== opened) return;
      const silent = head === undefined && held === undefined;
      drop();
      const current = asked;
      if (current === undefined) return;
      // A connection that was kept may have been closed before the server saw the request: that says nothing about the server.
      if (proven && silent) send(current.target);
      else settle(undefined);
    };
    opened.setTimeout(route.timeout, () => {
      if (socket !== opened) return;
      drop();
      if (asked !== undefined) settle(undefined);
    });
    opened.on('error', ended);
    opened.on('end', ended);
    opened.on('close', ended);
    socket = opened;
    proven = false;
    return opened;
  };
  const send = (target: string): void => {
    (socket ?? open()).write(`GET ${target} HTTP/1.1\r\n${route.fields}\r\n`, 'latin1');
  };
  const late = (): void => {
    if (asked !== undefined) settle(undefined);
  };

  return {
    ask(target, size, tell) {
      asked = { target, size, settle: tell };
      if (deadline === undefined) {
        deadline = setTimeout(late, LONGEST_ANSWER);
        deadline.unref();
      } else deadline.refresh();
      send(target);
    },
    close() {
      clearTimeout(deadline);
      asked = undefined;
      drop();
    },
  };
}
