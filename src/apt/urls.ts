import type { AptMirrorConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { safeRelativePath } from '../core/paths.ts';

/** Where Launchpad serves PPAs from. */
const PPA_BASE = 'https://ppa.launchpadcontent.net/';

/** Base URLs of a mirror, each ending in `/`. Throws CONFIG_INVALID when it has neither `url` nor `ppa`. */
export function baseUrls(name: string, config: AptMirrorConfig): string[] {
  if (config.url !== undefined) return config.url.map((url) => (url.endsWith('/') ? url : `${url}/`));
  if (config.ppa !== undefined) return [`${PPA_BASE}${config.ppa}/ubuntu/`];
  throw new MirrorError('CONFIG_INVALID', `mirror ${name} says neither where its upstream is (url) nor which PPA it is (ppa)`);
}

/** What nothing has to be escaped in. */
const PLAIN = /^[A-Za-z0-9_.!~*'()/-]*$/;

/** A safe relative path as it is written in a URL: every character but letters, digits and -_.!~*'() escaped in each segment. */
export function urlPath(path: string): string {
  return PLAIN.test(path) ? path : path.split('/').map(encodeURIComponent).join('/');
}

/** Where the files that a Release names are, as a path under the mirror's base: empty, or ending in `/`. */
export function releaseDirectory(name: string, suite: string): string {
  const what = `the suite of mirror ${name}`;
  if (!suite.endsWith('/')) return `dists/${safeRelativePath(suite, what)}/`;
  return suite === '/' || suite === './' ? '' : `${safeRelativePath(suite, what)}/`;
}

/** A suite whose name ends in `/` is a flat repository: its Packages file is beside its Release file. */
export function isFlat(suite: string): boolean {
  return suite.endsWith('/');
}
