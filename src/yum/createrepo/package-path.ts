import { compareBytes } from '../../core/order.ts';

/** A package file that is to be listed. */
export interface PackagePath {
  /** Absolute. */
  readonly file: string;
  /** Relative to the directory of packages, with `/` between its parts. */
  readonly relative: string;
}

/** Orders packages as createrepo_c does: by the bytes of the file name, then of the directory. */
export function comparePackagePaths(a: PackagePath, b: PackagePath): number {
  const [nameA, nameB] = [a.relative.slice(a.relative.lastIndexOf('/') + 1), b.relative.slice(b.relative.lastIndexOf('/') + 1)];
  return compareBytes(nameA, nameB) || compareBytes(a.relative, b.relative);
}

/**
 * The `href` of a package: without its first directories, as many as `cutDirs` says but never the file's name, and with the prefix
 * before it.
 */
export function packageHref(relative: string, { cutDirs, prefix }: { readonly cutDirs: number; readonly prefix: string }): string {
  if (cutDirs === 0 && prefix === '') return relative;
  const parts = relative.split('/');
  const kept = parts.slice(Math.min(cutDirs, parts.length - 1)).join('/');
  return prefix === '' ? kept : `${prefix.replace(/\/+$/, '')}/${kept}`;
}
