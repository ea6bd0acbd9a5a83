import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import { parseSourceField } from './source-field.ts';

/** What dpkg takes as the name of a package. */
const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;

/** Whether the text can be the name of a binary or source package. Such a name is safe as one segment of a path, too. */
export function isPackageName(text: string): boolean {
  return text.length <= 200 && PACKAGE_NAME.test(text);
}

/** A package file that is to be put into a pool. */
export interface PoolPackage {
  readonly component: string;
  /** The package's own name, which its source has unless the Source field says otherwise. */
  readonly name: string;
  /** The Source field: `name` or `name (version)`. */
  readonly source: string | undefined;
  /** The bare name of the package file. */
  readonly file: string;
}

/**
 * Where a package file is in the pool of a published archive: pool/<component>/<prefix>/<source>/<file>, the prefix being the first
 * letter, or the first four of a name that begins with `lib`. Throws PATH_UNSAFE for names that cannot be part of a path.
 */
export function poolPath(pool: PoolPackage): string {
  const source = parseSourceField(pool.source)?.name ?? pool.name;
  if (!isPackageName(source)) {
    throw new MirrorError('PATH_UNSAFE', `package ${pool.name}: the source "${source.slice(0, 200)}" is not the name of a package`);
  }
  const prefix = poolPrefix(source);
  if (pool.file === '' || pool.file === '.' || pool.file.includes('/'))
    throw new MirrorError('PATH_UNSAFE', `package ${pool.name}: "${pool.file.slice(0, 200)}" is not a bare file name`);
  return safeRelativePath(`pool/${pool.component}/${prefix}/${source}/${pool.file}`, `package ${pool.name}`);
}

/** The directory in which that of a source package is: its first letter, or the first four of a name that begins with `lib`. */
export function poolPrefix(source: string): string {
  return source.slice(0, source.startsWith('lib') ? 4 : 1);
}
