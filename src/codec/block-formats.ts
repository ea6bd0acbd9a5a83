import { promisify } from 'node:util';
import { constants, crc32, deflateRaw as deflateRawCallback, type ZlibOptions, type ZstdOptions, zstdCompress } from 'node:zlib';
import type { Compression } from './compression.ts';
import { blockOfXzStream, XZ_HEADER_LENGTH, xzFile } from './xz-file.ts';

/** How a text can be written in blocks that are packed independently of each other. */
export type BlockCompression = Extract<Compression, 'none' | 'gz' | 'xz' | 'zst'>;

/** A block of a text, and the same as it stands in a file. */
export interface PackedBlock {
  readonly plain: Buffer;
  readonly packed: Buffer;
}

/** One kind of file that is made of blocks. */
export interface BlockFormat {
  /** Names all that decides what a block is packed to, besides the block: equal names, equal bytes. */
  readonly identity: string;
  /** What stands in a file before the first block: bytes. The others follow without anything between them. */
  readonly head: number;
  /** Off the main thread. */
  pack(block: Buffer): Promise<Buffer>;
  /** The file: a function of the blocks alone. */
  file(blocks: AsyncIterable<PackedBlock>): AsyncGenerator<Buffer>;
}

/** A packed block in one piece, or a few: each piece is a turn of the main thread. In bytes. */
const OUTPUT_PIECE = 256 * 1024;
/** Level 6 with the larger hash makes files smaller than `gzip -9` does; 9 would save another percent for half as much time again. */
const DEFLATE: ZlibOptions = { level: 6, memLevel: 9, finishFlush: constants.Z_FULL_FLUSH, chunkSize: OUTPUT_PIECE };
const QUICK_DEFLATE: ZlibOptions = { ...DEFLATE, level: 4 };
/** It is most of the work already: preset 6 would save an eighth for six times as much of it, preset 2 a fiftieth for a quarter more. */
const XZ_PRESET = 1;
/** The package whose exact version decides the bytes of an xz file; see package.json. */
export const LZMA_VERSION = '1.5.3';
/** Levels 8 and 9 save two in a hundred for twice the memory. */
const ZSTD_LEVEL = 6;
const ZSTD: ZstdOptions = {
  chunkSize: OUTPUT_PIECE,
  params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Without name and time; the operating system is "unknown" (RFC 1952, section 2.3.1). */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty block that is the last. */
export const DEFLATE_END = Buffer.from([0x03, 0x00]);

const deflateRaw = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRawCallback);
const compressZstd = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress);

const none: BlockFormat = {
  identity: 'none',
  head: 0,
  pack: async (block) => block,
  async *file(blocks) {
    for await (const { plain } of blocks) yield plain;
  },
};

/** One member: what every reader of gzip takes. Each block ends at a byte and refers to none before it, as after a full flush of zlib. */
const gz: BlockFormat = {
  identity: `gz ${DEFLATE.level} ${DEFLATE.memLevel} zlib ${process.versions.zlib}`,
  head: GZIP_HEADER.length,
  pack: (block) => deflateRaw(block, DEFLATE),
  async *file(blocks) {
    yield GZIP_HEADER;
    let checksum = 0;
    let size = 0;
    for await (const { plain, packed } of blocks) {
      checksum = crc32(plain, checksum);
      size += plain.length;
      yield packed;
    }
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(checksum, 0);
    trailer.writeUInt32LE(size % 2 ** 32, 4);
    yield Buffer.concat([DEFLATE_END, trailer]);
  },
};

/** As `gz`, where time counts for more: what it packs is a twentieth larger, and takes two thirds of the time. Level 3 would be an eighth larger. */
export const QUICK_GZIP: BlockFormat = {
  ...gz,
  identity: `gz ${QUICK_DEFLATE.level} ${QUICK_DEFLATE.memLevel} zlib ${process.versions.zlib}`,
  pack: (block) => deflateRaw(block, QUICK_DEFLATE),
};

/** One stream of many blocks, as `xz -T0` makes it. */
const xz: BlockFormat = {
  identity: `xz ${XZ_PRESET} lzma ${LZMA_VERSION}`,
  head: XZ_HEADER_LENGTH,
  async pack(block) {
    // Its native code is loaded only where it is needed.
    const { xzStream } = await import('./compress.ts');
    return blockOfXzStream(await xzStream(block, XZ_PRESET));
  },
  async *file(blocks) {
    yield* xzFile(sized(blocks));
  },
};

async function* sized(blocks: AsyncIterable<PackedBlock>): AsyncGenerator<{ readonly packed: Buffer; readonly plainSize: number }> {
  for await (const { plain, packed } of blocks) yield { packed, plainSize: plain.length };
}

/** A frame for each block; a file of no blocks is one empty frame. */
const zst: BlockFormat = {
  identity: `zst ${ZSTD_LEVEL} zstd ${process.versions['zstd']}`,
  head: 0,
  pack: (block) => compressZstd(block, ZSTD),
  async *file(blocks) {
    let empty = true;
    for await (const { packed } of blocks) {
      empty = false;
      yield packed;
    }
    if (empty) yield await zst.pack(Buffer.alloc(0));
  },
};

export const BLOCK_FORMATS: Readonly<Record<BlockCompression, BlockFormat>> = { none, gz, xz, zst };
