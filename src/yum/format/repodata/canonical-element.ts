import { isAscii, isUtf8 } from 'node:buffer';
import { isTagAt } from '../xml/xml-bytes.ts';
import { END_OF_INPUT, END_TAG, START_TAG, TEXT, XmlScanner } from '../xml/xml-scanner.ts';
import { escapeAttribute, escapeText } from '../xml/xml-text.ts';
import { declarations, type Namespaces, RPM_NAMESPACE } from './namespaces.ts';
import type { RawElement } from './package-elements.ts';

const PACKAGE_TAG = Buffer.from('<package');

const MARKUP_DECLARATION = Buffer.from('<!');
const INSTRUCTION = Buffer.from('<?');
/** What may stand between tags beside text. */
const ODDITIES: readonly { readonly opening: string; readonly closing: string; readonly isText: boolean }[] = [
  { opening: '<!--', closing: '-->', isText: false },
  { opening: '<![CDATA[', closing: ']]>', isText: true },
  { opening: '<?', closing: '?>', isText: false },
];
const NONCHARACTERS = [Buffer.from([0xef, 0xbf, 0xbe]), Buffer.from([0xef, 0xbf, 0xbf])];

/**
 * Checks one element as far as a scan of its tags does not: its encoding; comments and processing instructions are dropped and CDATA
 * becomes text. Elements of a document with unusual namespaces are rewritten to the usual prefixes. Scan what comes back: only that
 * shows whether it is well-formed, and whether it uses prefixes of its own (`foreign`): `withUsualPrefixes` takes these.
 * METADATA_INVALID when it cannot be right.
 */
export function prepareElement(element: RawElement, scanner: XmlScanner, what: string): Buffer {
  let { bytes } = element;
  if (!isAscii(bytes)) {
    scanner.reset(bytes, 0, bytes.length, what);
    if (!isUtf8(bytes)) throw scanner.malformed('it is not UTF-8');
    if (NONCHARACTERS.some((sequence) => bytes.includes(sequence))) throw scanner.malformed('a character that XML does not have');
  }
  if (bytes.includes(MARKUP_DECLARATION) || bytes.includes(INSTRUCTION)) bytes = withoutOddities(bytes, scanner, what);
  return element.namespaces.usual ? bytes : withUsualPrefixes(bytes, element.namespaces, what);
}

/**
 * Checks an element of filelists or other whole, and gives it with the usual prefixes and nothing but tags and text, so that it can
 * stand in a document that we make.
 */
export function checkElement(element: RawElement, scanner: XmlScanner, what: string): Buffer {
  const bytes = prepareElement(element, scanner, what);
  scanner.reset(bytes, 0, bytes.length, what);
  let roots = 0;
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === START_TAG && scanner.depth === (scanner.empty ? 0 : 1)) roots++;
  }
  if (roots !== 1) throw scanner.malformed('it is not one element');
  const result = scanner.foreign && element.namespaces.usual ? withUsualPrefixes(bytes, element.namespaces, what) : bytes;
  if (!isPackageElement(result)) throw scanner.malformed("its name is not of the document's own namespace");
  return result;
}

/** Whether an element with the usual prefixes is a `package` of the document's own namespace. */
export function isPackageElement(bytes: Buffer): boolean {
  return isTagAt(bytes, 0, PACKAGE_TAG);
}

function withoutOddities(bytes: Buffer, scanner: XmlScanner, what: string): Buffer {
  // One character for each byte: lengths and offsets stay those of the bytes.
  const text = bytes.toString('latin1');
  const beginning = /<[!?]/g;
  const parts: string[] = [];
  let copied = 0;
  scanner.reset(bytes, 0, bytes.length, what);
  for (let found = beginning.exec(text); found !== null; found = beginning.exec(text)) {
    const kind = ODDITIES.find(({ opening }) => text.startsWith(opening, found.index));
    if (kind === undefined) throw scanner.malformed('it has a document type or another declaration, which is refused');
    const start = found.index + kind.opening.length;
    const end = text.indexOf(kind.closing, start);
    if (end === -1) throw scanner.malformed(`it has a ${kind.opening} that is not ended`);
    parts.push(text.slice(copied, found.index), kind.isText ? escapeText(text.slice(start, end)) : '');
    copied = end + kind.closing.length;
    beginning.lastIndex = copied;
  }
  return Buffer.from(`${parts.join('')}${text.slice(copied)}`, 'latin1');
}

/**
 * The element with the document's own names unprefixed and RPM's prefixed `rpm:`, whatever the document had. Names of other namespaces
 * keep their prefix and carry its declaration.
 */
export function withUsualPrefixes(bytes: Buffer, namespaces: Namespaces, what: string): Buffer {
  const scanner = new XmlScanner();
  scanner.reset(bytes, 0, bytes.length, what);
  const scopes: ReadonlyMap<string, string>[] = [namespaces.prefixes];
  const parts: string[] = [];
  let copied = 0;
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === TEXT) continue;
    const outer = scopes.at(-1) ?? namespaces.prefixes;
    // White space and text before the tag stand as they are.
    parts.push(bytes.toString('latin1', copied, token === START_TAG ? scanner.nameStart - 1 : scanner.nameStart - 2));
    copied = scanner.position;
    if (token === END_TAG) {
      parts.push(
        `</${usualName(scanner, bytes.toString('latin1', scanner.nameStart, scanner.nameEnd), { scope: outer, own: namespaces.own }).name}>`,
      );
      scopes.pop();
      continue;
    }
    const declared = declarations(scanner);
    const scope = declared.length === 0 ? outer : new Map([...outer, ...declared]);
    parts.push(usualStartTag(scanner, { scope, own: namespaces.own }));
    if (!scanner.empty) scopes.push(scope);
  }
  return Buffer.from(parts.join(''), 'latin1');
}

interface Scope {
  readonly scope: ReadonlyMap<string, string>;
  readonly own: string;
}

function usualStartTag(scanner: XmlScanner, scope: Scope): string {
  const { bytes } = scanner;
  const element = usualName(scanner, bytes.toString('latin1', scanner.nameStart, scanner.nameEnd), scope);
  const kept = new Map<string, string>(element.declaration === undefined ? [] : [element.declaration]);
  const attributes: string[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < scanner.attributeCount; index++) {
    const name = scanner.attributeName(index);
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const usual = name.includes(':') ? usualName(scanner, name, scope) : { name, identity: name };
    if (seen.has(usual.identity)) throw scanner.malformed('an attribute given twice');
    seen.add(usual.identity);
    if (usual.declaration !== undefined) kept.set(...usual.declaration);
    const quote = bytes.toString('latin1', scanner.valueStart(index) - 1, scanner.valueStart(index));
    attributes.push(` ${usual.name}=${quote}${bytes.toString('latin1', scanner.valueStart(index), scanner.valueEnd(index))}${quote}`);
  }
  const declared = [...kept].map(([prefix, uri]) => ` xmlns:${prefix}="${escapeAttribute(Buffer.from(uri).toString('latin1'))}"`);
  return `<${element.name}${declared.join('')}${attributes.join('')}${scanner.empty ? '/' : ''}>`;
}

interface UsualName {
  readonly name: string;
  /** Equal for names that mean the same. */
  readonly identity: string;
  /** Prefix and URI, where the name needs one that our documents do not declare. */
  readonly declaration?: [prefix: string, uri: string];
}

function usualName(scanner: XmlScanner, name: string, { scope, own }: Scope): UsualName {
  const colon = name.indexOf(':');
  const prefix = colon === -1 ? '' : name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (prefix === 'xml') return { name, identity: name };
  const uri = scope.get(prefix) ?? (prefix === 'rpm' ? RPM_NAMESPACE : '');
  if (uri === own || (uri === '' && prefix === '')) return { name: local, identity: local };
  if (uri === RPM_NAMESPACE) return { name: `rpm:${local}`, identity: `rpm:${local}` };
  if (uri === '') throw scanner.malformed(`the prefix "${prefix}" is not declared`);
  if (prefix === '' || prefix === 'rpm') throw scanner.malformed('a name of an unknown namespace without a prefix of its own');
  return { name, identity: `{${uri}}${local}`, declaration: [prefix, uri] };
}
