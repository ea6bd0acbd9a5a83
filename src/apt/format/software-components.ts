import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexRecord } from './index-record.ts';

/** How much of a stream is gathered before it is cut into documents, in bytes. */
const BLOCK = 1024 * 1024;
/** A line that begins with this begins a document of YAML, whatever is before it. */
const MARK = Buffer.from('\n---');
const NEWLINE = 0x0a;
const SPACE = 0x20;
const RETURN = 0x0d;

const PACKAGE = /^Package: *(["']?)([A-Za-z0-9][A-Za-z0-9+.-]*)\1 *\r?$/m;
const HEAD = /^File: *(["']?)DEP-11\1 *\r?$/m;

/**
 * The documents of an index of software components (DEP-11, dep11/Components-*.yml), in batches, byte for byte. The first says what the index
 * is and has no key; the others have that of their package. METADATA_INVALID for a document that is neither, or is over LIMITS.record
 * bytes long.
 * @param what names the index in errors.
 */
export async function* readSoftwareComponents(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<readonly IndexRecord[]> {
  let rest = Buffer.alloc(0);
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < BLOCK + rest.length) continue;
    const { documents, tail } = cut(Buffer.concat(gathered, size));
    if (tail.length > LIMITS.record) throw invalid(what, `has a document of over ${LIMITS.record} bytes`);
    yield documents.flatMap((document) => recordOf(document, what));
    rest = Buffer.from(tail);
    gathered = [rest];
    size = rest.length;
  }
  const { documents, tail } = cut(Buffer.concat(gathered, size));
  const last = tail.length === 0 || tail[tail.length - 1] === NEWLINE ? tail : Buffer.concat([tail, Buffer.from('\n')]);
  yield [...documents, last].flatMap((document) => recordOf(document, what));
}

/** The whole documents of a text, each from its mark on, and what follows the beginning of the last. */
function cut(text: Buffer): { readonly documents: readonly Buffer[]; readonly tail: Buffer } {
  const documents: Buffer[] = [];
  let start = 0;
  for (let found = text.indexOf(MARK); found !== -1; found = text.indexOf(MARK, found + 1)) {
    const after = text[found + MARK.length];
    // The mark may be cut off: then what follows is not known yet.
    if (after === undefined) break;
    if (after !== NEWLINE && after !== SPACE && after !== RETURN) continue;
    documents.push(text.subarray(start, found + 1));
    start = found + 1;
  }
  return { documents, tail: text.subarray(start) };
}

function recordOf(document: Buffer, what: string): IndexRecord[] {
  const text = document.toString('latin1');
  const [, , key] = PACKAGE.exec(text) ?? [];
  if (key !== undefined) return [{ key, bytes: document }];
  if (HEAD.test(text)) return [{ key: undefined, bytes: document }];
  if (/^(?:---)?\s*(?:\.\.\.)?$/.test(text.trim())) return [];
  throw invalid(what, `has a document that names no package: ${JSON.stringify(text.slice(0, 100))}`);
}

function invalid(what: string, why: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} ${why}`);
}
