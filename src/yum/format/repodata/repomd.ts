import type { Checksum } from '../../../core/digests.ts';
import { MirrorError } from '../../../core/errors.ts';
import { compareText } from '../../../core/order.ts';
import { safeRelativePath } from '../../../core/paths.ts';
import { REPOMD, REPOMD_KEY, REPOMD_SIGNATURE } from '../repository/repository-paths.ts';
import { childOf, parseSmallXml, type XmlElement } from '../xml/small-xml.ts';
import { escapeAttribute, escapeText } from '../xml/xml-text.ts';
import { metadataChecksum } from './metadata-checksum.ts';

/** One file that repomd.xml names. */
export interface RepomdRecord {
  /** `primary`, `filelists`, `other`, `group`, `modules`, ... */
  readonly type: string;
  /** Relative to the repository's root, safe. */
  readonly path: string;
  /** The `xml:base` of its location. */
  readonly base?: string | undefined;
  readonly checksum: Checksum;
  /** In bytes. */
  readonly size?: number | undefined;
  /** Of the unpacked file. */
  readonly openChecksum?: Checksum | undefined;
  readonly openSize?: number | undefined;
  /** Of the header of a zchunk file. */
  readonly headerChecksum?: Checksum | undefined;
  readonly headerSize?: number | undefined;
  /** In milliseconds since 1970. */
  readonly timestamp?: number | undefined;
  /** Of the schema of an SQLite database. */
  readonly databaseVersion?: number | undefined;
}

/** What a repository says of itself. */
export interface RepomdTags {
  readonly content: readonly string[];
  readonly repo: readonly string[];
  /** Each with the CPE name of the distribution that it is for. */
  readonly distro: readonly { readonly cpeid?: string | undefined; readonly text: string }[];
}

/** A text with what kind of text it is. */
export interface TypedText {
  readonly type?: string | undefined;
  readonly text: string;
}

export interface Repomd {
  readonly revision?: string | undefined;
  readonly repoId?: TypedText | undefined;
  /** A hash over the packages, which generators define for themselves. */
  readonly contentHash?: TypedText | undefined;
  /** Undefined where it has none. */
  readonly tags?: RepomdTags | undefined;
  /** In the order of the document. */
  readonly records: readonly RepomdRecord[];
}

/** openSUSE has some fifty, one for each language. */
const MOST_RECORDS = 1000;
/** The type becomes part of names of files and of messages. */
const TYPE = /^[A-Za-z0-9][\w.+@-]{0,99}$/;
/** What a repository has beside the files that its records name. */
const OWN_PATHS: ReadonlySet<string> = new Set([REPOMD, REPOMD_SIGNATURE, REPOMD_KEY]);

/**
 * repomd.xml, read. METADATA_INVALID when it is malformed, a record lacks its checksum or location or has a type that is none, two records say different
 * things of one file, or there are over 1,000 of them; PATH_UNSAFE when a location leads out of the repository. Of a type that is there twice both records are given.
 * @param what names the document in errors.
 */
export function parseRepomd(bytes: Buffer, what: string): Repomd {
  const root = parseSmallXml(bytes, what);
  if (root.name !== 'repomd') throw new MirrorError('METADATA_INVALID', `${what} has the root element <${root.name}>, not <repomd>`);
  const revision = childOf(root, 'revision')?.text;
  const data = root.children.filter((child) => child.name === 'data');
  if (data.length > MOST_RECORDS)
    throw new MirrorError('METADATA_INVALID', `${what} has ${data.length} records, more than ${MOST_RECORDS}`);
  const records = data.map((element) => recordOf(element, what));
  refuseTwoOfOnePath(records, what);
  return {
    revision: revision === '' ? undefined : revision,
    repoId: typedText(root, 'repoid'),
    contentHash: typedText(root, 'contenthash'),
    tags: tagsOf(root),
    records,
  };
}

function typedText(root: XmlElement, name: string): TypedText | undefined {
  const element = childOf(root, name);
  return element === undefined ? undefined : { type: element.attributes.get('type'), text: element.text };
}

function tagsOf(root: XmlElement): RepomdTags | undefined {
  const tags = childOf(root, 'tags');
  if (tags === undefined) return undefined;
  const named = (name: string): XmlElement[] => tags.children.filter((child) => child.name === name);
  return {
    content: named('content').map(({ text }) => text),
    repo: named('repo').map(({ text }) => text),
    distro: named('distro').map(({ attributes, text }) => ({ cpeid: attributes.get('cpeid'), text })),
  };
}

function refuseTwoOfOnePath(records: readonly RepomdRecord[], what: string): void {
  const byPath = new Map<string, RepomdRecord>();
  for (const record of records) {
    const other = byPath.get(record.path);
    if (other !== undefined && (other.checksum.value !== record.checksum.value || other.base !== record.base))
      throw new MirrorError(
        'METADATA_INVALID',
        `${what}: the records of type "${other.type}" and "${record.type}" name one file, ${record.path.slice(0, 200)}, and do not agree on what it is`,
      );
    byPath.set(record.path, record);
  }
}

function recordOf(data: XmlElement, what: string): RepomdRecord {
  const type = data.attributes.get('type') ?? '';
  const invalid = (why: string): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what}: the record of type "${printable(type)}" ${why}`);
  if (type === '') throw invalid('has no type');
  if (!TYPE.test(type)) throw invalid('has a type that is not one word');
  const location = childOf(data, 'location');
  const href = location?.attributes.get('href');
  if (href === undefined) throw invalid('has no location');
  const checksum = checksumIn(data, 'checksum');
  if (checksum === undefined) throw invalid('has no checksum of a known kind');
  const numberIn = (name: string): number | undefined => {
    const text = childOf(data, name)?.text;
    if (text === undefined || text === '') return undefined;
    if (!/^\d{1,15}(?:\.\d{1,9})?$/.test(text)) throw invalid(`has the ${name} "${text.slice(0, 40)}", which is not a number`);
    return Number(text);
  };
  const openChecksum = checksumIn(data, 'open-checksum');
  if (openChecksum === undefined && childOf(data, 'open-checksum') !== undefined) throw invalid('has an open-checksum of an unknown kind');
  const headerChecksum = checksumIn(data, 'header-checksum');
  const timestamp = numberIn('timestamp');
  const path = safeRelativePath(href, what);
  if (OWN_PATHS.has(path)) throw invalid(`names ${path}, which describes the repository itself`);
  return {
    type,
    path,
    base: location?.attributes.get('xml:base'),
    checksum,
    size: numberIn('size'),
    openChecksum,
    openSize: numberIn('open-size'),
    ...(headerChecksum === undefined ? {} : { headerChecksum, headerSize: numberIn('header-size') }),
    timestamp: timestamp === undefined ? undefined : Math.floor(timestamp * 1000),
    databaseVersion: numberIn('database_version'),
  };
}

/** Of a text from outside, for a message. */
function printable(text: string): string {
  return text.slice(0, 60).replace(/\p{Cc}/gu, '?');
}

function checksumIn(data: XmlElement, name: string): Checksum | undefined {
  const element = childOf(data, name);
  return element === undefined ? undefined : metadataChecksum(element.attributes.get('type') ?? '', element.text);
}

export interface RepomdText {
  readonly tags?: RepomdTags | undefined;
  /** What SHA-1 is called: `sha` (default) is what every client knows. */
  readonly sha1Name?: 'sha' | 'sha1' | undefined;
}

/**
 * The text of a repomd.xml (UTF-8) with these records in this order: the same input gives the same bytes.
 * @param revision what clients see as the revision.
 */
export function formatRepomd(revision: string, records: readonly RepomdRecord[], { tags, sha1Name = 'sha' }: RepomdText = {}): string {
  const checksum = (name: string, { algorithm, value }: Checksum): string =>
    `    <${name} type="${algorithm === 'sha1' ? sha1Name : algorithm}">${value}</${name}>`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">',
    `  <revision>${escapeText(revision)}</revision>`,
    ...tagLines(tags),
  ];
  for (const record of records) {
    lines.push(`  <data type="${escapeAttribute(record.type)}">`, checksum('checksum', record.checksum));
    if (record.openChecksum !== undefined) lines.push(checksum('open-checksum', record.openChecksum));
    if (record.headerChecksum !== undefined) lines.push(checksum('header-checksum', record.headerChecksum));
    const base = record.base === undefined ? '' : ` xml:base="${escapeAttribute(record.base)}"`;
    lines.push(`    <location${base} href="${escapeAttribute(record.path)}"/>`);
    const numbers: readonly (readonly [name: string, value: number | undefined])[] = [
      ['timestamp', record.timestamp === undefined ? undefined : Math.floor(record.timestamp / 1000)],
      ['size', record.size],
      ['open-size', record.openSize],
      ['header-size', record.headerSize],
      ['database_version', record.databaseVersion],
    ];
    for (const [name, value] of numbers) if (value !== undefined) lines.push(`    <${name}>${value}</${name}>`);
    lines.push('  </data>');
  }
  lines.push('</repomd>', '');
  return lines.join('\n');
}

function tagLines(tags: RepomdTags | undefined): string[] {
  if (tags === undefined) return [];
  const lines = [
    ...tags.content.map((text) => `    <content>${escapeText(text)}</content>`),
    ...tags.repo.map((text) => `    <repo>${escapeText(text)}</repo>`),
    ...tags.distro.map(({ cpeid, text }) => {
      const attribute = cpeid === undefined ? '' : ` cpeid="${escapeAttribute(cpeid)}"`;
      return `    <distro${attribute}>${escapeText(text)}</distro>`;
    }),
  ];
  return lines.length === 0 ? [] : ['  <tags>', ...lines, '  </tags>'];
}

/** Of the repository's own three documents and their databases; everything else comes after, by type. */
const RECORD_ORDER = ['primary', 'filelists', 'other', 'primary_db', 'filelists_db', 'other_db'];

/** Records in the order of createrepo_c, whatever the order in which they were made. */
export function inRecordOrder(records: readonly RepomdRecord[]): RepomdRecord[] {
  const rank = ({ type }: RepomdRecord): number => {
    const known = RECORD_ORDER.indexOf(type);
    return known === -1 ? RECORD_ORDER.length : known;
  };
  return records.toSorted((a, b) => rank(a) - rank(b) || compareText(a.type, b.type) || compareText(a.path, b.path));
}
