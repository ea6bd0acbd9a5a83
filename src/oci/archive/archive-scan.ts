import { MirrorError } from '../../core/errors.ts';
import { isDigest } from '../format/digest.ts';
import { checkLayoutVersion, digestOfBlobPath, LAYOUT_BLOBS, LAYOUT_FILE, LAYOUT_INDEX } from '../format/layout.ts';
import type { Platform } from '../format/platform.ts';
import type { ArchiveMemory } from './archive-memory.ts';
import type { ArchivedFile } from './archived-file.ts';
import { BlobTakers, type TakenDigests } from './blob-takers.ts';
import type { ArchiveContents } from './contents.ts';
import { FileIntake, type TakenFile } from './file-intake.ts';
import { blobsFrom } from './reachable.ts';
import { readDirectoryTransport } from './read-directory-transport.ts';
import { readDockerArchive } from './read-docker-archive.ts';
import { readLayout } from './read-layout.ts';

const DOCKER_MANIFEST = 'manifest.json';
/** What an archive is read by. It must be there as it is. */
const LEADING: ReadonlySet<string> = new Set([LAYOUT_FILE, LAYOUT_INDEX, DOCKER_MANIFEST]);
const MAX_FILES = 250_000;
/** The names of docker-archive, of ggcr's and of skopeo's directories that are often, but not always, digests. */
const HEX_NAME = /^(?:sha256:)?([0-9a-f]{64})(?:\.(?:tar|tar\.gz|json|manifest\.json))?$/;

/** Reads and checks one archive of images, whatever kind it turns out to be. */
export class ArchiveScan {
  readonly #what: string;
  readonly #memory: ArchiveMemory;
  readonly #takers: BlobTakers;
  readonly #intake: FileIntake;
  readonly #files = new Map<string, TakenFile>();
  readonly #links = new Map<string, ArchivedFile>();
  readonly #blobs = new Map<string, TakenFile>();
  readonly #unknown = new Set<string>();

  constructor(what: string, memory: ArchiveMemory, taken: TakenDigests) {
    this.#what = what;
    this.#memory = memory;
    this.#takers = new BlobTakers(taken);
    this.#intake = new FileIntake(what, this.#takers, memory);
  }

  /** Reads the next file. ARCHIVE_INVALID where no honest archive has it. */
  async take(file: ArchivedFile): Promise<void> {
    const { name, type } = file;
    if (this.#files.has(name) || this.#links.has(name) || this.#unknown.has(name)) throw this.#invalid(`has two entries named "${name}"`);
    if (this.#files.size + this.#links.size + this.#unknown.size >= MAX_FILES) throw this.#invalid(`has more than ${MAX_FILES} files`);
    const isBlob = name.startsWith(LAYOUT_BLOBS);
    if (type !== 'file') {
      if (isBlob || LEADING.has(name)) throw this.#invalid(`has the entry "${name}", which is a link`);
      this.#links.set(name, file);
      return;
    }
    const digest = isBlob ? digestOfBlobPath(name, this.#what) : guessedDigest(name);
    if (isBlob && digest === undefined) {
      // A blob of an algorithm that is not known here counts as missing: nothing tells whether it is right.
      this.#unknown.add(name);
      return;
    }
    const taken = await this.#intake.take(file, { digest, certain: isBlob });
    this.#files.set(name, taken);
    if (!this.#blobs.has(taken.digest)) this.#blobs.set(taken.digest, taken);
  }

  /** The names of all files and links. */
  names(): string[] {
    return [...this.#files.keys(), ...this.#links.keys(), ...this.#unknown];
  }

  isLink(name: string): boolean {
    return this.#links.has(name);
  }

  /** What is in the archive, checked; undefined where it is none of images. Throws ARCHIVE_INVALID, MANIFEST_INVALID. */
  contents(): ArchiveContents | undefined {
    if (this.#files.has(LAYOUT_FILE) || this.#files.has(LAYOUT_INDEX) || this.names().some((name) => name.startsWith(LAYOUT_BLOBS))) {
      checkLayoutVersion(this.#leading(LAYOUT_FILE), this.#what);
      return readLayout(this.#leading(LAYOUT_INDEX), this.#blobs, this.#what);
    }
    if (!this.#files.has(DOCKER_MANIFEST)) return undefined;
    const manifest = this.#leading(DOCKER_MANIFEST);
    return manifest.toString('latin1').trimStart().startsWith('[')
      ? readDockerArchive(manifest, { files: this.#files, links: this.#links }, this.#what)
      : readDirectoryTransport(manifest, this.#blobs, this.#what);
  }

  /** All files that are known by their bytes, by digest. */
  get blobs(): ReadonlyMap<string, TakenFile> {
    return this.#blobs;
  }

  /** Lets the sink keep what is wanted of the archive. What is no manifest of it counts as such no longer. */
  async accept({ roots, manifests }: ArchiveContents, platforms: readonly Platform[] | undefined): Promise<void> {
    this.#intake.release();
    for (const { bytes } of manifests.values()) this.#memory.holdManifest(bytes.length, this.#what);
    if (!this.#takers.active) return;
    const wanted = blobsFrom(roots, manifests, platforms);
    for (const digest of wanted) {
      const bytes = this.#blobs.get(digest)?.bytes;
      if (bytes !== undefined) await this.#takers.offer(digest, bytes);
    }
    await this.#takers.complete((digest) => wanted.has(digest));
  }

  /** Forgets all of the archive. */
  async drop(): Promise<void> {
    this.#intake.release();
    await this.#takers.drop();
  }

  /** A file that must be there, and small. */
  #leading(name: string): Buffer {
    const file = this.#files.get(name);
    if (file === undefined) throw this.#invalid(`has no ${name}`);
    if (file.bytes === undefined) throw this.#invalid(`has the entry "${name}" of ${file.size} bytes, which is no JSON, or too much of it`);
    return file.bytes;
  }

  #invalid(why: string): MirrorError {
    return new MirrorError('ARCHIVE_INVALID', `${this.#what} ${why}`);
  }
}

function guessedDigest(name: string): string | undefined {
  const digest = `sha256:${HEX_NAME.exec(name)?.[1] ?? ''}`;
  return isDigest(digest) ? digest : undefined;
}
