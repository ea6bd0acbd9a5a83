import { BLOCK_FORMATS } from '../../codec/block-formats.ts';
import { compressionOf } from '../../codec/compression.ts';
import { decompress } from '../../codec/decompress.ts';
import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { checkElement } from '../format/repodata/canonical-element.ts';
import { DOCUMENT_ROOTS, DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { packageElements, startTagAttribute } from '../format/repodata/package-elements.ts';
import { createPrimaryReader, type PrimaryPackage } from '../format/repodata/primary.ts';
import { formatNevra } from '../format/repodata/published-packages.ts';
import { XmlScanner } from '../format/xml/xml-scanner.ts';
import { GrowingBytes } from './growing-bytes.ts';
import type { KnownSegment } from './old-repository.ts';
import type { OldEntry } from './segment.ts';

/** Packages of one segment. */
const SEGMENT = 256;
/** Bytes that are unpacked at once. */
const PIECE = 256 * 1024;
const PACKAGE_ID = Buffer.from('pkgid');
const NEWLINE = Buffer.from('\n');

/** A file of metadata, and where it was read from. */
export interface ForeignFile {
  readonly bytes: Buffer;
  readonly path: string;
}

interface PackedElements {
  readonly packed: Uint8Array;
  readonly starts: Uint32Array;
}

/**
 * Documents of other programs, of any compression, as segments: each element is checked and stays as it is. METADATA_INVALID when an element is malformed, or
 * the documents do not list the same packages in the same order; DECOMPRESS_*.
 */
export async function foreignSegments(files: PerDocument<ForeignFile>): Promise<KnownSegment[]> {
  const entries: OldEntry[] = [];
  const primary = await packed(primaryElements(files[0], entries));
  const ids = entries.map((entry) => entry.id);
  const filelists = await packed(extraElements(files[1], 1, ids));
  const other = await packed(extraElements(files[2], 2, ids));
  return primary.map((first, at): KnownSegment => {
    const all = [first, filelists[at], other[at]] as const;
    const of = <T>(get: (elements: PackedElements) => T): PerDocument<T> =>
      perDocument((index) => {
        const elements = all[index];
        if (elements === undefined) throw new Error('every document has as many elements');
        return get(elements);
      });
    return {
      packed: of((elements) => elements.packed),
      starts: of((elements) => elements.starts),
      entries: entries.slice(at * SEGMENT, (at + 1) * SEGMENT),
    };
  });
}

function open({ bytes, path }: ForeignFile, index: 0 | 1 | 2): ReturnType<typeof packageElements> {
  async function* whole(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }
  const plain = decompress(whole(), compressionOf(path), { maxSize: LIMITS.indexUnpacked, what: path });
  return packageElements(plain, DOCUMENT_ROOTS[DOCUMENTS[index]], path);
}

async function* primaryElements(file: ForeignFile, entries: OldEntry[]): AsyncGenerator<Buffer> {
  const read = createPrimaryReader(file.path);
  for await (const element of open(file, 0)) {
    const found = read(element);
    if (found === undefined) throw new MirrorError('METADATA_INVALID', `${file.path} lists something that is no RPM package`);
    entries.push(entryOf(found));
    yield found.bytes;
  }
}

function entryOf(found: PrimaryPackage): OldEntry {
  const text = found.bytes.toString('latin1');
  const attribute = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  return {
    nevra: formatNevra(found.name, found, found.architecture),
    id: found.checksum.value,
    href: found.location.replace(/^(?:\.\/+)+/, ''),
    base: found.base,
    checksumName: attribute(/<checksum\s[^>]*?\btype\s*=\s*["'](\w+)["']/) ?? '',
    fileTime: Number(attribute(/<time\s[^>]*?\bfile\s*=\s*["'](\d+)["']/) ?? Number.NaN),
    size: found.size,
  };
}

async function* extraElements(file: ForeignFile, index: 1 | 2, ids: readonly string[]): AsyncGenerator<Buffer> {
  const scanner = new XmlScanner();
  const differs = (): MirrorError =>
    new MirrorError('METADATA_INVALID', `${file.path} does not list the same packages in the same order as primary`);
  let at = 0;
  for await (const element of open(file, index)) {
    const id = startTagAttribute(scanner, element.bytes, PACKAGE_ID, file.path);
    if (id === undefined || id.toLowerCase() !== ids[at++]) throw differs();
    yield checkElement(element, scanner, file.path);
  }
  if (at !== ids.length) throw differs();
}

async function packed(elements: AsyncIterable<Buffer>): Promise<PackedElements[]> {
  const segments: Promise<PackedElements>[] = [];
  const text = new GrowingBytes();
  let starts = [0];
  const end = async (): Promise<PackedElements> => {
    const [places, plain] = [Uint32Array.from(starts), text.take()];
    starts = [0];
    return { starts: places, packed: await BLOCK_FORMATS.gz.pack(plain) };
  };
  for await (const element of elements) {
    text.append(element);
    text.append(NEWLINE);
    starts.push(text.length);
    if (starts.length > SEGMENT) segments.push(end());
  }
  if (starts.length > 1) segments.push(end());
  return await Promise.all(segments);
}
