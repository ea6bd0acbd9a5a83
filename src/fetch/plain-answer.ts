/** The head of an answer that is of the plain kind. */
export interface PlainHead {
  /** Bytes of the body that follows. */
  readonly length: number;
  /** Whether the connection can be used again after the body. */
  readonly keepsConnection: boolean;
  /** Where the body begins in the bytes. */
  readonly end: number;
}

/** Longer heads are not read. */
const MAX_HEAD = 16 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
/** Bytes that neither a field nor a status line has: CR, LF and NUL beside the line ends, and other control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/;
const STATUS_LINE = /^HTTP\/1\.1 200(?: |$)/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads the head of an answer to a GET (RFC 9112), as far as it is of the plainest kind: HTTP/1.1, status 200, one Content-Length that says
 * where the body ends, no Transfer-Encoding and no Content-Encoding. `incomplete` where more bytes are needed; `other` for everything else, be it
 * allowed or not: then nothing is known of where the answer ends, and the connection cannot be used any further.
 */
export function readPlainHead(bytes: Buffer): PlainHead | 'incomplete' | 'other' {
  const found = bytes.indexOf(HEAD_END);
  if (found === -1) return bytes.length > MAX_HEAD ? 'other' : 'incomplete';
  if (found > MAX_HEAD) return 'other';
  const [statusLine = '', ...fields] = bytes.toString('latin1', 0, found).split('\r\n');
  if (!STATUS_LINE.test(statusLine) || CONTROLS.test(statusLine)) return 'other';
  let length: number | undefined;
  let keepsConnection = true;
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon);
    if (colon === -1 || !FIELD_NAME.test(name) || CONTROLS.test(field)) return 'other';
    switch (name.toLowerCase()) {
      case 'content-length': {
        const value = field.slice(colon + 1).trim();
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return 'other';
        length = Number(value);
        break;
      }
      case 'transfer-encoding':
      case 'content-encoding':
      case 'content-range':
      case 'upgrade':
        return 'other';
      case 'connection':
        if (!/^\s*keep-alive\s*$/i.test(field.slice(colon + 1))) keepsConnection = false;
        break;
    }
  }
  return length === undefined ? 'other' : { length, keepsConnection, end: found + HEAD_END.length };
}
