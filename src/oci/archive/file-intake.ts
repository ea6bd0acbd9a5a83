import { createHash } from 'node:crypto';
import { type Compression, compressionOfBytes } from '../../codec/compression.ts';
import { MirrorError } from '../../core/errors.ts';
import type { BlobReceiver } from '../content.ts';
import { parseDigest } from '../format/digest.ts';
import { MAX_MANIFEST } from '../format/manifest.ts';
import { MEDIA_TYPES } from '../format/media-types.ts';
import type { ArchiveMemory } from './archive-memory.ts';
import type { ArchivedFile, Place } from './archived-file.ts';
import type { BlobTakers } from './blob-takers.ts';

/** A file of an archive that has been read. */
export interface TakenFile {
  /** Of its bytes, as they were read. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** As its first bytes show it. */
  readonly compression: Compression;
  readonly place: Place;
  /** Where they are kept in memory. */
  readonly bytes: Buffer | undefined;
}

/** What a file is expected to be. */
export interface Expectation {
  /** What its name says its digest is. */
  readonly digest: string | undefined;
  /** Whether its name is sure to be its digest, and an archive that has it wrong is refused. */
  readonly certain: boolean;
}

const SMALL = 64 * 1024;
const MAGIC = 6;
/** Every manifest and index has one of these; a layer that is JSON seldom does. */
const MANIFEST_MARKS = ['"schemaVersion"', MEDIA_TYPES.artifactManifest];

interface ReadFile {
  readonly digest: string;
  /** Its first bytes. */
  readonly head: Buffer;
  /** Of what may be needed in memory. */
  readonly pieces: readonly Buffer[] | undefined;
  /** What has taken all of its bytes. */
  readonly receiver: BlobReceiver | undefined;
}

/** Reads the files of one archive: hashes them, keeps in memory what may be needed of them, and gives the others to the sink as they go by. */
export class FileIntake {
  readonly #what: string;
  readonly #takers: BlobTakers;
  readonly #memory: ArchiveMemory;
  #manifests = 0;

  constructor(what: string, takers: BlobTakers, memory: ArchiveMemory) {
    this.#what = what;
    this.#takers = takers;
    this.#memory = memory;
  }

  /** Reads a file to its end. ARCHIVE_INVALID where it is not what its name says. */
  async take(file: ArchivedFile, { digest: expected, certain }: Expectation): Promise<TakenFile> {
    const { digest, head, pieces, receiver } = await this.#read(file, expected);
    if (receiver !== undefined) {
      if (digest === expected) await this.#takers.hold(digest, receiver);
      else await receiver.drop();
    }
    if (certain && digest !== expected)
      throw new MirrorError('ARCHIVE_INVALID', `${this.#what} has the entry "${file.name}", whose bytes have the digest ${digest}`);
    const { size, place } = file;
    const bytes =
      pieces === undefined ? undefined : await this.#kept(Buffer.concat(pieces), { digest, isBlob: certain, direct: place.direct });
    return { digest, size, compression: compressionOfBytes(head), place, bytes };
  }

  /** Reads a file into memory where something of it may be needed, otherwise past the sink. */
  async #read(file: ArchivedFile, expected: string | undefined): Promise<ReadFile> {
    const algorithm = (expected === undefined ? undefined : parseDigest(expected)?.algorithm) ?? 'sha256';
    const hash = createHash(algorithm);
    const pieces: Buffer[] = [];
    let head: Buffer | undefined;
    let buffered = file.size <= SMALL;
    let receiver: BlobReceiver | undefined;
    try {
      for await (const piece of file.content) {
        hash.update(piece);
        if (head === undefined) {
          head = piece.subarray(0, MAGIC);
          buffered ||= file.size <= MAX_MANIFEST && looksLikeJson(piece);
          if (!buffered && expected !== undefined) receiver = this.#takers.begin(expected, file.size);
        }
        if (buffered) pieces.push(piece);
        // Most writes go into a buffer, and there is nothing to wait for.
        const written = receiver?.write(piece);
        if (written !== undefined) await written;
      }
    } catch (error) {
      await receiver?.drop();
      throw error;
    }
    const digest = `${algorithm}:${hash.digest('hex')}`;
    return { digest, head: head ?? Buffer.alloc(0), pieces: buffered ? pieces : undefined, receiver };
  }

  /** Forgets what was counted for manifests. */
  release(): void {
    this.#memory.releaseManifest(this.#manifests);
    this.#manifests = 0;
  }

  /** The bytes where they are to be kept; otherwise they go to the sink. */
  async #kept(
    bytes: Buffer,
    of: { readonly digest: string; readonly isBlob: boolean; readonly direct: boolean },
  ): Promise<Buffer | undefined> {
    const json = looksLikeJson(bytes);
    if (json && (!of.isBlob || MANIFEST_MARKS.some((mark) => bytes.includes(mark)))) {
      this.#memory.holdManifest(bytes.length, this.#what);
      this.#manifests += bytes.length;
      return bytes;
    }
    const needed = json || !of.direct || !of.isBlob;
    if (needed && bytes.length <= SMALL && this.#memory.holdSmall(bytes.length)) return bytes;
    if (of.isBlob) await this.#takers.offer(of.digest, bytes);
    return undefined;
  }
}

/** By the first byte that is no white space. */
function looksLikeJson(bytes: Buffer): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b || first === 0x5b;
}
