import { once } from 'node:events';
import { connect } from 'node:net';

/** One answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Sends bytes over one connection, then reads answers until the server closes it or `count` have come. */
export async function exchange(url: string, bytes: string, count: number): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  const heads = bytes.split('\r\n\r\n').map((request) => request.startsWith('HEAD '));
  let received = Buffer.alloc(0);
  const answers: RawAnswer[] = [];
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const parsed = parseAnswer(received, heads[answers.length] ?? false);
        if (parsed === undefined) break;
        answers.push(parsed.answer);
        received = received.subarray(parsed.length);
      }
      if (answers.length >= count) break;
    }
  } finally {
    socket.destroy();
  }
  return answers;
}

/** A GET as written on the wire, with any further header lines. */
export function get(target: string, ...headers: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: test', ...headers, '', ''].join('\r\n');
}

function parseAnswer(bytes: Buffer, head: boolean): { readonly answer: RawAnswer; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const size = head || status === 304 ? 0 : Number(headers.get('content-length') ?? 0);
  const from = end + 4;
  if (bytes.length < from + size) return undefined;
  return { answer: { status, headers, body: Buffer.from(bytes.subarray(from, from + size)) }, length: from + size };
}
