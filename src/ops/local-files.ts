import type { Dirent, Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import type { LocalFile } from '../family/local-packages.ts';

const CHUNK = 256 * 1024;

/**
 * The files that some paths stand for, each once, in the order of the extensions and then of their paths: a file for itself, a directory for everything below it that has one of
 * the extensions. Links to directories are not followed inside of directories. FILE_MISSING, and USAGE for a file with another extension.
 * @param paths absolute.
 */
export async function localFiles(paths: readonly string[], extensions: readonly string[]): Promise<LocalFile[]> {
  const found = new Set<string>();
  const rank = (path: string): number => extensions.findIndex((extension) => path.endsWith(extension));
  for (const path of paths) {
    const stats = await look(path);
    if (stats.isDirectory()) {
      for (const below of await filesBelow(path)) if (rank(below) >= 0) found.add(below);
    } else if (!stats.isFile()) {
      throw new MirrorError('FILE_MISSING', `${path} is no file`);
    } else if (rank(path) >= 0) {
      found.add(path);
    } else {
      throw new MirrorError('USAGE', `${path} cannot be added`, { hint: `Files that can end in ${extensions.join(', ')}.` });
    }
  }
  const sorted = [...found].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return sorted.map(localFile);
}

function localFile(path: string): LocalFile {
  return {
    path,
    name: basename(path),
    read: () => contentOf(path),
    async beside(name) {
      const other = join(dirname(path), name);
      try {
        if ((await look(other)).isFile()) return localFile(other);
      } catch (error) {
        if (!isMirrorError(error, 'FILE_MISSING')) throw error;
      }
      throw new MirrorError('FILE_MISSING', `${path} names ${name}, which is not beside it`);
    },
  };
}

async function* contentOf(path: string): AsyncGenerator<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    for (;;) {
      // One byte more than a small file has, so that its end is seen at once.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(size + 1, CHUNK)));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true, recursive: true });
  } catch (error) {
    throw unreadable(directory, error);
  }
  const paths: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await look(path)).isFile())) paths.push(path);
  }
  return paths;
}

async function look(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): MirrorError {
  return new MirrorError('FILE_MISSING', `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
}
