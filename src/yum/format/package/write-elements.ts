import type { Checksum } from '../../../core/digests.ts';
import type { RelationKind } from '../repodata/relations.ts';
import { escapeAttribute, escapeText } from '../xml/xml-text.ts';
import { changelogEntries } from './changelogs.ts';
import { isPrimaryFile } from './header-files.ts';
import type { RpmFile, RpmPackage, RpmRelation } from './rpm-package.ts';

/** What filelists and other have of each package. */
type PackageIdentity = Pick<RpmPackage, 'name' | 'architecture' | 'epoch' | 'version' | 'release'>;

/** What primary says of a package that its headers do not. */
export interface PackageFacts {
  /** Of the package file; its value is the package's id. */
  readonly checksum: Checksum;
  /** What the kind of checksum is called; undefined for its usual name. Old clients know SHA-1 as `sha`. */
  readonly checksumName?: string | undefined;
  /** Of the package file, in bytes. */
  readonly packageSize: number;
  /** When the package file was last changed, in seconds since 1970. */
  readonly fileTime: number;
  /** Relative to the repository, or to `base`; not percent-encoded. */
  readonly location: string;
  /** The `xml:base` of the location. */
  readonly base?: string | undefined;
}

/** The lists of relations in the order in which createrepo_c writes them. */
const WRITTEN_RELATIONS: readonly RelationKind[] = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'suggests',
  'enhances',
  'recommends',
  'supplements',
];

/** The `<package>` element of primary, laid out as createrepo_c does it. */
export function primaryElement(entry: RpmPackage, facts: PackageFacts): string {
  const { checksum } = facts;
  const base = facts.base === undefined ? '' : `xml:base="${escapeAttribute(facts.base)}" `;
  let xml = `<package type="rpm">
  <name>${escapeText(entry.name)}</name>
  <arch>${escapeText(entry.architecture)}</arch>
${versionLine(entry)}  <checksum type="${facts.checksumName ?? checksum.algorithm}" pkgid="YES">${checksum.value}</checksum>
  <summary>${escapeText(entry.summary)}</summary>
  <description>${escapeText(entry.description)}</description>
  <packager>${escapeText(entry.packager)}</packager>
  <url>${escapeText(entry.url)}</url>
  <time file="${facts.fileTime}" build="${entry.buildTime}"/>
  <size package="${facts.packageSize}" installed="${entry.installedSize}" archive="${entry.archiveSize}"/>
  <location ${base}href="${escapeAttribute(facts.location)}"/>
  <format>
    <rpm:license>${escapeText(entry.license)}</rpm:license>
    <rpm:vendor>${escapeText(entry.vendor)}</rpm:vendor>
    <rpm:group>${escapeText(entry.group)}</rpm:group>
    <rpm:buildhost>${escapeText(entry.buildHost)}</rpm:buildhost>
    <rpm:sourcerpm>${escapeText(entry.sourceRpm)}</rpm:sourcerpm>
    <rpm:header-range start="${entry.headerStart}" end="${entry.headerEnd}"/>
`;
  for (const kind of WRITTEN_RELATIONS) xml += relationLines(kind, entry.relations[kind]);
  for (const file of entry.files) {
    if (isPrimaryFile(file.path)) xml += `    ${fileElement(file)}`;
  }
  return `${xml}  </format>\n</package>`;
}

function versionLine({ epoch, version, release }: Pick<RpmPackage, 'epoch' | 'version' | 'release'>): string {
  return `  <version epoch="${epoch}" ver="${escapeAttribute(version)}" rel="${escapeAttribute(release)}"/>\n`;
}

function relationLines(kind: RelationKind, relations: readonly RpmRelation[]): string {
  if (relations.length === 0) return '';
  let xml = `    <rpm:${kind}>\n`;
  for (const { name, flags, epoch, version, release, pre } of relations) {
    xml += `      <rpm:entry name="${escapeAttribute(name)}"`;
    if (flags !== undefined) {
      xml += ` flags="${flags}"`;
      if (epoch !== undefined) xml += ` epoch="${epoch}"`;
      if (version !== undefined) xml += ` ver="${escapeAttribute(version)}"`;
      if (release !== undefined) xml += ` rel="${escapeAttribute(release)}"`;
    }
    xml += pre && kind === 'requires' ? ' pre="1"/>\n' : '/>\n';
  }
  return `${xml}    </rpm:${kind}>\n`;
}

/** With its line break. */
function fileElement({ path, kind }: RpmFile): string {
  return kind === 'file' ? `<file>${escapeText(path)}</file>\n` : `<file type="${kind}">${escapeText(path)}</file>\n`;
}

/**
 * The `<package>` element of filelists.
 * @param packageId the value of the checksum that primary has of the package.
 */
export function filelistsElement(entry: RpmPackage, packageId: string): string {
  let xml = startLines(entry, packageId);
  for (const file of entry.files) xml += `  ${fileElement(file)}`;
  return `${xml}</package>`;
}

/**
 * The `<package>` element of other, which has the changelog.
 * @param packageId the value of the checksum that primary has of the package.
 * @param changelogLimit of how many changes at most; undefined for all.
 */
export function otherElement(entry: RpmPackage, packageId: string, changelogLimit: number | undefined): string {
  let xml = startLines(entry, packageId);
  for (const { author, date, text } of changelogEntries(entry.changelogs, changelogLimit)) {
    xml += `  <changelog author="${escapeAttribute(author)}" date="${date}">${escapeText(text)}</changelog>\n`;
  }
  return `${xml}</package>`;
}

/** What filelists or other say of a package of which nothing is known there. */
export function emptyElement(entry: PackageIdentity, packageId: string): string {
  return `${startLines(entry, packageId)}</package>`;
}

function startLines(entry: PackageIdentity, packageId: string): string {
  const [name, architecture] = [escapeAttribute(entry.name), escapeAttribute(entry.architecture)];
  return `<package pkgid="${packageId}" name="${name}" arch="${architecture}">\n${versionLine(entry)}`;
}
