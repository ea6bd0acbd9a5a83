import { headerText } from './header-text.ts';
import type { RpmHeader } from './rpm-header.ts';
import type { RpmFile } from './rpm-package.ts';

const TAG = {
  oldFileNames: 1027,
  modes: 1030,
  flags: 1037,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
} as const;

const MODE_TYPE = 0o170000;
const MODE_DIRECTORY = 0o040000;
const FLAG_GHOST = 0x40;
/** Of all paths of a package together, in bytes: many files may name one long directory. */
const MAX_PATHS = 64 * 1024 * 1024;

/**
 * The files of a package, as many as have a mode and flags.
 * METADATA_INVALID when a file names a directory that there is not, or the paths are over 64 MiB together.
 */
export function headerFiles(header: RpmHeader): readonly RpmFile[] {
  const modes = header.numbers(TAG.modes);
  const flags = header.numbers(TAG.flags);
  if (modes.length === 0 || flags.length === 0) return [];
  const files: RpmFile[] = [];
  let size = 0;
  const add = (path: string): void => {
    const index = files.length;
    size += path.length;
    if (size > MAX_PATHS) throw header.invalid(TAG.directoryIndexes, `makes paths of over ${MAX_PATHS} bytes`);
    files.push({ path: headerText(path), kind: kindOf(modes[index] ?? 0, flags[index] ?? 0) });
  };
  const most = Math.min(modes.length, flags.length);
  if (!header.has(TAG.baseNames)) {
    for (const path of header.byteStrings(TAG.oldFileNames).slice(0, most)) add(path);
    return files;
  }
  const directories = header.byteStrings(TAG.directoryNames);
  const indexes = header.numbers(TAG.directoryIndexes);
  const names = header.byteStrings(TAG.baseNames);
  if (directories.length > names.length) throw header.invalid(TAG.directoryNames, `has more directories than there are files`);
  for (const [position, name] of names.entries()) {
    const index = indexes[position];
    if (position >= most || index === undefined) break;
    const directory = directories[index];
    if (directory === undefined) throw header.invalid(TAG.directoryIndexes, `names the directory ${index} of ${directories.length}`);
    add(directory + name);
  }
  return files;
}

function kindOf(mode: number, flags: number): RpmFile['kind'] {
  if ((mode & MODE_TYPE) === MODE_DIRECTORY) return 'dir';
  return (flags & FLAG_GHOST) !== 0 ? 'ghost' : 'file';
}

/** Whether primary lists the file, too: what most dependencies on files are on, by the rule that all generators share. */
export function isPrimaryFile(path: string): boolean {
  return path.startsWith('/etc/') || path.includes('bin/') || path === '/usr/lib/sendmail';
}
