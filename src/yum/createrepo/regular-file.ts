import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { MirrorError } from '../../core/errors.ts';

/** A file that is open for reading; whoever asked for it closes it. */
export interface RegularFile {
  readonly descriptor: number;
  readonly stat: Stats;
}

/**
 * Opens a file. Throws the system's errors, and METADATA_INVALID for what is no regular file: to open a named pipe otherwise waits, for as long as
 * nobody writes to it.
 */
export function openRegularFile(path: string): RegularFile {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let stat: Stats | undefined;
  try {
    stat = fstatSync(descriptor);
    if (stat.isFile()) return { descriptor, stat };
    throw new MirrorError('METADATA_INVALID', `${path} is not a regular file`);
  } finally {
    if (stat?.isFile() !== true) closeSync(descriptor);
  }
}
