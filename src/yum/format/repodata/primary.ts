import type { Checksum } from '../../../core/digests.ts';
import { MirrorError } from '../../../core/errors.ts';
import { normalEpoch } from '../version.ts';
import { END_OF_INPUT, START_TAG, TEXT, XmlScanner } from '../xml/xml-scanner.ts';
import { decodeXml } from '../xml/xml-text.ts';
import { isPackageElement, prepareElement, withUsualPrefixes } from './canonical-element.ts';
import { metadataChecksum } from './metadata-checksum.ts';
import type { RawElement } from './package-elements.ts';

/** What primary says of one package, as far as it is needed for every package. */
export interface PrimaryPackage {
  readonly name: string;
  readonly architecture: string;
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  /** Of the package file; its value is the package's id in filelists and other. */
  readonly checksum: Checksum;
  /** Of the package file, in bytes. */
  readonly size: number;
  /** The `href` of its location, decoded, not checked for safety. */
  readonly location: string;
  /** The `xml:base` of its location. */
  readonly base: string | undefined;
  /** The whole element, well-formed and with the usual prefixes. A view of a larger buffer. */
  readonly bytes: Buffer;
}

const NAME = Buffer.from('name');
const ARCH = Buffer.from('arch');
const VERSION = Buffer.from('version');
const CHECKSUM = Buffer.from('checksum');
const SIZE = Buffer.from('size');
const LOCATION = Buffer.from('location');
const TYPE = Buffer.from('type');
const EPOCH = Buffer.from('epoch');
const VER = Buffer.from('ver');
const REL = Buffer.from('rel');
const PACKAGE = Buffer.from('package');
const HREF = Buffer.from('href');
const BASE = Buffer.from('xml:base');

/**
 * Gives a function that reads elements of primary one after another. It gives undefined for one whose type is not `rpm` or that is of another namespace, and throws
 * METADATA_INVALID for one that is malformed, lacks what a package must have or states it twice.
 * @param what names the document in errors.
 */
export function createPrimaryReader(what: string): (element: RawElement) => PrimaryPackage | undefined {
  const scanner = new XmlScanner();
  const fields = new Fields(scanner, what);
  return (element) => {
    const bytes = prepareElement(element, scanner, what);
    if (!fields.read(bytes)) return undefined;
    if (!scanner.foreign || !element.namespaces.usual) return isPackageElement(bytes) ? fields.result(bytes) : undefined;
    const usual = withUsualPrefixes(bytes, element.namespaces, what);
    fields.read(usual);
    return isPackageElement(usual) ? fields.result(usual) : undefined;
  };
}

type Field = 'name' | 'arch' | 'checksum';

class Fields {
  private name: string | undefined;
  private arch: string | undefined;
  private epoch: string | undefined;
  private ver: string | undefined;
  private rel: string | undefined;
  private checksumType: string | undefined;
  private checksum: string | undefined;
  private size: string | undefined;
  private href: string | undefined;
  private base: string | undefined;
  private seen = 0;
  private readonly scanner: XmlScanner;
  private readonly what: string;
  private readonly architectures = new Map<string, string>();

  constructor(scanner: XmlScanner, what: string) {
    this.scanner = scanner;
    this.what = what;
  }

  /** False when the element is no RPM package. */
  read(bytes: Buffer): boolean {
    const { scanner } = this;
    this.clear();
    scanner.reset(bytes, 0, bytes.length, this.what);
    scanner.next();
    const type = this.attribute(TYPE);
    let field: Field | undefined;
    for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
      if (token === START_TAG) {
        const level = scanner.empty ? scanner.depth : scanner.depth - 1;
        if (level === 1) field = this.child();
        else if (level === 0) throw scanner.malformed('it is not one element');
        else if (scanner.isNamed(LOCATION)) throw scanner.malformed('a location inside another element');
      } else if (token === TEXT && scanner.depth === 2 && field !== undefined) {
        this[field] = decodeXml(bytes, scanner.textStart, scanner.textEnd).trim();
      }
    }
    return type === undefined || type === 'rpm';
  }

  result(bytes: Buffer): PrimaryPackage {
    const { name, arch, ver, rel, href } = this;
    const invalid = (why: string): MirrorError =>
      new MirrorError('METADATA_INVALID', `${this.what} lists the package "${(name ?? '').slice(0, 120)}" ${why}`);
    if (name === undefined || arch === undefined || ver === undefined || rel === undefined || href === undefined) {
      throw invalid('without its name, arch, version or location');
    }
    if (!/^[^\s/\p{Cc}]{1,250}$/u.test(name)) throw invalid('with a name that no package can have');
    if (!/^\w{1,64}$/.test(arch)) throw invalid(`with the impossible architecture "${arch.slice(0, 64)}"`);
    if (!/^[^\s/:\p{Cc}-]{1,250}$/u.test(ver) || !/^[^\s/:\p{Cc}-]{1,250}$/u.test(rel)) {
      throw invalid(`with the impossible version "${ver.slice(0, 120)}-${rel.slice(0, 120)}"`);
    }
    const sum = metadataChecksum(this.checksumType ?? '', this.checksum ?? '');
    if (sum === undefined) throw invalid('without a checksum of a known kind');
    if (this.size === undefined || !/^\d{1,15}$/.test(this.size)) throw invalid('without the size of its file');
    return {
      name,
      architecture: this.interned(arch),
      epoch: normalEpoch(this.epoch),
      version: ver,
      release: rel,
      checksum: sum,
      size: Number(this.size),
      location: href,
      base: this.base,
      bytes,
    };
  }

  /** Takes up a child of the package; gives the field that its text is. */
  private child(): Field | undefined {
    const { scanner } = this;
    if (scanner.isWhole(NAME)) return this.once(1, 'name');
    if (scanner.isWhole(ARCH)) return this.once(2, 'arch');
    if (scanner.isWhole(CHECKSUM)) {
      this.checksumType = this.attribute(TYPE);
      return this.once(4, 'checksum');
    }
    if (scanner.isWhole(VERSION)) {
      this.once(8, undefined);
      this.epoch = this.attribute(EPOCH);
      this.ver = this.attribute(VER);
      this.rel = this.attribute(REL);
    } else if (scanner.isWhole(SIZE)) {
      this.once(16, undefined);
      this.size = this.attribute(PACKAGE);
    } else if (scanner.isWhole(LOCATION)) {
      this.once(32, undefined);
      this.href = this.attribute(HREF);
      this.base = this.attribute(BASE);
    }
    return undefined;
  }

  private once(bit: number, field: Field | undefined): Field | undefined {
    if ((this.seen & bit) !== 0) throw this.scanner.malformed(`<${this.scanner.localName()}> is given twice`);
    this.seen |= bit;
    return field;
  }

  private attribute(name: Buffer): string | undefined {
    const { scanner } = this;
    const index = scanner.attribute(name);
    return index === -1 ? undefined : decodeXml(scanner.bytes, scanner.valueStart(index), scanner.valueEnd(index));
  }

  private interned(text: string): string {
    const known = this.architectures.get(text);
    if (known !== undefined) return known;
    if (this.architectures.size < 100) this.architectures.set(text, text);
    return text;
  }

  private clear(): void {
    this.name = this.arch = this.epoch = this.ver = this.rel = this.checksumType = this.checksum = undefined;
    this.size = this.href = this.base = undefined;
    this.seen = 0;
  }
}
