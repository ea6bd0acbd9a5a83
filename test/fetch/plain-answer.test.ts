import { describe, expect, it } from 'vitest';
import { readPlainHead } from '../../src/fetch/plain-answer.ts';

const read = (text: string) => readPlainHead(Buffer.from(text, 'latin1'));
const head = (...fields: readonly string[]) => `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

describe('fetch/plain-answer', () => {
  it('reads a head, and where the body begins', () => {
    const text = head(
      'Server: nginx/1.22.1',
      'Content-Type: application/x-rpm',
      'Content-Length: 5',
      'ETag: "1-2"',
      'Accept-Ranges: bytes',
    );
    expect(read(`${text}abcde`)).toEqual({ length: 5, keepsConnection: true, end: text.length });
    expect(read('HTTP/1.1 200\r\ncontent-length:0 \r\nX-Empty:\r\n\r\n')).toMatchObject({ length: 0, keepsConnection: true });
  });

  it.each([
    ['Connection: keep-alive', true],
    ['connection: Keep-Alive', true],
    ['Connection: close', false],
    ['Connection: keep-alive, close', false],
    ['Connection: something', false],
  ])('keeps the connection after "%s": %s', (field, keepsConnection) => {
    expect(read(head('Content-Length: 1', field))).toMatchObject({ keepsConnection });
  });

  it('waits for the whole head, but not for ever', () => {
    const text = head('Content-Length: 5');
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length))).toBe('incomplete');
    expect(read(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(17_000)}`)).toBe('other');
    expect(read(head('Content-Length: 5', `X: ${'y'.repeat(17_000)}`))).toBe('other');
  });

  it.each([
    ['no length', head()],
    ['a length twice', head('Content-Length: 5', 'Content-Length: 5')],
    ['two lengths in one', head('Content-Length: 5, 5')],
    ['a length with a sign', head('Content-Length: +5')],
    ['a length that is no number', head('Content-Length: 0x5')],
    ['a length that no number holds', head('Content-Length: 5555555555555555')],
    ['chunks', head('Transfer-Encoding: chunked')],
    ['chunks and a length', head('Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['a packed body', head('Content-Length: 5', 'Content-Encoding: gzip')],
    ['a part of a file', head('Content-Length: 5', 'Content-Range: bytes 0-4/10')],
    ['another protocol', head('Content-Length: 5', 'Upgrade: h2c')],
    ['a field on two lines', head('Content-Length: 5', 'X: a', ' Content-Length: 7')],
    ['a blank before the colon', head('Content-Length : 5')],
    ['a line without a colon', head('Content-Length: 5', 'what')],
    ['a line feed alone', head('Content-Length: 5\nX: y')],
    ['a carriage return alone', head('Content-Length: 5\rX: y')],
    ['NUL', head('Content-Length: 5', 'X: a\0b')],
    ['a control character in the status line', 'HTTP/1.1 200 O\nK\r\nContent-Length: 5\r\n\r\n'],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['early hints', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['a part', 'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n\r\n'],
    ['nothing new', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['a missing file', 'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['another status that begins so', 'HTTP/1.1 2000\r\nContent-Length: 5\r\n\r\n'],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a body where a head should be', '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  ])('leaves %s to others', (_, text) => {
    expect(read(text)).toBe('other');
  });
});
