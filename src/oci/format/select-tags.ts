import semver from 'semver';
import { compareText } from '../../core/order.ts';
import { compileGlob } from '../../query/glob.ts';
import { digestInTag } from './digest-tags.ts';

/** Which of a repository's tags are wanted: those that a glob or the range takes, without those that `exclude` takes. */
export interface TagSelection {
  readonly globs: readonly string[];
  /** Of versions, in the notation of npm. A tag may have a `v` before its version and no patch number; a lone number is none, it may be a date. */
  readonly range?: string | undefined;
  readonly exclude: readonly string[];
}

/** A selection whose globs are known to be right. Throws QUERY_INVALID. */
export function tagSelection(selection: TagSelection): TagSelection {
  for (const glob of [...selection.globs, ...selection.exclude]) compileGlob(glob);
  return selection;
}

/**
 * The tags that are wanted, sorted: versions by their order, and what is no version behind them. None is what the caller makes an error of.
 * Tags that are made of a digest are none of an image: signatures go along with what they sign. A pre-release (`1.2.0-rc1`) is taken by a range only where that names one of the same version, as npm has it.
 */
export function selectTags({ globs, range, exclude }: TagSelection, tags: readonly string[]): string[] {
  const wanted = globs.map(compileGlob);
  const unwanted = exclude.map(compileGlob);
  const inRange = (tag: string): boolean => {
    const version = versionOf(tag);
    return range !== undefined && version !== undefined && semver.satisfies(version, range);
  };
  return [...new Set(tags)]
    .filter((tag) => digestInTag(tag) === undefined)
    .filter((tag) => (wanted.some((matches) => matches(tag)) || inRange(tag)) && !unwanted.some((matches) => matches(tag)))
    .sort(compareTags);
}

/** What it is called in messages, such as `v1.*, >=2 <3`. */
export function describeSelection({ globs, range }: TagSelection): string {
  return [...globs, ...(range === undefined ? [] : [range])].join(', ');
}

const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?((?:-[0-9A-Za-z.-]+)?(?:[+_][0-9A-Za-z._-]+)?)$/;

/** The version that a tag stands for: charts have `_` where a version has `+`, because a tag cannot. */
function versionOf(tag: string): string | undefined {
  const [, major, minor, patch = '0', rest = ''] = VERSION.exec(tag) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return semver.valid(`${major}.${minor}.${patch}${rest.replace('_', '+').replaceAll('_', '-')}`) ?? undefined;
}

function compareTags(a: string, b: string): number {
  const [first, second] = [versionOf(a), versionOf(b)];
  if (first === undefined || second === undefined) return first === second ? compareText(a, b) : first === undefined ? 1 : -1;
  return semver.compareBuild(first, second) || compareText(a, b);
}
