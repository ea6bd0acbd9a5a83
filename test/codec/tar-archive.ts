export interface TarFields {
  readonly path: string | Buffer;
  readonly type?: string;
  readonly content?: string | Uint8Array;
  readonly target?: string;
  /** What the header says in place of the length. */
  readonly size?: string | Buffer;
  readonly prefix?: string;
  readonly magic?: string;
}

/** One entry of a tar archive, with its content padded. Nothing is checked. */
export function tarEntry({ path, type = '0', content = '', target = '', size, prefix = '', magic = 'ustar\x0000' }: TarFields): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  Buffer.from(path).copy(header, 0, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  Buffer.from(size ?? `${bytes.length.toString(8).padStart(11, '0')}\0`).copy(header, 124, 0, 12);
  header.write('00000000000\0', 136);
  header.write(type, 156, 'latin1');
  header.write(target, 157, 100);
  header.write(magic, 257, 'latin1');
  header.write(prefix, 345, 155);
  return Buffer.concat([withChecksum(header), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = [1, 2, 3, 4, 5].map((digits) => rest + digits).find((total) => String(total).length === total - rest);
  return `${length} ${key}=${value}\n`;
}

export function tarArchive(...entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...entries, Buffer.alloc(1024)]);
}

function withChecksum(header: Buffer): Buffer {
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
