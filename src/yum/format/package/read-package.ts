import { MirrorError } from '../../../core/errors.ts';
import { headerChangelogs } from './changelogs.ts';
import { headerFiles } from './header-files.ts';
import { headerRelations } from './header-relations.ts';
import { headerText } from './header-text.ts';
import { IMMUTABLE_REGION, isSourceFile, parseHeaders } from './package-file.ts';
import type { RpmHeader } from './rpm-header.ts';
import type { RpmPackage } from './rpm-package.ts';

const TAG = {
  locales: 100,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  summary: 1004,
  description: 1005,
  buildTime: 1006,
  buildHost: 1007,
  size: 1009,
  vendor: 1011,
  license: 1014,
  packager: 1015,
  group: 1016,
  url: 1020,
  architecture: 1022,
  sourceRpm: 1044,
  archiveSize: 1046,
  longSize: 5009,
} as const;

/** Of the signature header; those of the main header stand in for them. */
const SIGNATURE_TAG = { longArchiveSize: 271, payloadSize: 1007 } as const;

/**
 * Reads all that metadata has of an RPM package (rpm package formats v3, v4 and v6) from its first bytes, at least as many as `headersNeed` asks
 * for. METADATA_INVALID when these are malformed or lack what every package has: with the tag and the place of the entry, where it is one.
 * @param what names the package in errors.
 */
export function readPackage(head: Buffer, what: string): RpmPackage {
  const { signature, main: header, headerStart, headerEnd } = parseHeaders(head, what, { wholeRegion: false });
  const isSource = isSourceFile(head, header);
  const text = (tag: number): string => headerText(header.byteString(tag, 0) ?? '');
  const required = (tag: number, name: string): string => {
    const value = text(tag);
    if (value === '') throw new MirrorError('METADATA_INVALID', `${what} has no ${name} in its header (tag ${tag})`);
    return value;
  };
  const untranslated = header.byteStrings(TAG.locales).indexOf('C');
  const translated = (tag: number): string => headerText(header.byteString(tag, untranslated) ?? header.byteString(tag, 0) ?? '');
  const files = headerFiles(header);
  const relations = headerRelations(header, files);
  const evr = {
    epoch: String(header.number(TAG.epoch) ?? 0),
    version: required(TAG.version, 'version'),
    release: required(TAG.release, 'release'),
  };
  const name = required(TAG.name, 'name');
  // Binary packages of format v3 provide themselves without stating it.
  if (!header.has(IMMUTABLE_REGION) && !isSource) relations.provides.push({ name, flags: 'EQ', ...evr, pre: false });
  return {
    name,
    ...evr,
    architecture: isSource ? 'src' : required(TAG.architecture, 'architecture'),
    summary: translated(TAG.summary),
    description: translated(TAG.description),
    packager: text(TAG.packager),
    url: text(TAG.url),
    license: text(TAG.license),
    vendor: text(TAG.vendor),
    group: translated(TAG.group),
    buildHost: text(TAG.buildHost),
    // What rpm says of a package whose source is not stated.
    sourceRpm: isSource || header.has(TAG.sourceRpm) ? text(TAG.sourceRpm) : '(none)',
    buildTime: header.number(TAG.buildTime) ?? 0,
    installedSize: header.number(TAG.longSize) ?? header.number(TAG.size) ?? 0,
    archiveSize: archiveSize(header, signature),
    headerStart,
    headerEnd,
    relations,
    files,
    changelogs: headerChangelogs(header),
  };
}

function archiveSize(header: RpmHeader, signature: RpmHeader): number {
  return (
    signature.number(SIGNATURE_TAG.longArchiveSize) ?? signature.number(SIGNATURE_TAG.payloadSize) ?? header.number(TAG.archiveSize) ?? 0
  );
}
