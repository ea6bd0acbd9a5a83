import type { Checksum } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import { metadataChecksum } from './metadata-checksum.ts';
import { childOf, parseSmallXml, type XmlElement } from './small-xml.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

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
  /** In milliseconds since 1970. */
  readonly timestamp?: number | undefined;
}

export interface Repomd {
  readonly revision?: string | undefined;
  /** In the order of the document. */
  readonly records: readonly RepomdRecord[];
}

/**
 * repomd.xml, read. METADATA_INVALID when it is malformed or a record lacks its checksum or location; PATH_UNSAFE when a location leads
 * out of the repository. Of a type that is there twice both records are given.
 * @param what names the document in errors.
 */
export function parseRepomd(bytes: Buffer, what: string): Repomd {
  const root = parseSmallXml(bytes, what);
  if (root.name !== 'repomd') throw new MirrorError('METADATA_INVALID', `${what} has the root element <${root.name}>, not <repomd>`);
  const revision = childOf(root, 'revision')?.text;
  return {
    revision: revision === '' ? undefined : revision,
    records: root.children.filter((child) => child.name === 'data').map((data) => recordOf(data, what)),
  };
}

function recordOf(data: XmlElement, what: string): RepomdRecord {
  const type = data.attributes.get('type') ?? '';
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what}: the record of type "${type}" ${why}`);
  if (type === '') throw invalid('has no type');
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
  const timestamp = numberIn('timestamp');
  return {
    type,
    path: safeRelativePath(href, what),
    base: location?.attributes.get('xml:base'),
    checksum,
    size: numberIn('size'),
    openChecksum,
    openSize: numberIn('open-size'),
    timestamp: timestamp === undefined ? undefined : Math.floor(timestamp * 1000),
  };
}

function checksumIn(data: XmlElement, name: string): Checksum | undefined {
  const element = childOf(data, name);
  return element === undefined ? undefined : metadataChecksum(element.attributes.get('type') ?? '', element.text);
}

/**
 * The text of a repomd.xml (UTF-8) with these records in this order: the same input gives the same bytes.
 * @param revision what clients see as the revision.
 */
export function formatRepomd(revision: string, records: readonly RepomdRecord[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">',
    `  <revision>${escapeText(revision)}</revision>`,
  ];
  for (const record of records) {
    lines.push(`  <data type="${escapeAttribute(record.type)}">`, `    ${checksumElement('checksum', record.checksum)}`);
    if (record.openChecksum !== undefined) lines.push(`    ${checksumElement('open-checksum', record.openChecksum)}`);
    lines.push(`    <location href="${escapeAttribute(record.path)}"/>`);
    if (record.timestamp !== undefined) lines.push(`    <timestamp>${Math.floor(record.timestamp / 1000)}</timestamp>`);
    if (record.size !== undefined) lines.push(`    <size>${record.size}</size>`);
    if (record.openSize !== undefined) lines.push(`    <open-size>${record.openSize}</open-size>`);
    lines.push('  </data>');
  }
  lines.push('</repomd>', '');
  return lines.join('\n');
}

function checksumElement(name: string, { algorithm, value }: Checksum): string {
  return `<${name} type="${algorithm === 'sha1' ? 'sha' : algorithm}">${value}</${name}>`;
}
