import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BLOCK_FORMATS } from '../../codec/block-formats.ts';
import { compressionOfBytes, extensionOf } from '../../codec/compression.ts';
import type { ChecksumAlgorithm } from '../../core/digests.ts';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { MetadataCompression } from './options.ts';
import type { StagedFile } from './write-documents.ts';

/** Of the other files of metadata. */
const TAKEN = /^(?:repomd|(?:primary|filelists|other)|journal)\.|^modules\.yaml$/;
const DOCUMENT_START = /^---(?:\s|$)/m;

export interface FurtherRequest {
  readonly staging: string;
  readonly compression: MetadataCompression;
  readonly algorithm: ChecksumAlgorithm;
}

/**
 * The groups of packages, twice: as they are, which old clients ask for, and compressed; under the name of the file, unless another file has it. FILE_MISSING when the file cannot be read, DECOMPRESS_*
 * when it is compressed and damaged.
 */
export async function stageGroups(path: string, request: FurtherRequest): Promise<StagedFile[]> {
  const plain = await readPlain(path);
  const own = basename(path).replace(/\.(?:gz|xz|bz2|zst)$/, '');
  const name = TAKEN.test(own) ? 'comps.xml' : own;
  return [stagePlain('group', name, plain, request), await stagePacked(`group_${request.compression}`, name, plain, request)];
}

/** All files of modules as one: several YAML documents may follow each other. Undefined when there are none. */
export async function stageModules(paths: readonly string[], request: FurtherRequest): Promise<StagedFile[]> {
  if (paths.length === 0) return [];
  const texts = await Promise.all(
    paths.map(async (path) => {
      const text = (await readPlain(path)).toString().trimEnd();
      return DOCUMENT_START.test(text) ? text : `---\n${text}`;
    }),
  );
  return [await stagePacked('modules', 'modules.yaml', Buffer.from(`${texts.join('\n')}\n`), request)];
}

async function readPlain(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  const compression = compressionOfBytes(bytes);
  if (compression === 'none') return bytes;
  const { collect, decompress } = await import('../../codec/decompress.ts');
  async function* whole(): AsyncGenerator<Buffer> {
    yield bytes;
  }
  const maxSize = LIMITS.record;
  return await collect(decompress(whole(), compression, { maxSize, what: path }), maxSize, path);
}

function stagePlain(type: string, name: string, plain: Buffer, { staging, algorithm }: FurtherRequest): StagedFile {
  const path = join(staging, name);
  writeFileSync(path, plain, { flag: 'wx' });
  return { type, path, name, checksum: hash(algorithm, plain), size: plain.length, open: undefined };
}

async function stagePacked(type: string, plainName: string, plain: Buffer, request: FurtherRequest): Promise<StagedFile> {
  const { algorithm, compression, staging } = request;
  const format = BLOCK_FORMATS[compression];
  async function* blocks(): AsyncGenerator<{ plain: Buffer; packed: Buffer }> {
    yield { plain, packed: await format.pack(plain) };
  }
  const pieces: Buffer[] = [];
  for await (const piece of format.file(blocks())) pieces.push(piece);
  const packed = Buffer.concat(pieces);
  const name = `${plainName}${extensionOf(compression)}`;
  const path = join(staging, name);
  writeFileSync(path, packed, { flag: 'wx' });
  const open = { checksum: hash(algorithm, plain), size: plain.length };
  return { type, path, name, checksum: hash(algorithm, packed), size: packed.length, open };
}
