import type { PublishContext } from '../../family/family.ts';
import { describeSupplement, measured, unpacked } from '../../family/supplement-content.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { IndexRecord } from '../format/index-record.ts';
import type { ListedFile } from '../format/release-text.ts';
import { linkWhole, type ReleasePlace, writePacked } from './supplement-file.ts';

/** An index that is made of those of the sources, record by record. */
export interface RecordIndex {
  /** Of the plain index, relative to the Release. */
  readonly path: string;
  /** In the order of the sources: what a later one says of something goes before what an earlier one says. */
  readonly inputs: readonly Supplement[];
  read(source: AsyncIterable<Uint8Array>, what: string): AsyncIterable<readonly IndexRecord[]>;
  /** Whether what the record belongs to is published. */
  isWanted(key: string): boolean;
  /** In place of what heads the inputs. */
  readonly head?: Buffer | undefined;
}

/** Publishes an index of records cut to what is wanted. The upstream's own file is published where that is the same. */
export async function writeRecords(context: PublishContext, place: ReleasePlace, index: RecordIndex): Promise<ListedFile[]> {
  const { inputs, path } = index;
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0 && index.head === undefined) {
    const plain = measured(unpacked(context, only));
    if (await isWhole(plain.text, only, index)) return linkWhole(context, place, { path, supplement: only, plain: plain.blob() });
  }
  return await writePacked(context, place, {
    path,
    text: cutRecords(context, index),
    separator: path.endsWith('.yml') ? '\n' : '\n\n',
    compressions: ['gz', 'xz'],
  });
}

async function isWhole(text: AsyncIterable<Uint8Array>, supplement: Supplement, { read, isWanted }: RecordIndex): Promise<boolean> {
  for await (const records of read(text, describeSupplement(supplement))) {
    if (records.some(({ key }) => key !== undefined && !isWanted(key))) return false;
  }
  return true;
}

async function* cutRecords(context: PublishContext, { inputs, read, isWanted, head }: RecordIndex): AsyncGenerator<Buffer> {
  const seen = new Set<string>();
  let headed = head !== undefined;
  if (head !== undefined) yield head;
  for (const supplement of [...inputs].reverse()) {
    const ofThis = new Set<string>();
    for await (const records of read(unpacked(context, supplement), describeSupplement(supplement))) {
      for (const { key, bytes } of records) {
        if (key === undefined) {
          if (!headed) yield bytes;
          headed = true;
        } else if (isWanted(key) && !seen.has(key)) {
          ofThis.add(key);
          yield bytes;
        }
      }
    }
    // One input may say several things of one package: all software components of it, say.
    for (const key of ofThis) seen.add(key);
  }
}
