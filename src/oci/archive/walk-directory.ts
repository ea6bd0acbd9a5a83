import type { Dirent } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import { compareBytes } from '../../core/order.ts';
import type { ArchivedFile } from './archived-file.ts';
import { bytesOf, openFile, type Reading } from './file-bytes.ts';

const MAX_DEPTH = 32;

/**
 * The files and links below a directory, in the order of their names. Links are told of and never followed. FILE_MISSING for what cannot be read,
 * ARCHIVE_INVALID for devices, pipes and sockets.
 */
export async function* directoryFiles(root: string, reading: Reading): AsyncGenerator<ArchivedFile> {
  yield* below(root, '', { reading, depth: 0 });
}

interface Walk {
  readonly reading: Reading;
  readonly depth: number;
}

async function* below(root: string, prefix: string, { reading, depth }: Walk): AsyncGenerator<ArchivedFile> {
  if (depth > MAX_DEPTH) throw new MirrorError('ARCHIVE_INVALID', `${root} has directories more than ${MAX_DEPTH} deep`);
  for (const entry of await entriesOf(join(root, prefix))) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const path = join(root, name);
    if (entry.isDirectory()) yield* below(root, name, { reading, depth: depth + 1 });
    else if (entry.isSymbolicLink()) yield link(name, path, await readlink(path));
    else if (entry.isFile()) yield* file(name, path, reading);
    else throw new MirrorError('ARCHIVE_INVALID', `${path} is no regular file`);
  }
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.sort((a, b) => compareBytes(a.name, b.name));
  } catch (cause) {
    throw new MirrorError('FILE_MISSING', `${directory} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function link(name: string, path: string, target: string): ArchivedFile {
  return { name, type: 'symlink', size: 0, target, place: { stream: path, offset: 0, direct: true }, content: nothing() };
}

async function* nothing(): AsyncGenerator<Buffer> {
  // A link has no bytes.
}

async function* file(name: string, path: string, reading: Reading): AsyncGenerator<ArchivedFile> {
  const opened = await openFile(path, false);
  try {
    const { size } = opened;
    const content = bytesOf(opened, path, { start: 0, end: size }, reading);
    yield { name, type: 'file', size, target: '', place: { stream: path, offset: 0, direct: true }, content };
    // Ends what its reader may not have ended.
    await content.return(undefined);
  } finally {
    await opened.handle.close();
  }
}
