import type { Expected } from '../core/digests.ts';
import type { Blob, Part } from './blobs.ts';
import type { FileWriter } from './file-writer.ts';
import { algorithmsOf, mismatch } from './part-digests.ts';
import { createPartFile } from './part-file.ts';
import { storageError } from './storage-errors.ts';

export interface PartOptions {
  /** Where the bytes are kept until the file is complete. */
  readonly path: string;
  /** Names the file in messages. */
  readonly label: string;
  readonly expected: Expected;
  /** Of files that are small enough to be written in one go. */
  readonly writer: Pick<FileWriter, 'write'>;
  /** Takes the complete file over. */
  readonly completed: (path: string, blob: Blob) => Promise<void>;
  /** The part is closed without being complete. */
  readonly released: () => void;
}

/** A part that may go on from what an earlier run left. */
export interface ResumablePart extends Part {
  /** Takes that up, as far as it can be of use. Called first, if at all. */
  takeUp(): Promise<void>;
}

/** A file that is on its way into the pool; see `Intake.open`. Its calls throw STORAGE and STORAGE_FULL. */
export function createPart({ path, label, expected, writer, completed, released }: PartOptions): ResumablePart {
  // Without a checksum nothing would show that the rest belongs to another version of the file.
  const usable = (size: number): boolean => expected.checksums.length > 0 && size <= (expected.size ?? Number.POSITIVE_INFINITY);
  const file = createPartFile(path, { algorithms: algorithmsOf(expected), usable, writer });
  let whole = false;
  let blob: Blob | undefined;

  return {
    async takeUp() {
      await file.takeUp();
      whole = file.size > 0 && mismatch(label, expected, file.size, await file.digests()) === undefined;
      if (!whole && file.size === expected.size) await file.drop();
    },
    get held() {
      return file.size;
    },
    get whole() {
      return whole;
    },
    get blob() {
      if (blob === undefined) throw storageError(new Error('it is not complete'), `name the content of ${path}`);
      return blob;
    },
    write(chunk) {
      whole = false;
      return file.append(chunk);
    },
    async restart() {
      whole = false;
      await file.drop();
    },
    async complete() {
      const found = await file.digests();
      const size = file.size;
      const problem = mismatch(label, expected, size, found);
      if (problem !== undefined) {
        await file.drop();
        throw problem;
      }
      await file.seal();
      blob = { sha256: found.sha256, size };
      await completed(path, blob);
    },
    async keep() {
      if (blob !== undefined) return;
      try {
        await file.close();
      } finally {
        released();
      }
    },
  };
}
