import { TAR_BLOCK } from './tar-header.ts';

/** A regular file or a directory of a tar archive to be written. */
export interface TarFile {
  /** Of a directory with a slash at its end. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);

const NAME_LENGTH = 100;
/** What eleven octal digits cannot say is written in GNU's binary form, which every reader of today knows. */
const MAX_OCTAL = 8 ** 11 - 1;

/**
 * The header of an entry (GNU tar), without owner and with the time 0: equal files, equal bytes. A path that is longer than it has room for stands in
 * front of it, as GNU tar and all that read its archives have it.
 */
export function tarHeader({ path, size }: TarFile): Buffer {
  const name = Buffer.from(path);
  const own = header(name.subarray(0, NAME_LENGTH), path.endsWith('/') ? '5' : '0', size);
  if (name.length <= NAME_LENGTH) return own;
  const text = Buffer.concat([name, Buffer.alloc(1)]);
  return Buffer.concat([header(Buffer.from('././@LongLink'), 'L', text.length), text, tarPadding(text.length), own]);
}

function header(name: Buffer, type: '0' | '5' | 'L', size: number): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  name.copy(block);
  block.write(type === '5' ? '0000755\0' : '0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  writeSize(block, size);
  block.write('00000000000\0', 136, 'latin1');
  block.write(type, 156, 'latin1');
  // GNU's own mark, which goes with its long names and large sizes.
  block.write('ustar  \0', 257, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function writeSize(block: Buffer, size: number): void {
  if (size <= MAX_OCTAL) {
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    return;
  }
  block.writeUInt8(0x80, 124);
  block.writeBigUInt64BE(BigInt(size), 128);
}

/** What follows content of this size up to the next header. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
}
