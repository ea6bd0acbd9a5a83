import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** One request and where its answer goes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** On every answer: what is served is what it says it is, and is never run as something else. */
export const ALWAYS: OutgoingHttpHeaders = { 'X-Content-Type-Options': 'nosniff' };

/** Answers with a short text. The connection stays open: apt asks for files that need not be there, ten at a time. */
export function sendText(exchange: Exchange, status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
  sendBytes(exchange, status, Buffer.from(`${text}\n`), { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
}

/** Answers with a whole body from memory; with its headers alone where the request is a HEAD. */
export function sendBytes({ request, response }: Exchange, status: number, body: Buffer, headers: OutgoingHttpHeaders): void {
  response.writeHead(status, { ...ALWAYS, 'Content-Length': body.length, ...headers });
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}
