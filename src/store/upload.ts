import type { ChecksumAlgorithm, Expected } from '../core/digests.ts';
import type { Blob } from './blobs.ts';
import type { FileWriter } from './file-writer.ts';
import { algorithmsOf, mismatch } from './part-digests.ts';
import { createPartFile } from './part-file.ts';

/** A file that somebody sends piece by piece and names only when it is complete. Its calls throw STORAGE and STORAGE_FULL, and are made one at a time. */
export interface Upload {
  /** Bytes so far, those of an interrupted run included. */
  readonly size: number;
  /** Whether all of that is held in memory. */
  readonly inMemory: boolean;
  /** Undefined when the bytes only wait to be written; otherwise to be waited for before more is written. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** Everything on the disk, for as long as nothing more comes. */
  park(): Promise<void>;
  /**
   * The file is complete. Resolves when it is a durable blob.
   * Throws CHECKSUM_MISMATCH when it is not what is expected; it is removed then, as it is after any other failure.
   */
  complete(expected: Expected): Promise<Blob>;
  /** Gives up and removes it. */
  drop(): Promise<void>;
  /** Leaves it on the disk for a later run, and nothing more can be done with it. */
  keep(): Promise<void>;
}

export interface UploadOptions {
  /** Where the bytes are kept until the file is complete. */
  readonly path: string;
  /** Digests that it may be named by, beside SHA-256. */
  readonly algorithms: readonly ChecksumAlgorithm[];
  readonly writer: Pick<FileWriter, 'write'>;
  /** Makes the complete file a durable blob. */
  readonly move: (path: string, blob: Blob) => Promise<void>;
  /** The path is free again, or has only what is kept for later. */
  readonly released: (kept: boolean) => void;
}

/** An upload that may go on from what an earlier run left. */
export interface ResumableUpload extends Upload {
  /** Takes that up. Called first, if at all. */
  takeUp(): Promise<void>;
}

export function createUpload({ path, algorithms, writer, move, released }: UploadOptions): ResumableUpload {
  // What it is to be is checked when it is complete.
  const file = createPartFile(path, { algorithms, usable: () => true, writer });
  let parked = false;
  const drop = async (): Promise<void> => {
    try {
      await file.drop();
    } finally {
      released(false);
    }
  };
  return {
    takeUp: () => file.takeUp(),
    get size() {
      return file.size;
    },
    get inMemory() {
      return file.inMemory;
    },
    write(chunk) {
      parked = false;
      return file.append(chunk);
    },
    async park() {
      if (parked) return;
      await file.close();
      parked = true;
    },
    async complete(expected) {
      try {
        const found = await file.digests(algorithmsOf(expected));
        const { size } = file;
        const problem = mismatch('what was sent', expected, size, found);
        if (problem !== undefined) throw problem;
        await file.seal();
        const blob = { sha256: found.sha256, size };
        await move(path, blob);
        return blob;
      } catch (error) {
        await drop();
        throw error;
      }
    },
    drop,
    async keep() {
      try {
        await file.close();
      } finally {
        released(true);
      }
    },
  };
}
