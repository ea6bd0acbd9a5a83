import { isMirrorError, MirrorError } from '../core/errors.ts';
import { safeRelativePath } from '../core/paths.ts';
import { directoryUrl } from '../fetch/join-url.ts';
import { isNearby } from '../fetch/nearby.ts';

/** Where a file of a repository is, as the metadata states it. */
export interface StatedLocation {
  /** The href: a path relative to the base, or a whole URL. */
  readonly location: string;
  /** The `xml:base`. */
  readonly base?: string | undefined;
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;
const HTTP = /^https?:\/\//i;
/** Stands in a URL as it is. */
const PLAIN_PATH = /^[A-Za-z0-9\-._~][A-Za-z0-9\-._~/]*$/;

/**
 * The URLs of a file, best first: for each base as dnf encodes the href, then, where the href looks encoded already, with the href as it
 * is. An href may lead out of the repository but not to another server; an http(s) `xml:base` may, and takes the place of the bases, but not
 * to this machine or its link unless a base is there, too. What a base has as its query, such as an access token, comes after the path. Any other `xml:base`, such as that of a medium, is passed over.
 * PATH_UNSAFE when no base gives a URL.
 * @param what names the document in errors.
 */
export function fileUrls(stated: StatedLocation, bases: readonly string[], what: string): string[] {
  const { location } = stated;
  const ownBase = stated.base !== undefined && HTTP.test(stated.base) && URL.canParse(stated.base) ? stated.base : undefined;
  const roots = ownBase === undefined ? bases : [directoryUrl(ownBase)];
  const inward = ownBase !== undefined && isNearby(new URL(ownBase)) && !bases.some((base) => isNearby(new URL(base)));
  if (inward)
    throw new MirrorError(
      'PATH_UNSAFE',
      `${what} names the xml:base "${ownBase.slice(0, 200)}", an address of this machine or its own link`,
    );
  const forms = [ABSOLUTE.test(location) ? location : encodePath(location)];
  if (/%[0-9a-f]{2}/i.test(location) && !ABSOLUTE.test(location)) forms.push(location);
  const urls = forms.flatMap((form) => roots.map((root) => resolved(form, root)));
  const usable = [...new Set(urls.filter((url) => url !== undefined))];
  if (usable.length === 0) {
    throw new MirrorError(
      'PATH_UNSAFE',
      `${what} names the location "${location.slice(0, 200)}", which leads to another server or is no location`,
    );
  }
  return usable;
}

function resolved(href: string, root: string): string | undefined {
  const url = /[\s\p{Cc}\\]/u.test(href) || href === '' ? null : URL.parse(href, root);
  if (url === null) return undefined;
  const base = new URL(root);
  if (url.search === '' && base.search !== '' && !ABSOLUTE.test(href)) url.search = base.search;
  return HTTP.test(url.href) && url.origin === base.origin ? url.href : undefined;
}

/** A path as dnf puts it into a URL: everything but `A-Za-z0-9-._~/` as UTF-8 in lower-case hex. Leading slashes are dropped. */
export function encodePath(path: string): string {
  if (PLAIN_PATH.test(path)) return path;
  return [...Buffer.from(path.replace(/^\/+/, ''))]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~/]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** What a package is called, for the path that it is given where its own cannot be used. */
export interface PackageName {
  readonly name: string;
  /** [epoch:]version-release. */
  readonly version: string;
  readonly architecture: string;
}

/**
 * Where the package is published: the stated path where it is a safe one, else `Packages/<first letter>/<file>`. The file keeps its own name
 * where that ends in `.rpm`; PATH_UNSAFE when it has control characters, or is otherwise no file name.
 */
export function publishedPath(entry: PackageName, { location }: StatedLocation, what: string): string {
  const plain = ABSOLUTE.test(location) ? undefined : safePath(location, what);
  if (plain?.endsWith('.rpm') && !plain.startsWith('repodata/')) return plain;
  const path = ABSOLUTE.test(location) ? location.replace(/[?#].*$/s, '') : location;
  const stated = path.slice(path.lastIndexOf('/') + 1);
  const file =
    stated.endsWith('.rpm') && stated !== '.rpm' ? stated : `${entry.name}-${entry.version.replace(/^\d+:/, '')}.${entry.architecture}.rpm`;
  return safeRelativePath(`Packages/${file.slice(0, 1).toLowerCase()}/${file}`, what);
}

/** Undefined for a path that leads elsewhere; PATH_UNSAFE for one that is hostile anywhere. */
function safePath(location: string, what: string): string | undefined {
  if (/[\p{Cc}\\]/u.test(location)) return safeRelativePath(location, what);
  try {
    return safeRelativePath(location, what);
  } catch (error) {
    if (isMirrorError(error, 'PATH_UNSAFE')) return undefined;
    throw error;
  }
}
