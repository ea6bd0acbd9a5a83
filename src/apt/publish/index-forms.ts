import { posix } from 'node:path';
import type { BlockCompression } from '../../codec/block-formats.ts';
import { extensionOf } from '../../codec/compression.ts';
import { packText } from '../../codec/pack-text.ts';
import type { TreeWriter, WrittenPaths } from '../../store/generations.ts';
import type { ListedFile } from '../format/release-text.ts';

/** An index that is to be published. */
export interface IndexText {
  /** The directory of the Release file, relative to the root of the publication: `dists/stable`. */
  readonly root: string;
  /** Of the plain index, relative to `root`: `main/binary-amd64/Packages`. */
  readonly path: string;
  /** In pieces of any size; read once. */
  readonly text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** What stands between two records: an empty line between stanzas (the default), a line break in an index of lines. */
  readonly separator?: '\n\n' | '\n';
  /** In the order of the result; default: `none`, `gz`, `xz`, `zst`. */
  readonly compressions?: readonly BlockCompression[];
}

/**
 * Writes one index in several forms at once, each under its name and by hash. Gives them as the Release lists them, with paths relative to
 * it. The files are functions of the text alone. The text is read as fast as its blocks are packed, so that it need not be in memory.
 */
export async function writeIndexForms(writer: TreeWriter, index: IndexText): Promise<ListedFile[]> {
  const { root, path, text, separator = '\n\n', compressions = ['none', 'gz', 'xz', 'zst'] } = index;
  const directory = posix.join(root, posix.dirname(path));
  const blobs = await packText(text, {
    separator,
    compressions,
    cache: writer.packedBlocks,
    write: (compression, bytes) =>
      writer.write(
        ({ sha256 }): WrittenPaths => [
          { path: `${root}/${path}${extensionOf(compression)}`, permanence: 'current' },
          { path: `${directory}/by-hash/SHA256/${sha256}`, permanence: 'fixed' },
        ],
        bytes,
      ),
  });
  return [...blobs].map(([compression, blob]) => ({ path: `${path}${extensionOf(compression)}`, ...blob }));
}
