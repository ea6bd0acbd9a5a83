/** How a file is compressed. `lzma` is the legacy format of the `lzma` tool (LZMA_alone), not LZMA2 and not xz. */
export type Compression = 'none' | 'gz' | 'xz' | 'bz2' | 'zst' | 'lzma';

const COMPRESSIONS: readonly Compression[] = ['gz', 'xz', 'bz2', 'zst', 'lzma'];
const BY_EXTENSION: ReadonlyMap<string, Compression> = new Map(COMPRESSIONS.map((compression) => [extensionOf(compression), compression]));

/** The extension of files that are compressed so, with its dot; empty for `none`. */
export function extensionOf(compression: Compression): string {
  return compression === 'none' ? '' : `.${compression}`;
}

/** The compression that the last extension of a path or URL path stands for; `none` for every other name. */
export function compressionOf(path: string): Compression {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return (dot > 0 ? BY_EXTENSION.get(name.slice(dot)) : undefined) ?? 'none';
}

/** Every compression that has a magic number, with it. */
const MAGIC: readonly (readonly [Compression, Buffer])[] = [
  ['gz', Buffer.from([0x1f, 0x8b])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['bz2', Buffer.from('BZh')],
  ['zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/**
 * The compression that the first bytes of a file show; `none` when they show nothing known.
 * Six bytes are enough. LZMA_alone has no magic number and is never found this way.
 */
export function compressionOfBytes(head: Uint8Array): Compression {
  const found = MAGIC.find(([, magic]) => head.length >= magic.length && magic.equals(head.subarray(0, magic.length)));
  return found?.[0] ?? 'none';
}
