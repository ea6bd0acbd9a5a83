import { MirrorError } from '../../../core/errors.ts';
import { APOSTROPHE, findTag, GREATER, QUOTE } from '../xml/xml-bytes.ts';
import { escapeAttribute } from '../xml/xml-text.ts';
import { documentFoot, documentHead } from './document-frame.ts';
import type { DocumentRoot } from './package-documents.ts';

const LOCATION = Buffer.from('<location');
const LOCATION_END = Buffer.from('</location');
/** Bytes that are given on at once. */
const PIECE = 256 * 1024;

/**
 * A primary, filelists or other document, in pieces, from elements that were checked when they were taken in.
 * Each declares the prefix that the elements were given (`withUsualPrefixes`). A piece is good until the next is asked for.
 * @param count of the elements, which clients check.
 */
export function* packageDocument(root: DocumentRoot, count: number, elements: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  const piece = Buffer.allocUnsafe(PIECE);
  let size = piece.write(documentHead(root, count));
  for (const element of elements) {
    if (size + element.length + 1 > PIECE) {
      yield piece.subarray(0, size);
      size = 0;
    }
    if (element.length < PIECE) size += element.copy(piece, size);
    else yield element;
    size += piece.write('\n', size);
  }
  const end = Buffer.from(documentFoot(root));
  yield Buffer.concat([piece.subarray(0, size), end]);
}

/** The element of primary with its location replaced by a path; everything else stays byte for byte. The href is not percent-encoded. */
export function withLocation(element: Buffer, path: string): Buffer {
  const start = findTag(element, LOCATION, 0);
  if (start === -1) throw new MirrorError('BLOB_CORRUPT', `the stored record of the package at ${path} has no location`);
  let end = start + LOCATION.length;
  for (let quote = 0; end < element.length; end++) {
    const byte = element[end];
    if (quote !== 0) quote = byte === quote ? 0 : quote;
    else if (byte === QUOTE || byte === APOSTROPHE) quote = byte;
    else if (byte === GREATER) break;
  }
  const after = locationEnd(element, end + 1);
  const location = `<location href="${escapeAttribute(path)}"/>`;
  if (element.toString('latin1', start, after) === location) return element;
  return Buffer.concat([element.subarray(0, start), Buffer.from(location), element.subarray(after)]);
}

/** A location is empty; some generators write it as two tags. */
function locationEnd(element: Buffer, after: number): number {
  if (element.toString('latin1', after - 2, after) === '/>') return after;
  const end = findTag(element, LOCATION_END, after);
  return end === -1 ? after : element.indexOf(GREATER, end) + 1;
}
