import { stat } from 'node:fs/promises';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import type { ArchivedFile } from './archived-file.ts';
import { bytesOf, openFile, type Reading } from './file-bytes.ts';
import { directoryFiles } from './walk-directory.ts';
import { tarFiles } from './walk-tar.ts';

/** The files of an archive or a directory, whichever the path is. Archives among them are files. FILE_MISSING, ARCHIVE_INVALID, METADATA_INVALID, DECOMPRESS_*. */
export async function* archiveFiles(path: string, reading: Reading): AsyncGenerator<ArchivedFile> {
  if (await isDirectory(path)) yield* directoryFiles(path, reading);
  else yield* filesOfTar(path, reading);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function* filesOfTar(path: string, reading: Reading): AsyncGenerator<ArchivedFile> {
  const file = await openFile(path, true);
  try {
    const content = bytesOf(file, path, { start: 0, end: file.size }, reading);
    yield* tarFiles({ content, size: file.size, place: { stream: path, offset: 0, direct: true }, what: path });
  } finally {
    await file.handle.close();
  }
}
