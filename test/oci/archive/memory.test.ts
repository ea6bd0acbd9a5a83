import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAR_END, tarHeader, tarPadding } from '../../../src/codec/tar-writer.ts';
import { tarEntry } from '../../codec/tar-archive.ts';
import { CONFIG_TYPE, LAYER_TYPE, Layout, MANIFEST_TYPE } from './layouts.ts';

const MiB = 1024 * 1024;
const LAYER = 1024 * MiB;
/** Node itself with this program as TypeScript takes 100 MiB, and buffers that were used are given back only now and then. */
const MOST_MEMORY = 256 * MiB;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'memory-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** The pieces of a layer of 1 GiB. */
function* layerPieces(): Generator<Buffer> {
  const piece = Buffer.alloc(MiB, 'not only zeros ');
  for (let written = 0; written < LAYER; written += piece.length) {
    piece.writeUInt32LE(written, 0);
    yield Buffer.from(piece);
  }
}

function* archive(): Generator<Buffer> {
  const hash = createHash('sha256');
  for (const piece of layerPieces()) hash.update(piece);
  const encoded = hash.digest('hex');
  const layout = new Layout();
  const layers = [{ mediaType: LAYER_TYPE, digest: `sha256:${encoded}`, size: LAYER }];
  const document = { schemaVersion: 2, config: layout.blob('{}', CONFIG_TYPE), layers };
  layout.done([layout.blob(document, MANIFEST_TYPE, { annotations: { 'org.opencontainers.image.ref.name': 'team/app:v1' } })]);
  yield tarHeader({ path: `blobs/sha256/${encoded}`, size: LAYER });
  yield* layerPieces();
  yield tarPadding(LAYER);
  for (const [path, content] of layout.files) yield tarEntry({ path, content });
  yield TAR_END;
}

/** Opens an archive in a process of its own. Gives the bytes that a sink and a reading got, and the most memory that it took. */
async function open(path: string): Promise<{ readonly taken: number; readonly read: number; readonly memory: number }> {
  const script = `
    const { openArchive } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/oci/archive/open-archive.ts'))});
    let taken = 0;
    const receiver = { write(chunk) { taken += chunk.length; }, async complete() {}, async drop() {} };
    const source = await openArchive(${JSON.stringify(path)}, { sink: { begin: () => receiver } });
    const [{ root, content }] = source.images;
    const { layers: [layer] } = JSON.parse(await content.manifest(root));
    let read = 0;
    const count = async (bytes) => { for await (const chunk of bytes) read += chunk.length; };
    if (source.stream === undefined) await count(content.blob(layer, 0));
    else for await (const blob of source.stream((digest) => digest === layer.digest)) await count(blob.content);
    console.log(JSON.stringify({ taken, read, memory: process.resourceUsage().maxRSS * 1024 }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  return JSON.parse(output) as Awaited<ReturnType<typeof open>>;
}

describe('openArchive, of a layer of 1 GiB', () => {
  for (const packed of [false, true]) {
    it(`takes little memory, ${packed ? 'compressed' : 'plain'}`, async () => {
      const path = join(directory, 'archive');
      if (packed) await pipeline(archive(), createGzip({ level: 1 }), createWriteStream(path));
      else await pipeline(archive(), createWriteStream(path));
      const { taken, read, memory } = await open(path);
      expect(taken).toBe(LAYER + 2);
      expect(read).toBe(LAYER);
      expect(memory).toBeLessThan(MOST_MEMORY);
    }, 60_000);
  }
});
