import { gzipSync } from 'node:zlib';

/** A file's content, or a chart within the chart. */
export type ChartFile = string | Uint8Array;

/** A chart as `helm package` makes it: every file below the chart's own directory. */
export function packedChart(name: string, files: Readonly<Record<string, ChartFile>>): Buffer {
  return gzipSync(tarOf(Object.fromEntries(Object.entries(files).map(([path, content]) => [`${name}/${path}`, content]))));
}

/** A ustar archive of files. */
export function tarOf(files: Readonly<Record<string, ChartFile>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    blocks.push(tarHeader(path, bytes.length, '0'), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function tarHeader(path: string, size: number, type: string, target = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return header;
}
