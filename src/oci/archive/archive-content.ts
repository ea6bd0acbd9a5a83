import { MirrorError } from '../../core/errors.ts';
import type { ImageContent } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { type Place, placeKey } from './archived-file.ts';
import type { ArchiveContents } from './contents.ts';
import { bytesOf, openFile, type Reading } from './file-bytes.ts';
import type { TakenFile } from './file-intake.ts';
import type { ReadManifest } from './reachable.ts';

/** A blob as it is found again. */
interface StoredBlob {
  readonly size: number;
  readonly place: Place;
  /** Where it is small, and kept in memory. */
  readonly bytes: Buffer | undefined;
}

/** What the archives of a source have in them, by digest. A blob that one of them lacks may be in another. */
export class ArchiveContent implements ImageContent {
  readonly #name: string;
  readonly #reading: Reading;
  readonly #manifests = new Map<string, ReadManifest>();
  readonly #blobs = new Map<string, StoredBlob>();
  readonly #attached = new Map<string, Descriptor>();
  readonly #referrers = new Map<string, Descriptor[]>();

  constructor(name: string, reading: Reading) {
    this.#name = name;
    this.#reading = reading;
  }

  /** Adds what is in an archive that was found good. */
  add({ manifests, attached }: ArchiveContents, files: ReadonlyMap<string, TakenFile>): void {
    for (const [digest, { size, place, bytes }] of files) {
      const before = this.#blobs.get(digest);
      if (manifests.has(digest) || before?.place.direct === true || before?.bytes !== undefined) continue;
      this.#blobs.set(digest, { size, place, bytes: place.direct ? undefined : bytes });
    }
    for (const [tag, descriptor] of attached) this.#attached.set(tag, descriptor);
    for (const [digest, found] of manifests) {
      const known = this.#manifests.has(digest);
      this.#manifests.set(digest, found);
      if (!known && found.referrer !== undefined) this.#refers(found.referrer.subject, found.referrer.descriptor);
    }
  }

  #refers(subject: string, referrer: Descriptor): void {
    const before = this.#referrers.get(subject);
    if (before === undefined) this.#referrers.set(subject, [referrer]);
    else before.push(referrer);
  }

  /** Whether every blob can be read at any time. */
  get direct(): boolean {
    return [...this.#blobs.values()].every(({ place }) => place.direct);
  }

  /** The digests of all blobs, by their places. */
  digestsByPlace(): ReadonlyMap<string, string> {
    return new Map([...this.#blobs].map(([digest, { place }]) => [placeKey(place), digest]));
  }

  async manifest({ digest, size }: Descriptor): Promise<Buffer> {
    const found = this.#manifests.get(digest);
    if (found === undefined) throw this.#missing(digest);
    if (found.bytes.length !== size)
      throw new MirrorError('CHECKSUM_MISMATCH', `${digest} of ${this.#name} has ${found.bytes.length} bytes, not ${size}`);
    return found.bytes;
  }

  async *blob({ digest }: Descriptor, start: number): AsyncGenerator<Buffer> {
    const bytes = this.#manifests.get(digest)?.bytes ?? this.#blobs.get(digest)?.bytes;
    if (bytes !== undefined) {
      if (start < bytes.length) yield bytes.subarray(start);
      return;
    }
    const found = this.#blobs.get(digest);
    if (found === undefined) throw this.#missing(digest);
    const { place, size } = found;
    if (!place.direct) throw new Error(`${digest} is in a compressed archive, which is read as a stream`);
    const file = await openFile(place.stream, true);
    try {
      const end = place.offset + size;
      if (file.size < end) throw new MirrorError('ARCHIVE_INVALID', `${place.stream} has become shorter since it was opened`);
      yield* bytesOf(file, place.stream, { start: place.offset + start, end }, { signal: this.#reading.signal });
    } finally {
      await file.handle.close();
    }
  }

  async has(digest: string): Promise<boolean> {
    return this.#blobs.has(digest) || this.#manifests.has(digest);
  }

  async referrers(digest: string): Promise<readonly Descriptor[]> {
    return this.#referrers.get(digest) ?? [];
  }

  async tagged(tag: string): Promise<Descriptor | undefined> {
    return this.#attached.get(tag);
  }

  #missing(digest: string): MirrorError {
    return new MirrorError('BLOB_MISSING', `${this.#name} does not have ${digest}`, {
      hint: 'The archive is incomplete; get the whole of it.',
    });
  }
}
