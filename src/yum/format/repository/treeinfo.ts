import type { Checksum } from '../../../core/digests.ts';
import { MirrorError } from '../../../core/errors.ts';
import { compareText } from '../../../core/order.ts';
import { safeRelativePath } from '../../../core/paths.ts';
import { metadataChecksum } from '../repodata/metadata-checksum.ts';
import { type IniEntry, parseIni } from './ini.ts';
import { REPOMD, TREEINFO_NAMES } from './repository-paths.ts';

/** A file of an installation tree. */
export interface TreeFile {
  /** Relative to the tree, safe. */
  readonly path: string;
  /** Of a known kind; empty where the tree states none. */
  readonly checksums: readonly Checksum[];
}

/** A part of the distribution that has a repository of its own. */
export interface TreeVariant {
  readonly id: string;
  /** Where its repository is, relative to the tree; it may lead out of it. */
  readonly repository: string;
}

/** What a .treeinfo says: the format of productmd, and the one before it. */
export interface Treeinfo {
  /** Images, and whatever else has a checksum, but no metadata of repositories. By path. */
  readonly files: readonly TreeFile[];
  /** Of the tree's own repodata/repomd.xml. */
  readonly repomd: readonly Checksum[];
  /** Those whose repository is not the tree itself. */
  readonly variants: readonly TreeVariant[];
}

const MOST_FILES = 1000;
const MOST_VARIANTS = 200;
const OWN_NAMES: ReadonlySet<string> = new Set(TREEINFO_NAMES);
/** It stands in messages and, with some tools, in paths. */
const ID = /^[A-Za-z0-9][\w.+-]{0,99}$/;

/** Whether a server has answered with a page in place of the file. */
export function looksLikePage(bytes: Buffer): boolean {
  return /^(?:\uFEFF)?\s*</.test(bytes.subarray(0, 1000).toString('utf8'));
}

/**
 * A .treeinfo, read. METADATA_INVALID when it is no INI file, has no section that a tree has, too many files, or a variant whose id is none; PATH_UNSAFE when a
 * file leads out of the tree.
 * @param what names the document in errors.
 */
export function parseTreeinfo(bytes: Buffer, what: string): Treeinfo {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} is no .treeinfo: ${why}`);
  const sections = parseIni(bytes.toString('utf8'), { invalid: (line, why) => invalid(`line ${line}: ${why}`) });
  if (!['general', 'header', 'tree', 'release'].some((name) => sections.has(name))) throw invalid('it has none of the sections of one');
  const files = new Map<string, Checksum[]>();
  for (const [path, { value }] of sections.get('checksums') ?? []) files.set(safeRelativePath(path, what), checksumsOf(value));
  for (const image of imagesIn(sections)) {
    const path = safeRelativePath(image, what);
    if (!files.has(path)) files.set(path, []);
  }
  if (files.size > MOST_FILES) throw invalid(`it names ${files.size} files, more than ${MOST_FILES}`);
  const variants = [...sections].flatMap(([name, section]) => variantOf(name, section, invalid));
  if (variants.length > MOST_VARIANTS) throw invalid(`it has ${variants.length} variants, more than ${MOST_VARIANTS}`);
  return {
    files: [...files]
      .filter(([path]) => !/(?:^|\/)repodata(?:\/|$)/.test(path) && !OWN_NAMES.has(path))
      .map(([path, checksums]) => ({ path, checksums }))
      .sort((a, b) => compareText(a.path, b.path)),
    repomd: files.get(REPOMD) ?? [],
    variants,
  };
}

/** `sha256:<hex>` */
function checksumsOf(text: string): Checksum[] {
  const colon = text.indexOf(':');
  const stated = metadataChecksum(text.slice(0, Math.max(0, colon)).trim(), text.slice(colon + 1));
  return stated === undefined ? [] : [stated];
}

/** The paths of kernels, ramdisks, boot media and the second stage of the installer. */
function imagesIn(sections: ReadonlyMap<string, ReadonlyMap<string, IniEntry>>): string[] {
  const paths: string[] = [];
  for (const [name, section] of sections) {
    if (name !== 'stage2' && !name.startsWith('images-')) continue;
    for (const { value } of section.values()) if (value !== '') paths.push(value);
  }
  return paths;
}

function variantOf(name: string, section: ReadonlyMap<string, IniEntry>, invalid: (why: string) => MirrorError): TreeVariant[] {
  if (!/^(?:variant|addon)-/.test(name)) return [];
  const id = section.get('uid')?.value ?? section.get('id')?.value ?? name.replace(/^[a-z]+-/, '');
  if (!ID.test(id)) throw invalid(`it has a variant with the id "${id.slice(0, 60).replace(/\p{Cc}/gu, '?')}"`);
  const repository = (section.get('repository')?.value ?? '.').replace(/\/+$/, '').replace(/(?:^|\/)repodata$/, '') || '.';
  return repository === '.' ? [] : [{ id, repository: repository.slice(0, 200).replace(/\p{Cc}/gu, '?') }];
}
