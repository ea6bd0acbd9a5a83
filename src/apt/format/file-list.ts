import { MirrorError } from '../../core/errors.ts';
import type { PackagedEntry } from './deb-file.ts';

/** Of one package, in bytes. The longest lists that are known have some ten MiB. */
const MAX_LIST = 64 * 1024 * 1024;

/** The paths that a package installs, gathered one after another. */
export interface FileList {
  add(entry: PackagedEntry): void;
  /** The paths of everything but directories, sorted by their bytes, each once, with line breaks between them. Empty when there are none. */
  text(): Buffer;
}

/**
 * Gathers what a package installs, in the form that Contents indexes are made from. METADATA_INVALID when it is more than fits in memory.
 * @param what names the package in errors.
 */
export function createFileList(what: string): FileList {
  // One byte a character, so that text sorts as bytes do.
  const paths: string[] = [];
  let size = 0;
  return {
    add({ path, type }) {
      if (type === 'directory' || path.length === 0) return;
      size += path.length + 1;
      if (size > MAX_LIST)
        throw new MirrorError(
          'METADATA_INVALID',
          `${what} installs more files than can be listed: their paths take over ${MAX_LIST} bytes`,
        );
      paths.push(path.toString('latin1'));
    },
    text() {
      paths.sort();
      return Buffer.from(paths.filter((path, index) => path !== paths[index - 1]).join('\n'), 'latin1');
    },
  };
}
