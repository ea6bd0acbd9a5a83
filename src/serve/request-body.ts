import type { IncomingMessage } from 'node:http';
import { ClientGone } from './file-content.ts';
import type { Exchange } from './responses.ts';

/** A body that nobody wants is read this far, so that the client sees the answer and the connection can go on; then it is cut. In bytes. */
const MAX_DISCARDED = 16 * 1024 * 1024;

/** Whether a body comes with the request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Whether the client waits to be told that it may send its body (RFC 9110 section 10.1.1). */
function awaitsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

/** The body of a request, read no faster than it is taken; the client is told to send it where it waits for that. Throws ClientGone where it is cut short. */
export async function* readBody({ request, response }: Exchange): AsyncGenerator<Buffer> {
  if (!hasBody(request)) return;
  if (awaitsContinue(request)) response.writeContinue();
  try {
    // Leaving the loop must not end the connection: an answer is to be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (request.destroyed && !request.complete) throw new ClientGone('the client closed the connection within the body of its request');
    throw error;
  }
}

/** A whole body in memory; undefined where it is larger than `limit` bytes. Throws ClientGone. */
export async function readWholeBody(exchange: Exchange, limit: number): Promise<Buffer | undefined> {
  if (Number(exchange.request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readBody(exchange)) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

/**
 * Called before a request is answered whose body may not have been read to its end: what is left is passed over within limits, and the connection ends
 * where it cannot go on.
 */
export function discardBody({ request, response }: Exchange): void {
  if (!hasBody(request) || request.readableEnded || response.headersSent) return;
  const untold = awaitsContinue(request) && request.readableDidRead === false;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (untold || announced > MAX_DISCARDED) response.setHeader('Connection', 'close');
  if (untold) return;
  let left = MAX_DISCARDED;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
  });
}
