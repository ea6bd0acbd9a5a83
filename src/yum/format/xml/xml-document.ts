import { isUtf8 } from 'node:buffer';
import { MirrorError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { MetadataDocument } from '../repodata/further-metadata.ts';
import { BYTE_CLASS, SPACE } from './xml-bytes.ts';
import { endOfProlog, withoutAsides } from './xml-prolog.ts';
import { END_OF_INPUT, END_TAG, START_TAG, XmlScanner } from './xml-scanner.ts';
import { decodeXml } from './xml-text.ts';

/** Elements directly inside the root. Advisories of a distribution are some ten thousands. */
const MOST_ELEMENTS = 200_000;

/** Where an element stands, from its `<` to after its last `>`. */
export interface XmlRegion {
  /** Without prefix. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** An element with what is inside. */
export interface XmlNode extends XmlRegion {
  /** After the start tag; for an empty element its end. */
  readonly contentStart: number;
  /** Where the end tag begins; for an empty element its end. */
  readonly contentEnd: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
}

/** A document of comps or updateinfo, of which regions are kept as they are. */
export interface XmlDocument {
  /** As the upstream has it. */
  readonly bytes: Buffer;
  readonly what: string;
  /** The attributes of the root element, as they are written. */
  readonly rootAttributes: ReadonlyMap<string, string>;
  /** The elements directly inside the root. */
  readonly elements: readonly XmlRegion[];
  /** The element of a region, with all that is inside. METADATA_INVALID when it is over 16 MiB long. */
  read(region: XmlRegion): XmlNode;
  /** The character data of an element that has no others inside, trimmed. */
  text(node: XmlNode): string;
}

/**
 * Reads a document whose root element has this name. Comments, instructions and CDATA are tolerated, and a document type that declares
 * nothing; what a document type names is never fetched. METADATA_INVALID when the document is malformed, not in UTF-8, declares entities, or has over
 * 200,000 elements directly inside its root.
 */
export function readXmlDocument({ bytes, what }: MetadataDocument, root: string): XmlDocument {
  const refuse = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} is not a valid ${root} document: ${why}`);
  if (!isUtf8(bytes)) throw refuse('it is not in UTF-8');
  const start = endOfProlog(bytes, refuse);
  const plain = withoutAsides(bytes, start, refuse);
  const scanner = new XmlScanner();
  scanner.reset(plain, start, plain.length, what);
  if (scanner.next() !== START_TAG || scanner.localName() !== root) throw refuse(`its root element is not <${root}>`);
  const rootAttributes = new Map<string, string>();
  for (let index = 0; index < scanner.attributeCount; index++) {
    rootAttributes.set(scanner.attributeName(index), plain.toString('utf8', scanner.valueStart(index), scanner.valueEnd(index)));
  }
  const elements: XmlRegion[] = [];
  let open: Omit<XmlRegion, 'end'> | undefined;
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === START_TAG) {
      const level = scanner.empty ? scanner.depth : scanner.depth - 1;
      if (level === 0) throw refuse('something follows its root element');
      if (level !== 1) continue;
      if (elements.length === MOST_ELEMENTS) throw refuse(`it has over ${MOST_ELEMENTS} elements`);
      open = { name: scanner.localName(), start: scanner.nameStart - 1 };
      if (scanner.empty) elements.push({ ...open, end: scanner.position });
    } else if (token === END_TAG && scanner.depth === 1 && open !== undefined) {
      elements.push({ ...open, end: scanner.position });
    }
  }
  return {
    bytes,
    what,
    rootAttributes,
    elements,
    read(region) {
      const length = region.end - region.start;
      if (length > LIMITS.record)
        throw refuse(`its <${region.name}> at byte ${region.start} is ${length} bytes long, more than ${LIMITS.record}`);
      scanner.reset(plain, region.start, region.end, what);
      scanner.next();
      return readNode(scanner);
    },
    text: (node) => decodeXml(plain, node.contentStart, node.contentEnd).trim(),
  };
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();
const NO_CHILDREN: readonly XmlNode[] = [];

/** The element whose start tag the scanner has just read. Nesting is bounded by the scanner. */
function readNode(scanner: XmlScanner): XmlNode {
  const name = scanner.localName();
  const start = scanner.nameStart - 1;
  const contentStart = scanner.position;
  const attributes = scanner.attributeCount === 0 ? NO_ATTRIBUTES : attributesOf(scanner);
  if (scanner.empty) {
    return { name, start, end: contentStart, contentStart, contentEnd: contentStart, attributes, children: NO_CHILDREN };
  }
  const children: XmlNode[] = [];
  for (let token = scanner.next(); token !== END_TAG && token !== END_OF_INPUT; token = scanner.next()) {
    if (token === START_TAG) children.push(readNode(scanner));
  }
  return { name, start, end: scanner.position, contentStart, contentEnd: scanner.nameStart - 2, attributes, children };
}

function attributesOf(scanner: XmlScanner): Map<string, string> {
  const attributes = new Map<string, string>();
  for (let index = 0; index < scanner.attributeCount; index++) {
    attributes.set(scanner.attributeName(index), decodeXml(scanner.bytes, scanner.valueStart(index), scanner.valueEnd(index)));
  }
  return attributes;
}

/** The first child of this name. */
export function childNamed(node: XmlNode, name: string): XmlNode | undefined {
  return node.children.find((child) => child.name === name);
}

/** Bytes of a region that are left out, or that others take the place of. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement?: readonly Buffer[];
}

/** Leaves an element out, with the white space before it. */
export function leaveOut({ bytes }: XmlDocument, { start, end }: XmlRegion): Edit {
  let from = start;
  while (from > 0 && (BYTE_CLASS[bytes[from - 1] as number] as number) & SPACE) from--;
  return { start: from, end };
}

/** Puts bytes in at a place. */
export function insertAt(at: number, replacement: readonly Buffer[]): Edit {
  return { start: at, end: at, replacement };
}

/** A region's bytes with the edits, which do not overlap, made: views of the document where nothing else stands. */
export function edited({ bytes }: XmlDocument, { start, end }: Pick<XmlRegion, 'start' | 'end'>, edits: readonly Edit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = start;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start > at) pieces.push(bytes.subarray(at, edit.start));
    for (const piece of edit.replacement ?? []) pieces.push(piece);
    at = edit.end;
  }
  pieces.push(bytes.subarray(at, end));
  return pieces;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/**
 * A document of these elements. The root element has the attributes of the roots of all documents that it was made of, as they may declare
 * prefixes. Where these are all elements of one document, as they are, that document itself.
 */
export function writeXmlDocument(
  root: string,
  documents: readonly XmlDocument[],
  { doctype = '', elements }: { readonly doctype?: string; readonly elements: readonly (readonly Buffer[])[] },
): Buffer {
  const [only, ...others] = documents;
  const isWhole = others.length === 0 && elements.length === only?.elements.length && elements.every((pieces) => pieces.length === 1);
  if (only !== undefined && isWhole) return only.bytes;
  const attributes = new Map(documents.flatMap((document) => [...document.rootAttributes]));
  const written = [...attributes].map(([name, value]) => ` ${name}="${value.replaceAll('"', '&quot;')}"`).join('');
  const pieces: Buffer[] = [Buffer.from(`${DECLARATION}${doctype}<${root}${written}>\n`)];
  const newline = Buffer.from('\n');
  for (const element of elements) {
    pieces.push(Buffer.from('  '));
    for (const piece of element) pieces.push(piece);
    pieces.push(newline);
  }
  pieces.push(Buffer.from(`</${root}>\n`));
  return Buffer.concat(pieces);
}
