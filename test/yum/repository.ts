import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { escapeAttribute, escapeText } from '../../src/yum/format/xml/xml-text.ts';

/** A package of a repository that has metadata alone. Relations are written as in a spec file. */
export interface XmlPackage {
  readonly name: string;
  readonly arch?: string;
  readonly epoch?: string;
  readonly version?: string;
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
  readonly conflicts?: readonly string[];
  readonly obsoletes?: readonly string[];
  readonly recommends?: readonly string[];
  readonly suggests?: readonly string[];
  readonly supplements?: readonly string[];
  readonly enhances?: readonly string[];
  /** Files that primary lists. */
  readonly files?: readonly string[];
  /** Files that only filelists lists. */
  readonly hiddenFiles?: readonly string[];
  readonly sourceRpm?: string;
}

const FLAGS: Readonly<Record<string, string>> = { '=': 'EQ', '<': 'LT', '>': 'GT', '<=': 'LE', '>=': 'GE' };

/**
 * Writes the metadata of a repository. Every package also provides itself, as real ones do. `further` are documents by their type: `modules`,
 * `group`, `updateinfo`.
 */
export function writeRepository(root: string, packages: readonly XmlPackage[], further: Readonly<Record<string, string>> = {}): void {
  mkdirSync(join(root, 'repodata'), { recursive: true });
  const count = `packages="${packages.length}"`;
  const namespace = 'http://linux.duke.edu/metadata';
  const documents: Record<string, string> = {
    primary: `<metadata xmlns="${namespace}/common" xmlns:rpm="${namespace}/rpm" ${count}>\n${packages.map(primary).join('\n')}\n</metadata>`,
    filelists: `<filelists xmlns="${namespace}/filelists" ${count}>\n${packages.map(filelists).join('\n')}\n</filelists>`,
    other: `<otherdata xmlns="${namespace}/other" ${count}>\n${packages.map((entry) => identified(entry, '')).join('\n')}\n</otherdata>`,
    ...further,
  };
  const records = Object.entries(documents).map(([type, text]) => {
    const packed = gzipSync(text);
    writeFileSync(join(root, `repodata/${type}.xml.gz`), packed);
    return `<data type="${type}"><checksum type="sha256">${sha256(packed)}</checksum><open-checksum type="sha256">${sha256(text)}</open-checksum>
<location href="repodata/${type}.xml.gz"/><timestamp>1700000000</timestamp><size>${packed.length}</size><open-size>${Buffer.byteLength(text)}</open-size></data>`;
  });
  writeFileSync(join(root, 'repodata/repomd.xml'), `<repomd xmlns="${namespace}/repo"><revision>1</revision>${records.join('')}</repomd>`);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function label({ arch = 'noarch', name, version = '1' }: XmlPackage): string {
  return `${name}-${version}-1.${arch}`;
}

function version(entry: XmlPackage): string {
  return `<version epoch="${entry.epoch ?? '0'}" ver="${entry.version ?? '1'}" rel="1"/>`;
}

function primary(entry: XmlPackage): string {
  const { arch = 'noarch', files = [], name, provides = [], recommends = [], requires = [], sourceRpm, suggests = [] } = entry;
  const { conflicts = [], obsoletes = [], supplements = [], enhances = [] } = entry;
  const evr = `${entry.epoch === undefined ? '' : `${entry.epoch}:`}${entry.version ?? '1'}-1`;
  const source = arch === 'src' ? '' : (sourceRpm ?? `${name}-1-1.src.rpm`);
  return `<package type="rpm"><name>${name}</name><arch>${arch}</arch>${version(entry)}<checksum type="sha256" pkgid="YES">${sha256(label(entry))}</checksum>
<summary>A &lt;test&gt;</summary><description>A test</description><packager/><url/><time file="1" build="1"/><size package="3" installed="1" archive="1"/>
<location href="${label(entry)}.rpm"/><format><rpm:license>MIT</rpm:license><rpm:vendor/><rpm:group/><rpm:buildhost/><rpm:sourcerpm>${source}</rpm:sourcerpm>
<rpm:header-range start="1" end="2"/>${relations('provides', [`${name} = ${evr}`, ...provides])}${relations('requires', requires)}${relations('conflicts', conflicts)}${relations('obsoletes', obsoletes)}${relations('suggests', suggests)}${relations('recommends', recommends)}${relations('supplements', supplements)}${relations('enhances', enhances)}${fileTags(files)}</format></package>`;
}

function relations(kind: string, list: readonly string[]): string {
  if (list.length === 0) return '';
  const entries = list.map((text) => {
    const [name = '', operator, evr] = text.startsWith('(') ? [text] : text.split(' ');
    const [, epoch = '0', ver = '', rel] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/.exec(evr ?? '') ?? [];
    const range =
      operator === undefined ? '' : ` flags="${FLAGS[operator]}" epoch="${epoch}" ver="${ver}"${rel === undefined ? '' : ` rel="${rel}"`}`;
    return `<rpm:entry name="${escapeAttribute(name)}"${range}/>`;
  });
  return `<rpm:${kind}>${entries.join('')}</rpm:${kind}>`;
}

function filelists(entry: XmlPackage): string {
  return identified(entry, fileTags([...(entry.files ?? []), ...(entry.hiddenFiles ?? [])]));
}

function identified(entry: XmlPackage, content: string): string {
  return `<package pkgid="${sha256(label(entry))}" name="${entry.name}" arch="${entry.arch ?? 'noarch'}">${version(entry)}${content}</package>`;
}

function fileTags(files: readonly string[]): string {
  return files.map((file) => `<file>${escapeText(file)}</file>`).join('');
}
