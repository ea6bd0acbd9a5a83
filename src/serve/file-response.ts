import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ByteRange } from '../store/blobs.ts';
import type { Permanence, TreeEntry } from '../store/generations.ts';
import { evaluateConditions, rangeApplies, type Validators } from './conditions.ts';
import { contentType } from './content-types.ts';
import type { FileContent, FileOpener } from './file-content.ts';
import { formatHttpDate } from './http-date.ts';
import { selectRanges } from './ranges.ts';
import { ALWAYS, type Exchange, sendText } from './responses.ts';

const CACHE_CONTROL: Readonly<Record<Permanence, string>> = {
  fixed: 'public, max-age=31536000, immutable',
  current: 'no-cache',
};

/** Some bytes of a known size, as they are told to a client. */
export interface Content {
  readonly validators: Validators;
  /** In bytes. */
  readonly size: number;
  readonly type: string;
  readonly headers: OutgoingHttpHeaders;
  /** See `selectRanges`. */
  readonly backwardsRange?: 'malformed' | 'unsatisfiable' | undefined;
  /** Undefined where the bytes are not there as they should be. */
  open(): Promise<FileContent | undefined>;
  /** Answers 412 or 416. */
  refuse(status: 412 | 416, message: string, headers: OutgoingHttpHeaders): void;
}

/**
 * Answers a GET or HEAD for a published file: conditions, single and multiple ranges (RFC 9110), never any content encoding.
 * Gives `missing`, with nothing sent, where the pool does not have the file as it should be.
 */
export function sendFile(exchange: Exchange, entry: TreeEntry, open: FileOpener): Promise<'answered' | 'missing'> {
  return sendContent(exchange, {
    validators: { etag: `"${entry.blob.sha256}"`, modified: entry.modified },
    size: entry.blob.size,
    type: contentType(entry.path.slice(entry.path.lastIndexOf('/') + 1)),
    headers: { 'Cache-Control': CACHE_CONTROL[entry.permanence] },
    open: () => open(entry),
    refuse: (status, message, headers) => sendText(exchange, status, message, headers),
  });
}

/** The same for any bytes of a known size. */
export async function sendContent(exchange: Exchange, content: Content): Promise<'answered' | 'missing'> {
  const { request, response } = exchange;
  const { validators, size, type } = content;
  const headers: OutgoingHttpHeaders = {
    ETag: validators.etag,
    'Last-Modified': formatHttpDate(validators.modified),
    'Accept-Ranges': 'bytes',
    ...content.headers,
  };

  const precondition = evaluateConditions(request.headers, validators);
  if (precondition === 'not-modified') {
    response.writeHead(304, { ...ALWAYS, ...headers }).end();
    return 'answered';
  }
  if (precondition === 'failed') {
    content.refuse(412, 'The file is not the one that the request is about.', headers);
    return 'answered';
  }

  const follow = request.method === 'GET' && rangeApplies(request.headers['if-range']?.toString(), validators);
  const selection = selectRanges(follow ? request.headers.range : undefined, size, content.backwardsRange);
  if (selection.kind === 'unsatisfiable') {
    content.refuse(416, `The file has ${size} bytes.`, { ...headers, 'Content-Range': `bytes */${size}` });
    return 'answered';
  }
  const opened = await content.open();
  if (opened === undefined) return 'missing';

  const parts = selection.kind === 'parts' ? selection.parts : [{ start: 0, end: size - 1 }];
  const [only] = parts;
  const body = parts.length > 1 || only === undefined ? multipart(parts, size, type) : single(only, type);
  if (selection.kind === 'parts' && only !== undefined && parts.length === 1) headers['Content-Range'] = contentRange(only, size);
  response.writeHead(selection.kind === 'parts' ? 206 : 200, { ...ALWAYS, ...headers, ...body.headers });
  if (request.method === 'GET') await body.write(response, opened);
  response.end();
  return 'answered';
}

interface Body {
  readonly headers: OutgoingHttpHeaders;
  write(response: ServerResponse, content: FileContent): Promise<void>;
}

function single(range: ByteRange, type: string): Body {
  const length = range.end - range.start + 1;
  return {
    headers: { 'Content-Type': type, 'Content-Length': length },
    async write(response, content) {
      if (length > 0) await content.write(response, range);
    },
  };
}

/** multipart/byteranges, RFC 9110 section 14.6. */
function multipart(ranges: readonly ByteRange[], size: number, type: string): Body {
  const boundary = randomBytes(12).toString('hex');
  const parts = ranges.map((range) => ({
    range,
    head: `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
  }));
  const close = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((total, { range, head }) => total + head.length + range.end - range.start + 1, close.length);
  return {
    headers: { 'Content-Type': `multipart/byteranges; boundary=${boundary}`, 'Content-Length': length },
    async write(response, content) {
      for (const { range, head } of parts) {
        response.write(head, 'latin1');
        await content.write(response, range);
      }
      response.write(close, 'latin1');
    },
  };
}

function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`;
}
