import { EQUAL, GREATER, LESS } from '../dependencies.ts';
import type { RelationKind } from '../repodata/relations.ts';
import { rpmvercmp } from '../version.ts';
import { isPrimaryFile } from './header-files.ts';
import { headerText } from './header-text.ts';
import type { RpmHeader } from './rpm-header.ts';
import type { RpmFile, RpmRelation } from './rpm-package.ts';

interface Tags {
  readonly name: number;
  readonly flags: number;
  readonly version: number;
}

const PROVIDES: Tags = { name: 1047, flags: 1112, version: 1113 };
const REQUIRES: Tags = { name: 1049, flags: 1048, version: 1050 };
/** Relations that are taken as they stand. */
const PLAIN: readonly (readonly [RelationKind, Tags])[] = [
  ['provides', PROVIDES],
  ['conflicts', { name: 1054, flags: 1053, version: 1055 }],
  ['obsoletes', { name: 1090, flags: 1114, version: 1115 }],
  ['suggests', { name: 5049, flags: 5051, version: 5050 }],
  ['enhances', { name: 5055, flags: 5057, version: 5056 }],
  ['recommends', { name: 5046, flags: 5048, version: 5047 }],
  ['supplements', { name: 5052, flags: 5054, version: 5053 }],
];
/** What SUSE had before rpm had weak dependencies: one bit tells the stronger kind from the weaker. */
const OLD_WEAK: readonly (readonly [strong: RelationKind, weak: RelationKind, Tags])[] = [
  ['recommends', 'suggests', { name: 1156, flags: 1158, version: 1157 }],
  ['supplements', 'enhances', { name: 1159, flags: 1161, version: 1160 }],
];

// Bits of a relation's flags (rpmsenseFlags of rpm).
const RANGE = LESS | GREATER | EQUAL;
/** PREREQ, SCRIPT_PRE and SCRIPT_POST. */
const BEFORE_SCRIPTS = 0x40 | 0x200 | 0x400;
const MISSING_OK = 1 << 19;
const STRONG = 1 << 27;

const FLAG_NAMES: Readonly<Record<number, string>> = {
  [LESS]: 'LT',
  [GREATER]: 'GT',
  [EQUAL]: 'EQ',
  [LESS | EQUAL]: 'LE',
  [GREATER | EQUAL]: 'GE',
};

const C_LIBRARY = 'libc.so.6';
/** Of a version of the C library, in characters; what goes on longer is no version. */
const MAX_LIBRARY_VERSION = 256;

/** One relation as the header states it. */
type StatedVisitor = (name: string, flags: number, version: string) => void;

/**
 * The relations of a package, in the order and with the omissions of createrepo_c: requirements of rpm's own features, of the package's own
 * files that primary lists, of what the package provides itself, repeated ones, and all of `libc.so.6` but the highest.
 * A relation whose epoch is no number is left out.
 */
export function headerRelations(header: RpmHeader, files: readonly RpmFile[]): Record<RelationKind, RpmRelation[]> {
  const relations: Record<RelationKind, RpmRelation[]> = {
    provides: [],
    requires: [],
    conflicts: [],
    obsoletes: [],
    recommends: [],
    suggests: [],
    supplements: [],
    enhances: [],
  };
  addRequirements(header, relations, new OwnCapabilities(header, files));
  for (const [kind, tags] of PLAIN) {
    visit(header, tags, (name, flags, version) => take(relations[kind], name, flags, version));
  }
  for (const [strong, weak, tags] of OLD_WEAK) {
    visit(header, tags, (name, flags, version) => take(relations[(flags & STRONG) === 0 ? weak : strong], name, flags, version));
  }
  return relations;
}

function visit(header: RpmHeader, tags: Tags, visitor: StatedVisitor): void {
  const names = header.byteStrings(tags.name);
  if (names.length === 0) return;
  const flags = header.numbers(tags.flags);
  const versions = header.byteStrings(tags.version);
  const count = Math.min(names.length, flags.length, versions.length);
  for (let index = 0; index < count; index++) visitor(headerText(names[index] ?? ''), flags[index] ?? 0, versions[index] ?? '');
}

function take(list: RpmRelation[], name: string, flags: number, version: string): void {
  const relation = relationOf(name, flags, version, false);
  if (relation !== undefined) list.push(relation);
}

function relationOf(name: string, flags: number, stated: string, pre: boolean): RpmRelation | undefined {
  const range = flags & RANGE;
  const operator = range === 0 ? undefined : FLAG_NAMES[range];
  const colon = stated.indexOf(':');
  if (colon > 0 && !/^\d+$/.test(stated.slice(0, colon))) return undefined;
  if (operator === undefined || stated === '')
    return { name, flags: operator, epoch: undefined, version: undefined, release: undefined, pre };
  const epoch = colon > 0 ? stated.slice(0, colon) : '0';
  const dash = stated.indexOf('-', colon + 1);
  const version = headerText(stated.slice(colon + 1, dash === -1 ? undefined : dash));
  const release = dash === -1 ? undefined : headerText(stated.slice(dash + 1)) || undefined;
  return { name, flags: operator, epoch, version: version || undefined, release, pre };
}

/** What a package needs no other for. */
class OwnCapabilities {
  private readonly header: RpmHeader;
  private readonly files: readonly RpmFile[];
  private readonly names: ReadonlySet<string>;
  // Most packages are done without these.
  private paths: Set<string> | undefined;
  private provides: Set<string> | undefined;

  constructor(header: RpmHeader, files: readonly RpmFile[]) {
    this.header = header;
    this.files = files;
    this.names = new Set(header.byteStrings(PROVIDES.name).map(headerText));
  }

  has(name: string, range: number, version: string): boolean {
    if (name.startsWith('/') && isPrimaryFile(name)) {
      this.paths ??= new Set(this.files.map(({ path }) => path));
      if (this.paths.has(name)) return true;
    }
    if (!this.names.has(name)) return false;
    this.provides ??= this.stated();
    return this.provides.has(`${name}\0${range}\0${version}`);
  }

  private stated(): Set<string> {
    const keys = new Set<string>();
    visit(this.header, PROVIDES, (name, flags, version) => keys.add(`${name}\0${flags & RANGE}\0${version}`));
    return keys;
  }
}

function addRequirements(header: RpmHeader, relations: Record<RelationKind, RpmRelation[]>, own: OwnCapabilities): void {
  /** By name, of what was taken last. */
  const last = new Map<string, string>();
  let library: { readonly relation: RpmRelation; readonly version: LibraryVersion } | undefined;
  visit(header, REQUIRES, (name, flags, version) => {
    const range = flags & RANGE;
    if (name.startsWith('rpmlib(') || own.has(name, range, version)) return;
    const pre = (flags & BEFORE_SCRIPTS) !== 0;
    const stated = `${pre ? '!' : ''}${range}\0${version}`;
    if (last.get(name) === stated) return;
    const relation = relationOf(name, flags, version, pre);
    if (relation === undefined) return;
    if ((flags & MISSING_OK) !== 0) relations.recommends.push(relation);
    else if (name.startsWith(C_LIBRARY)) {
      const libraryVersion = libraryVersionOf(name);
      if (library === undefined || isHigher(libraryVersion, library.version)) library = { relation, version: libraryVersion };
    } else {
      relations.requires.push(relation);
      last.set(name, stated);
    }
  });
  if (library !== undefined) relations.requires.push(library.relation);
}

/** What a requirement of the C library, such as `libc.so.6(GLIBC_2.34)(64bit)`, says of its version. */
interface LibraryVersion {
  /** Without a version: how near the name comes to having one. */
  readonly rank: number;
  readonly version: string;
}

function isHigher(a: LibraryVersion, than: LibraryVersion): boolean {
  return a.rank === than.rank ? rpmvercmp(a.version, than.version) > 0 : a.rank > than.rank;
}

/** The version is inside the first parentheses, from the first digit on. */
function libraryVersionOf(name: string): LibraryVersion {
  const open = name.indexOf('(');
  if (open === -1) return { rank: 0, version: '' };
  const close = name.indexOf(')', open);
  if (close === -1) return { rank: 1, version: '' };
  const inside = name.slice(open + 1, close);
  const digit = inside.search(/\d/);
  if (digit === -1) return { rank: inside === '' ? 2 : 3, version: '' };
  return { rank: 4, version: inside.slice(digit, digit + MAX_LIBRARY_VERSION) };
}
