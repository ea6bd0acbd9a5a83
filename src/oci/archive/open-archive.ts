import { basename } from 'node:path';
import { type ErrorCode, isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import type { BlobSink, ImageSource, SourceImage, SourceProblem } from '../content.ts';
import { decodeBundleName, isHarmless } from '../format/bundle-name.ts';
import type { Platform } from '../format/platform.ts';
import { formatReference, type ImageReference } from '../format/reference.ts';
import { ArchiveContent } from './archive-content.ts';
import { archiveFiles } from './archive-files.ts';
import { ArchiveMemory } from './archive-memory.ts';
import { ArchiveScan } from './archive-scan.ts';
import { type ArchivedFile, placeKey } from './archived-file.ts';
import type { TakenDigests } from './blob-takers.ts';
import type { Reading } from './file-bytes.ts';
import { type NamedImage, nameImages, nameInBundle, withoutRepeats } from './name-images.ts';
import { streamBlobs } from './stream-blobs.ts';
import { tarFiles } from './walk-tar.ts';

export interface OpenArchiveOptions extends Reading {
  /** What to call an image that the archive does not name; of an archive with several, the repository of those that have a tag only. */
  readonly name?: ImageReference | undefined;
  /** Takes blobs over while they are read for the first time: those of archives that are found good. */
  readonly sink?: BlobSink | undefined;
  /** The platforms whose blobs the sink is to keep: all where they are not named. */
  readonly platforms?: readonly Platform[] | undefined;
}

/** What makes one archive of a bundle useless, and the others not. */
const REFUSALS: readonly ErrorCode[] = [
  'ARCHIVE_INVALID',
  'MANIFEST_INVALID',
  'METADATA_INVALID',
  'DECOMPRESS_FAILED',
  'DECOMPRESS_TOO_LARGE',
];

/**
 * Opens what images are shipped in: a vendor's bundle of archives, an OCI layout, an archive of `docker save`, a directory of skopeo's `dir:`; as a
 * directory, a tar archive, or one that is compressed. It is recognised by what is in it. All of it is read once and every blob hashed before anything
 * of it is given; nothing is unpacked to disk.
 *
 * A bad archive in a bundle is a problem of the source, and the others are good. ARCHIVE_INVALID, MANIFEST_INVALID and DECOMPRESS_* where the whole is
 * damaged or has in it what no honest one has, FILE_MISSING where it cannot be read, ABORTED.
 */
export async function openArchive(path: string, options: OpenArchiveOptions = {}): Promise<ImageSource> {
  try {
    return await new Opening(path, options).open();
  } catch (error) {
    if (!isMirrorError(error, 'METADATA_INVALID')) throw error;
    throw new MirrorError('ARCHIVE_INVALID', error.message, { cause: error });
  }
}

class Opening {
  readonly #path: string;
  readonly #options: OpenArchiveOptions;
  readonly #memory = new ArchiveMemory();
  readonly #taken: TakenDigests;
  readonly #content: ArchiveContent;
  readonly #named: NamedImage[] = [];
  readonly #problems: SourceProblem[] = [];
  /** The names of the archives in a bundle, by what they stand for. */
  readonly #bundled = new Map<string, string>();
  readonly #inner = new Set<string>();

  constructor(path: string, options: OpenArchiveOptions) {
    this.#path = path;
    this.#options = options;
    this.#taken = { sink: options.sink, digests: new Set() };
    this.#content = new ArchiveContent(path, options);
  }

  async open(): Promise<ImageSource> {
    const scan = new ArchiveScan(this.#path, this.#memory, this.#taken);
    try {
      for await (const file of archiveFiles(this.#path, this.#options)) {
        const name = file.type === 'file' ? decodeBundleName(basename(file.name)) : undefined;
        if (name !== undefined && 'reference' in name) await this.#bundledArchive(file, name.reference);
        else await scan.take(file);
      }
      await this.#whole(scan);
    } catch (error) {
      await scan.drop();
      throw error;
    }
    return this.#source();
  }

  /** What is in the archive besides archives. */
  async #whole(scan: ArchiveScan): Promise<void> {
    const contents = scan.contents();
    if (contents === undefined) {
      if (this.#bundled.size === 0) throw this.#invalid('is no archive of images');
      this.#problems.push(...this.#strangers(scan));
      await scan.drop();
      return;
    }
    if (this.#bundled.size > 0) throw this.#invalid('is a bundle of archives and an archive of images at once');
    const { named, problems } = nameImages(contents.images, { file: basename(this.#path), given: this.#options.name });
    this.#named.push(...named);
    this.#problems.push(...problems);
    await scan.accept(contents, this.#options.platforms);
    this.#content.add(contents, scan.blobs);
  }

  /** Files of a bundle that are not of it. */
  #strangers(scan: ArchiveScan): SourceProblem[] {
    return scan
      .names()
      .filter((name) => !isHarmless(basename(name)))
      .map((name) => {
        const read = decodeBundleName(basename(name));
        return { what: name, reason: scan.isLink(name) ? 'it is a link' : 'problem' in read ? read.problem : 'it is no archive' };
      });
  }

  async #bundledArchive(file: ArchivedFile, reference: ImageReference): Promise<void> {
    const name = formatReference(reference);
    const before = this.#bundled.get(name);
    if (before !== undefined) throw this.#invalid(`has "${before}" and "${file.name}", which both stand for ${name}`);
    this.#bundled.set(name, file.name);
    const what = `${this.#path}: ${file.name}`;
    const scan = new ArchiveScan(what, this.#memory, this.#taken);
    const source = new Watched(file.content);
    try {
      for await (const within of tarFiles({ ...file, content: source.content(), what })) await scan.take(within);
      const contents = scan.contents();
      if (contents === undefined) throw new MirrorError('ARCHIVE_INVALID', `${what} is no archive of images`);
      const { named, problems } = nameInBundle(contents.images, reference, file.name);
      this.#problems.push(...problems);
      if (named.length === 0) return await scan.drop();
      await scan.accept(contents, this.#options.platforms);
      this.#named.push(...named);
      this.#content.add(contents, scan.blobs);
      this.#inner.add(placeKey(file.place));
    } catch (error) {
      await scan.drop();
      source.check();
      if (!isMirrorError(error, ...REFUSALS)) throw error;
      this.#problems.push({ what: file.name, reason: reasonOf(error) });
    }
  }

  #source(): ImageSource {
    const content = this.#content;
    const { images, conflict } = withoutRepeats(this.#named);
    if (conflict !== undefined) throw this.#invalid(`has two images named ${conflict}`);
    const source = {
      name: this.#path,
      images: images.map(({ reference, root }): SourceImage => ({ reference, root, content })),
      problems: this.#problems,
      close: async () => undefined,
    };
    if (content.direct) return source;
    const known = { path: this.#path, inner: this.#inner, digests: content.digestsByPlace() };
    return { ...source, stream: (wanted) => streamBlobs(known, wanted, { signal: this.#options.signal }) };
  }

  #invalid(why: string): MirrorError {
    return new MirrorError('ARCHIVE_INVALID', `${this.#path} ${why}`);
  }
}

/** Tells damage of what an archive is in from damage of the archive. */
class Watched {
  readonly #source: AsyncIterable<Buffer>;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }

  async *content(): AsyncGenerator<Buffer> {
    try {
      for await (const piece of this.#source) yield piece;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Throws what the source threw. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
