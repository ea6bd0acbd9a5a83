import { MirrorError } from '../../../core/errors.ts';
import type { RpmChangelog, RpmFile, RpmPackage, RpmRelation } from '../package/rpm-package.ts';
import type { PackageFacts } from '../package/write-elements.ts';
import { END_OF_INPUT, END_TAG, START_TAG, XmlScanner } from '../xml/xml-scanner.ts';
import { decodeXml } from '../xml/xml-text.ts';
import { metadataChecksum } from './metadata-checksum.ts';
import { RELATION_KINDS, type RelationKind } from './relations.ts';

/** A package as the elements of the three documents describe it. */
export interface DescribedPackage {
  readonly package: RpmPackage;
  readonly facts: PackageFacts;
}

/** The elements of one package, checked and with the usual prefixes (`createPrimaryReader`, `checkElement`). */
export interface PackageElements {
  readonly primary: Buffer;
  /** Undefined where the repository does not list the package there: then it has no files, or no changes. */
  readonly filelists: Buffer | undefined;
  readonly other: Buffer | undefined;
}

const FORMAT_TEXTS = {
  license: 'license',
  vendor: 'vendor',
  group: 'group',
  buildhost: 'buildHost',
  sourcerpm: 'sourceRpm',
} as const satisfies Record<string, keyof RpmPackage>;

const KINDS: ReadonlySet<string> = new Set(RELATION_KINDS);

/**
 * A function that reads packages back from their elements, one after another: what `primaryElement`, `filelistsElement` and `otherElement` were made from, as far as
 * they say it. It throws METADATA_INVALID when an element is malformed or states no checksum.
 * @param what names the documents in errors.
 */
export function createPackageReader(what: string): (elements: PackageElements) => DescribedPackage {
  const reader = new ElementReader(what);
  return ({ primary, filelists, other }) => {
    const described = readPrimary(reader, primary, what);
    const files = filelists === undefined ? [] : readFiles(reader, filelists);
    const changelogs = other === undefined ? [] : readChangelogs(reader, other);
    return { package: { ...described.package, files, changelogs }, facts: described.facts };
  };
}

/** The value of an attribute; good as long as the leaf is being told of. */
type Attributes = (name: AttributeName) => string | undefined;
const NO_ATTRIBUTES: Attributes = () => undefined;

const ATTRIBUTE_NAMES = [
  'archive',
  'author',
  'build',
  'date',
  'end',
  'epoch',
  'file',
  'flags',
  'href',
  'installed',
  'name',
  'package',
  'pre',
  'rel',
  'start',
  'type',
  'ver',
  'xml:base',
] as const;
type AttributeName = (typeof ATTRIBUTE_NAMES)[number];
const NAME_BYTES = new Map<AttributeName, Buffer>(ATTRIBUTE_NAMES.map((name) => [name, Buffer.from(name)]));

/** Tells of the leaves of an element: those that have no elements inside. */
class ElementReader {
  readonly #scanner = new XmlScanner();
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  /**
   * @param leaf is told of its name and that of the element around it, both without prefix, its attributes and its text.
   */
  read(bytes: Buffer, leaf: (name: string, parent: string, attributes: Attributes, text: string) => void): void {
    const scanner = this.#scanner;
    scanner.reset(bytes, 0, bytes.length, this.#what);
    const open: string[] = [];
    let pending: { readonly attributes: Attributes; readonly contentStart: number } | undefined;
    for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
      if (token === START_TAG) {
        const name = scanner.localName();
        if (scanner.empty) {
          leaf(name, open.at(-1) ?? '', this.#present, '');
          pending = undefined;
        } else {
          open.push(name);
          pending = { attributes: this.#kept(), contentStart: scanner.position };
        }
      } else if (token === END_TAG) {
        const name = open.pop() ?? '';
        // Up to the `</` of the end tag: with white space at its beginning, which the scanner passes over.
        if (pending !== undefined) {
          leaf(name, open.at(-1) ?? '', pending.attributes, decodeXml(bytes, pending.contentStart, scanner.nameStart - 2));
        }
        pending = undefined;
      }
    }
  }

  /** Of the start tag that the scanner stands on. */
  readonly #present: Attributes = (name) => {
    const scanner = this.#scanner;
    const bytes = NAME_BYTES.get(name);
    const index = bytes === undefined ? -1 : scanner.attribute(bytes);
    return index === -1 ? undefined : decodeXml(scanner.bytes, scanner.valueStart(index), scanner.valueEnd(index));
  };

  /** The same for when the scanner has gone on. */
  #kept(): Attributes {
    if (this.#scanner.attributeCount === 0) return NO_ATTRIBUTES;
    const values = new Map(ATTRIBUTE_NAMES.map((name) => [name, this.#present(name)]));
    return (name) => values.get(name);
  }
}

/** Attributes that say something, by element. */
const KEPT: ReadonlyMap<string, readonly AttributeName[]> = new Map<string, readonly AttributeName[]>(
  Object.entries({
    checksum: ['type'],
    'header-range': ['start', 'end'],
    location: ['href', 'xml:base'],
    size: ['package', 'installed', 'archive'],
    time: ['file', 'build'],
    version: ['epoch', 'ver', 'rel'],
  }),
);

interface PrimaryLeaves {
  readonly texts: Map<string, string>;
  readonly attributes: Map<string, ReadonlyMap<AttributeName, string>>;
  readonly formatTexts: Map<string, string>;
  readonly relations: Map<string, RpmRelation[]>;
}

function readPrimary(reader: ElementReader, bytes: Buffer, what: string): DescribedPackage {
  const leaves: PrimaryLeaves = { texts: new Map(), attributes: new Map(), formatTexts: new Map(), relations: new Map() };
  const keep = (element: string, attributes: Attributes): void => {
    const values = KEPT.get(element)?.map((name): [AttributeName, string | undefined] => [name, attributes(name)]);
    if (values !== undefined)
      leaves.attributes.set(element, new Map(values.filter((entry): entry is [AttributeName, string] => entry[1] !== undefined)));
  };
  reader.read(bytes, (name, parent, attributes, text) => {
    if (parent === 'package') {
      leaves.texts.set(name, text);
      keep(name, attributes);
    } else if (parent === 'format') {
      leaves.formatTexts.set(name, text);
      keep(name, attributes);
    } else if (name === 'entry' && KINDS.has(parent)) {
      const list = leaves.relations.get(parent);
      if (list === undefined) leaves.relations.set(parent, [relationOf(attributes)]);
      else list.push(relationOf(attributes));
    }
  });
  return describedBy(leaves, what);
}

function describedBy({ texts, attributes, formatTexts, relations }: PrimaryLeaves, what: string): DescribedPackage {
  const text = (name: string): string => texts.get(name) ?? '';
  const attribute = (element: string, name: AttributeName): string | undefined => attributes.get(element)?.get(name);
  const number = (element: string, name: AttributeName): number => Number(attribute(element, name) ?? 0) || 0;
  const ofFormat = Object.fromEntries(Object.entries(FORMAT_TEXTS).map(([name, field]) => [field, formatTexts.get(name) ?? ''])) as Record<
    (typeof FORMAT_TEXTS)[keyof typeof FORMAT_TEXTS],
    string
  >;
  const checksumName = attribute('checksum', 'type') ?? '';
  const checksum = metadataChecksum(checksumName, text('checksum'));
  if (checksum === undefined) {
    throw new MirrorError(
      'METADATA_INVALID',
      `${what} lists the package "${text('name').slice(0, 120)}" without a checksum of a known kind`,
    );
  }
  return {
    package: {
      name: text('name').trim(),
      epoch: attribute('version', 'epoch') ?? '0',
      version: attribute('version', 'ver') ?? '',
      release: attribute('version', 'rel') ?? '',
      architecture: text('arch').trim(),
      summary: text('summary'),
      description: text('description'),
      packager: text('packager'),
      url: text('url'),
      ...ofFormat,
      buildTime: number('time', 'build'),
      installedSize: number('size', 'installed'),
      archiveSize: number('size', 'archive'),
      headerStart: number('header-range', 'start'),
      headerEnd: number('header-range', 'end'),
      relations: Object.fromEntries(RELATION_KINDS.map((kind) => [kind, relations.get(kind) ?? []])) as unknown as Record<
        RelationKind,
        readonly RpmRelation[]
      >,
      files: [],
      changelogs: [],
    },
    facts: {
      checksum,
      checksumName: checksumName === checksum.algorithm ? undefined : checksumName,
      packageSize: number('size', 'package'),
      fileTime: number('time', 'file'),
      location: attribute('location', 'href') ?? '',
      base: attribute('location', 'xml:base'),
    },
  };
}

function relationOf(attributes: Attributes): RpmRelation {
  const flags = attributes('flags');
  return {
    name: attributes('name') ?? '',
    flags,
    epoch: attributes('epoch'),
    version: attributes('ver'),
    release: attributes('rel'),
    pre: /^(?:1|true)$/i.test(attributes('pre') ?? ''),
  };
}

function readFiles(reader: ElementReader, bytes: Buffer): RpmFile[] {
  const files: RpmFile[] = [];
  reader.read(bytes, (name, parent, attributes, text) => {
    if (name !== 'file' || parent !== 'package') return;
    const type = attributes('type');
    files.push({ path: text, kind: type === 'dir' || type === 'ghost' ? type : 'file' });
  });
  return files;
}

/** Newest first, as headers have them. */
function readChangelogs(reader: ElementReader, bytes: Buffer): RpmChangelog[] {
  const changelogs: RpmChangelog[] = [];
  reader.read(bytes, (name, parent, attributes, text) => {
    if (name !== 'changelog' || parent !== 'package') return;
    changelogs.push({ author: attributes('author') ?? '', date: Number(attributes('date') ?? 0) || 0, text });
  });
  return changelogs.reverse();
}
