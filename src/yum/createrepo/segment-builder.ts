import { BLOCK_FORMATS, QUICK_GZIP } from '../../codec/block-formats.ts';
import { reasonOf } from '../../core/errors.ts';
import { readPackage } from '../format/package/read-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../format/package/write-elements.ts';
import { type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { formatNevra } from '../format/repodata/published-packages.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { inflateBlock } from './old-blocks.ts';
import { createPackageFileReader } from './read-package-file.ts';
import { scanBlocks } from './scan-blocks.ts';
import type {
  BuildJob,
  CopyJob,
  ElementSettings,
  FreshItem,
  Job,
  OldItem,
  OldSegment,
  ReadPackage,
  ReleasedText,
  Result,
  Segment,
  UnreadablePackage,
} from './segment.ts';

/** Bytes of text of one document from which on a segment ends: what bounds the memory where packages have very many files. */
const FULL = 2 * 1024 * 1024;

/** Does jobs. A job may be begun while blocks of another are still being packed. */
export interface Builder {
  /** Failures to read a package are part of the result. */
  run(job: Job): Promise<Result>;
  /** Takes memory of a text that it has built back. */
  reuse(released: ReleasedText): void;
}

export function createSegmentBuilder(settings: ElementSettings): Builder {
  const builder = new SegmentBuilder(settings);
  return {
    async run(job) {
      switch (job.kind) {
        case 'build':
          return await builder.build(job);
        case 'copy':
          return { kind: 'built', segments: [await builder.copy(job)], read: [], unreadable: [] };
        case 'scan':
          return scanBlocks(perDocument((index) => inflateBlock(job.packed[index])));
      }
    },
    reuse: ({ index, text }) => builder.reuse(index, text),
  };
}

class SegmentBuilder {
  readonly #settings: ElementSettings;
  readonly #readFile: ReturnType<typeof createPackageFileReader>;
  readonly #texts = perDocument(() => new GrowingBytes());
  #count = 0;

  constructor(settings: ElementSettings) {
    this.#settings = settings;
    this.#readFile = createPackageFileReader(settings.algorithm);
  }

  async build({ items, old }: BuildJob): Promise<Result> {
    // Without a pause until all is read: another job may begin in one.
    const segments: Promise<Segment>[] = [];
    const read: ReadPackage[] = [];
    const unreadable: UnreadablePackage[] = [];
    const carried = createOldElements(old);
    for (const item of items) {
      if ('segment' in item) {
        const elements = carried(item);
        for (const [index, text] of this.#texts.entries()) text.append(elements[index] ?? new Uint8Array());
        this.#count += 1;
      } else {
        this.#readFresh(item, { read, unreadable });
      }
      if (this.#texts.some((text) => text.length >= FULL)) segments.push(this.#end());
    }
    if (this.#count > 0) segments.push(this.#end());
    return { kind: 'built', segments: await Promise.all(segments), read, unreadable };
  }

  async copy({ count, packed }: CopyJob): Promise<Segment> {
    const plain = perDocument((index) => inflateBlock(packed[index]));
    return this.#settings.compression === 'gz' ? { count, plain, packed } : { count, plain, packed: await this.#pack(plain) };
  }

  reuse(index: 0 | 1 | 2, memory: ArrayBuffer): void {
    this.#texts[index].reuse(memory);
  }

  #readFresh({ file, href }: FreshItem, outcome: { readonly read: ReadPackage[]; readonly unreadable: UnreadablePackage[] }): void {
    const { algorithm, base, changelogLimit, checksumName } = this.#settings;
    try {
      const { head, checksum, size, fileTime } = this.#readFile(file);
      const entry = readPackage(head, file);
      const facts = { checksum: { algorithm, value: checksum }, checksumName, packageSize: size, fileTime, location: href, base };
      const elements = [primaryElement(entry, facts), filelistsElement(entry, checksum), otherElement(entry, checksum, changelogLimit)];
      for (const [index, text] of this.#texts.entries()) text.appendText(`${elements[index]}\n`);
      this.#count += 1;
      outcome.read.push({ href, nevra: formatNevra(entry.name, entry, entry.architecture), id: checksum, fileTime, size });
    } catch (error) {
      outcome.unreadable.push({ file, reason: reasonOf(error) });
    }
  }

  /** Begins to pack what there is. */
  async #end(): Promise<Segment> {
    const count = this.#count;
    this.#count = 0;
    const plain = perDocument((index) => this.#texts[index].take());
    return { count, plain, packed: await this.#pack(plain) };
  }

  async #pack(plain: PerDocument<Buffer>): Promise<PerDocument<Uint8Array>> {
    const { compression } = this.#settings;
    const format = compression === 'gz' ? QUICK_GZIP : BLOCK_FORMATS[compression];
    return await Promise.all([format.pack(plain[0]), format.pack(plain[1]), format.pack(plain[2])]);
  }
}

/** The elements of packages in old segments; those of one segment are unpacked once where they are asked for one after another. */
function createOldElements(old: readonly OldSegment[]): (item: OldItem) => PerDocument<Uint8Array> {
  let current: { readonly number: number; readonly plain: PerDocument<Buffer>; readonly starts: PerDocument<Uint32Array> } | undefined;
  return ({ segment: number, index }) => {
    const segment = old[number];
    if (segment === undefined) throw new Error(`a job refers to the old segment ${number}, and has ${old.length}`);
    if (current?.number !== number) {
      const plain = perDocument((document) => inflateBlock(segment.packed[document]));
      current = { number, plain, starts: segment.starts ?? startsIn(plain) };
    }
    const { plain, starts } = current;
    return perDocument((document) => plain[document].subarray(starts[document][index], starts[document][index + 1]));
  };
}

function startsIn(plain: PerDocument<Buffer>): PerDocument<Uint32Array> {
  const found = scanBlocks(plain);
  if (found.kind !== 'scanned') throw new Error('metadata that this program has written is not laid out as it does it');
  return found.starts;
}
