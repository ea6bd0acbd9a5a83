import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { decompress } from '../../codec/decompress.ts';
import { readTar } from '../../codec/tar.ts';
import { MirrorError, reasonOf } from '../../core/errors.ts';

/** What a file that images come from can be. */
export type SourceFileKind = 'archive' | 'chart' | 'list';

/** Bytes at the beginning of a file that tell a text from an archive. */
const SNIFFED = 4096;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** A chart has its Chart.yaml within its first entries: directories come first in some. */
const FIRST_ENTRIES = 16;
const FIRST_BYTES = 4 * 1024 * 1024;
const CHART_FILE = /^(?:\.\/)?[^/]+\/Chart\.yaml$/;

/** Tells by its content what a file is: a text is a list, an archive with a Chart.yaml a chart. Directories are archives. Throws FILE_MISSING. */
export async function fileKind(path: string): Promise<SourceFileKind> {
  try {
    if ((await stat(path)).isDirectory()) return 'archive';
    const start = await firstBytes(path);
    if (start.subarray(0, GZIP.length).equals(GZIP)) return (await isChart(path)) ? 'chart' : 'archive';
    return start.includes(0) || start.length === 0 ? 'archive' : 'list';
  } catch (error) {
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFFED), 0, SNIFFED, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What is damaged is no chart; whoever opens it as an archive says what is wrong with it. */
async function isChart(path: string): Promise<boolean> {
  const unpacked = decompress(createReadStream(path), 'gz', { maxSize: FIRST_BYTES, what: path });
  let looked = 0;
  try {
    for await (const { path: name, size } of readTar(unpacked, path)) {
      if (CHART_FILE.test(name.toString())) return true;
      looked += 1;
      if (looked >= FIRST_ENTRIES || size > FIRST_BYTES) return false;
    }
    return false;
  } catch {
    return false;
  }
}
