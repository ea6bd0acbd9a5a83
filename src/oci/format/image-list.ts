import { absoluteChartItems, absoluteImageItems } from '../../config/image-list-paths.ts';
import { type ChartItem, type ImageItem, imageListSchema, type VerifyPolicy } from '../../config/image-list-schema.ts';
import type { YamlSource } from '../../config/yaml-source.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { isGlob } from '../../query/glob.ts';
import type { SourceProblem } from '../content.ts';
import { ketManifestItems } from './ket-manifest.ts';
import { listInvalid, listText, parseTextYaml, readBy } from './list-document.ts';
import type { ListItem } from './list-item.ts';
import { plainListItems } from './plain-list.ts';
import { type Platform, parsePlatform } from './platform.ts';
import { formatReference, type ImageReference, parseReference } from './reference.ts';
import { type TagSelection, tagSelection } from './select-tags.ts';

interface AnyEntry {
  /** The file and line, or the key of the configuration. */
  readonly where: string;
  /** The repository at the target, instead of what the convention gives. */
  readonly as?: string | undefined;
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  readonly verify?: VerifyPolicy | undefined;
}

/** Images of one repository: one by tag or digest, or by `select` those among its tags that are wanted. */
export interface ImageEntry extends AnyEntry {
  readonly kind: 'image';
  readonly reference: ImageReference;
  readonly select?: TagSelection | undefined;
}

/** A chart: of a registry, as an image is, or in a file. */
export interface ChartEntry extends AnyEntry {
  readonly kind: 'chart';
  readonly chart: { readonly reference: ImageReference; readonly select?: TagSelection | undefined } | { readonly file: string };
  /** Whether the images that it names are wanted, too. */
  readonly withImages: boolean;
}

export type ImageListEntry = ImageEntry | ChartEntry;

/** A list, read. One entry that is wrong does not spoil the others. */
export interface ImageList {
  readonly entries: readonly ImageListEntry[];
  readonly problems: readonly SourceProblem[];
}

export interface ImageListOptions {
  /** Of a plan file, for a KET manifest; KET's own where there is none. */
  readonly kubernetesVersion?: string | undefined;
  /** Of the list: files that it names are relative to it. */
  readonly directory?: string | undefined;
}

/**
 * Reads a list of images, whose kind its content tells: the manifest of KET, a plain text with one reference a line, or YAML with `images` and
 * `charts` (docs/guides/images.md). Each entry comes once, in the order of the list. Throws LIST_INVALID where there is no list in it at all.
 * @param what names it in errors.
 */
export function parseImageList(text: string, what: string, options: ImageListOptions = {}): ImageList {
  const content = listText(text, what);
  if (!looksLikeYaml(content)) return plainList(content, what);
  const source = parseTextYaml(content, what);
  if (hasKey(source.value, 'official_images')) return collectEntries(ketManifestItems(source, what, options.kubernetesVersion), []);
  return ownList(source, what, options.directory ?? '.');
}

/** The entries of `registry.images` and `registry.charts`, as a list of their own has them. */
export function configuredImageList(images: readonly ImageItem[], charts: readonly ChartItem[]): ImageList {
  const at = <T>(key: string, items: readonly T[]) => items.map((item, index) => ({ where: `registry.${key}[${index}]`, item }));
  return collectEntries(at('images', images), at('charts', charts));
}

/** A reference in a list never has a blank behind its colon, and begins with no sign. */
function looksLikeYaml(text: string): boolean {
  const first = text.split(/\r\n|\n|\r/).find((line) => !/^\s*(?:#.*)?$/.test(line)) ?? '';
  return /^\s*(?:---|%YAML|[-{["']|[A-Za-z_][\w-]*\s*:(?:\s|$))/.test(first);
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function plainList(text: string, what: string): ImageList {
  const items = plainListItems(text, what);
  const list = collectEntries(items, []);
  const [first] = list.problems;
  if (list.entries.length === 0 && first !== undefined)
    throw new MirrorError('LIST_INVALID', `${what} is no list of images that is known here: ${first.what}: ${first.reason}`);
  return list;
}

function ownList(source: YamlSource, what: string, directory: string): ImageList {
  // The smallest list of all: `- nginx:1.25` and so on.
  const bare = Array.isArray(source.value);
  const value = bare ? { images: source.value } : source.value;
  if (!bare && !hasKey(value, 'images') && !hasKey(value, 'charts')) {
    const plan = hasKey(value, 'docker_registry') || hasKey(value, 'cluster');
    const kind = plan ? 'this is a plan file of KET, which names no images' : 'this is no list of images';
    throw listInvalid(what, source.position([], 'value'), `${kind}; allowed: images, charts or official_images`);
  }
  const { images, charts } = readBy(imageListSchema, value, source, what);
  const at = <T>(key: string, items: readonly T[]) =>
    items.map((item, index) => ({ where: `${what}:${source.position(bare ? [index] : [key, index], 'value').line}`, item }));
  return collectEntries(at('images', absoluteImageItems(images, directory)), at('charts', absoluteChartItems(charts, directory)));
}

function collectEntries(images: readonly ListItem[], charts: readonly { readonly where: string; readonly item: ChartItem }[]): ImageList {
  const entries = new Map<string, ImageListEntry>();
  const problems: SourceProblem[] = [];
  const take = (where: string, read: () => ImageListEntry[]): void => {
    try {
      for (const entry of read()) {
        const key = JSON.stringify({ ...entry, where: '' });
        if (!entries.has(key)) entries.set(key, entry);
      }
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      problems.push({ what: where, reason: error.message });
    }
  };
  for (const listed of images) {
    if ('reason' in listed) problems.push({ what: listed.where, reason: listed.reason });
    else take(listed.where, () => imageEntries(listed.item, listed.where));
  }
  for (const { where, item } of charts) take(where, () => [chartEntry(item, where)]);
  return { entries: [...entries.values()], problems };
}

/** One entry for each tag and digest that is named in full, and one for what is to be chosen. */
function imageEntries(item: ImageItem, where: string): ImageEntry[] {
  if (typeof item === 'string') return [{ kind: 'image', where, platforms: [], reference: parseReference(item) }];
  const { tags = [], digests = [], semver, exclude, as, verify } = item;
  const repository = parseReference(item.image);
  const common = { kind: 'image' as const, where, platforms: platformsOf(item.platforms), as, verify };
  const globs = tags.filter(isGlob);
  const chosen = globs.length > 0 || semver !== undefined;
  if (tags.length === 0 && digests.length === 0 && !chosen) return [{ ...common, reference: repository }];
  requireBare(repository, 'tags, semver and digests');
  return [
    ...tags.filter((tag) => !isGlob(tag)).map((tag) => ({ ...common, reference: parseReference(`${formatReference(repository)}:${tag}`) })),
    ...digests.map((digest) => ({ ...common, reference: { ...repository, digest } })),
    ...(chosen ? [{ ...common, reference: repository, select: tagSelection({ globs, range: semver, exclude }) }] : []),
  ];
}

function chartEntry(item: ChartItem, where: string): ChartEntry {
  const { chart, version, semver, images, as, verify, platforms } =
    typeof item === 'string' ? { chart: item, images: true, platforms: [] } : item;
  const common = { kind: 'chart' as const, where, platforms: platformsOf(platforms), as, verify, withImages: images };
  const remote = /^oci:\/\/(.+)$/.exec(chart)?.[1];
  if (remote === undefined) {
    if (!/\.(?:tgz|tar\.gz)$/.test(chart)) throw invalidItem(`"${chart}" is no chart: name oci://… or a .tgz file`);
    if (version !== undefined || semver !== undefined) throw invalidItem(`"${chart}" is a file, which has one version only`);
    return { ...common, chart: { file: chart } };
  }
  const reference = parseReference(remote.replaceAll('+', '_'));
  if (version === undefined && semver === undefined) {
    if (reference.tag === undefined && reference.digest === undefined)
      throw invalidItem(`"${chart}" has no version: write it behind a colon, or as version or semver`);
    return { ...common, chart: { reference } };
  }
  requireBare(reference, 'version and semver');
  if (version !== undefined && semver !== undefined) throw invalidItem('version and semver exclude each other');
  if (version !== undefined) return { ...common, chart: { reference: { ...reference, tag: version.replaceAll('+', '_') } } };
  return { ...common, chart: { reference, select: tagSelection({ globs: [], range: semver, exclude: [] }) } };
}

function requireBare(reference: ImageReference, keys: string): void {
  if (reference.tag === undefined && reference.digest === undefined) return;
  throw invalidItem(`"${formatReference(reference)}" has a tag or digest already, beside ${keys}`);
}

function platformsOf(texts: readonly string[]): Platform[] {
  return texts.flatMap((text) => parsePlatform(text) ?? []);
}

function invalidItem(why: string): MirrorError {
  return new MirrorError('LIST_INVALID', why);
}
