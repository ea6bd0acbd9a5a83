import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';

const OUT_OF_SPACE = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** The code that Node or SQLite gives an error, such as `ENOENT`; undefined when it has none. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * What a failed call on the file system becomes: STORAGE_FULL when there is no room, STORAGE otherwise. A MirrorError stays as it is.
 * @param action what failed, as in "cannot <action>": "write /srv/mirror/tmp/x".
 */
export function storageError(error: unknown, action: string): MirrorError {
  if (isMirrorError(error)) return error;
  const code = systemCode(error);
  if (code !== undefined && OUT_OF_SPACE.has(code)) return diskFull(action, error);
  return new MirrorError('STORAGE', `cannot ${action}: ${reasonOf(error)}`, { hint: hintFor(code), cause: error });
}

/** STORAGE_FULL. @param action what failed, as in "cannot <action>". */
export function diskFull(action: string, cause: unknown): MirrorError {
  return new MirrorError('STORAGE_FULL', `cannot ${action}: no space is left on the disk`, {
    hint: 'Free some space and run again: what was already downloaded is kept.',
    cause,
  });
}

function hintFor(code: string | undefined): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Give the user that mirror runs as access to the storage directory, and mount it writable.';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'A file is where a directory of the storage should be: name another directory as `storage`.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open: raise the limit (ulimit -n).';
    case 'EIO':
      return 'The disk reports errors: look at the kernel log, and run `mirror verify` when it is sound again.';
    default:
      return 'Check that the storage directory exists, is writable, and that its disk is sound.';
  }
}
