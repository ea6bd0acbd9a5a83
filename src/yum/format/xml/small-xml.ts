import { isUtf8 } from 'node:buffer';
import { XMLParser } from 'fast-xml-parser';
import { MirrorError, reasonOf } from '../../../core/errors.ts';
import { EQUALS, LESS } from './xml-bytes.ts';
import { isXmlCharacter } from './xml-text.ts';

/** An element of a small document. Names are without prefix. */
export interface XmlElement {
  readonly name: string;
  /** Names without prefix, except `xml:`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All character data directly inside, trimmed. */
  readonly text: string;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** In bytes: the parser takes some fifty for each. */
const MAX_SIZE = 8 * 1024 * 1024;
const MAX_NODES = 200_000;
const MAX_DEPTH = 32;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/**
 * The root element of a small XML document such as repomd.xml. METADATA_INVALID when it is malformed, not UTF-8, or has a document type,
 * which is refused before anything is parsed; entities other than XML's own five and character references are refused too.
 * @param what names the document in errors.
 */
export function parseSmallXml(bytes: Buffer, what: string): XmlElement {
  const invalid = (why: string, cause?: unknown): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what} is not valid XML: ${why}`, { cause });
  if (bytes.length > MAX_SIZE) throw invalid(`it has ${bytes.length} bytes, more than ${MAX_SIZE}`);
  // Before anything is made of them.
  if (countOf(bytes, LESS) > 2 * MAX_NODES || countOf(bytes, EQUALS) > MAX_NODES)
    throw invalid(`it has more than ${MAX_NODES} elements or attributes`);
  if (!isUtf8(bytes)) throw invalid('it is not in UTF-8');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) throw invalid('it has a document type or an entity, which is refused');
  if (!text.trimStart().startsWith('<')) throw invalid('it does not begin with an element');
  let nodes: unknown;
  try {
    nodes = parser.parse(text, true);
  } catch (error) {
    throw invalid(reasonOf(error), error);
  }
  const counter = { left: MAX_NODES };
  const roots = elementsOf(nodes, { invalid, counter, depth: 0 });
  const [root] = roots;
  if (root === undefined || roots.length !== 1) throw invalid('it has no root element, or several');
  return root;
}

function countOf(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** The first child of this name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

interface Walk {
  readonly invalid: (why: string) => MirrorError;
  readonly counter: { left: number };
  readonly depth: number;
}

function elementsOf(nodes: unknown, walk: Walk): XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  if (walk.depth > MAX_DEPTH) throw walk.invalid(`elements are nested more than ${MAX_DEPTH} deep`);
  const elements: XmlElement[] = [];
  for (const node of nodes as Record<string, unknown>[]) {
    if (--walk.counter.left < 0) throw walk.invalid(`it has more than ${MAX_NODES} elements`);
    const name = Object.keys(node).find((key) => key !== ':@');
    if (name === undefined || name.startsWith('#') || name.startsWith('?')) continue;
    elements.push(elementOf(name, node, walk));
  }
  return elements;
}

function elementOf(name: string, node: Record<string, unknown>, walk: Walk): XmlElement {
  const content = node[name];
  const attributes = new Map<string, string>();
  for (const [key, value] of Object.entries((node[':@'] ?? {}) as Record<string, unknown>)) {
    if (typeof value === 'string') attributes.set(key.startsWith('xml:') ? key : local(key), resolved(value, walk));
  }
  const text = Array.isArray(content)
    ? content.map((child: Record<string, unknown>) => (typeof child['#text'] === 'string' ? child['#text'] : '')).join('')
    : '';
  return {
    name: local(name),
    attributes,
    children: elementsOf(content, { ...walk, depth: walk.depth + 1 }),
    text: resolved(text, walk).trim(),
  };
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function resolved(text: string, walk: Walk): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,8}|#[0-9]{1,8}|[A-Za-z]+)?;?/g, (whole, body: string | undefined) => {
    if (body === undefined || !whole.endsWith(';')) throw walk.invalid('"&" that begins no reference');
    const named = Object.hasOwn(NAMED, body) ? NAMED[body] : undefined;
    if (named !== undefined) return named;
    const codePoint = body.startsWith('#x') ? Number.parseInt(body.slice(2), 16) : Number.parseInt(body.slice(1), 10);
    if (!body.startsWith('#') || !isXmlCharacter(codePoint))
      throw walk.invalid('a reference to an entity or character that is not allowed');
    return String.fromCodePoint(codePoint);
  });
}
