import { type Capability, capability } from '../dependencies.ts';
import { END_OF_INPUT, START_TAG, TEXT, type XmlScanner } from '../xml/xml-scanner.ts';
import { decodeXml } from '../xml/xml-text.ts';

/** The lists of relations that an element of primary has. */
export const RELATION_KINDS = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'recommends',
  'suggests',
  'supplements',
  'enhances',
] as const;
export type RelationKind = (typeof RELATION_KINDS)[number];

const KINDS = RELATION_KINDS.map((kind) => ({ kind, name: Buffer.from(kind) }));
/** The attribute of an entry that names what it is about. */
export const RELATION_NAME = Buffer.from('name');
const FLAGS = Buffer.from('flags');
const EPOCH = Buffer.from('epoch');
const VER = Buffer.from('ver');
const REL = Buffer.from('rel');
const ENTRY = Buffer.from('entry');
const FILE = Buffer.from('file');
const SOURCE_RPM = Buffer.from('sourcerpm');

/** What is told of an element of primary; the scanner stands on the tag or text. Positions are those of the element's bytes. */
export interface RelationVisitor {
  /** An `rpm:entry` whose start tag begins at `offset`. */
  readonly entry?: (kind: RelationKind, offset: number) => void;
  /** A file that primary lists, from the first byte of its name to after the last. */
  readonly file?: (start: number, end: number) => void;
  readonly sourceRpm?: (start: number, end: number) => void;
}

/** Goes through the relations and files of one element that `createPrimaryReader` gave. */
export function visitRelations(scanner: XmlScanner, element: Buffer, visitor: RelationVisitor): void {
  scanner.reset(element, 0, element.length, 'a stored package element');
  let kind: RelationKind | undefined;
  let text: 'file' | 'sourceRpm' | undefined;
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === TEXT) {
      if (text !== undefined && scanner.depth === 3) visitor[text]?.(scanner.textStart, scanner.textEnd);
      continue;
    }
    text = undefined;
    if (token !== START_TAG) continue;
    const level = scanner.empty ? scanner.depth : scanner.depth - 1;
    if (level === 3 && kind !== undefined && scanner.isNamed(ENTRY)) visitor.entry?.(kind, scanner.nameStart - 1);
    if (level !== 2) continue;
    if (scanner.isNamed(FILE)) text = 'file';
    else if (scanner.isNamed(SOURCE_RPM)) text = 'sourceRpm';
    else kind = KINDS.find((known) => scanner.isNamed(known.name))?.kind;
  }
}

/** The capability of the `rpm:entry` whose start tag begins at `offset`; undefined when it has no name. */
export function readEntry(scanner: XmlScanner, element: Buffer, offset: number): Capability | undefined {
  scanner.reset(element, offset, element.length, 'a stored package element');
  scanner.next();
  const attribute = (name: Buffer): string | undefined => {
    const index = scanner.attribute(name);
    return index === -1 ? undefined : decodeXml(element, scanner.valueStart(index), scanner.valueEnd(index));
  };
  const name = attribute(RELATION_NAME);
  if (name === undefined || name === '') return undefined;
  return capability(name, attribute(FLAGS), { epoch: attribute(EPOCH), ver: attribute(VER), rel: attribute(REL) });
}

/** All relations of one kind, in stated order. */
export function readRelations(scanner: XmlScanner, element: Buffer, wanted: RelationKind): Capability[] {
  const offsets: number[] = [];
  visitRelations(scanner, element, {
    entry: (kind, offset) => {
      if (kind === wanted) offsets.push(offset);
    },
  });
  return offsets.map((offset) => readEntry(scanner, element, offset)).filter((entry): entry is Capability => entry !== undefined);
}
