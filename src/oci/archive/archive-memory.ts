import { MirrorError } from '../../core/errors.ts';

const MiB = 1024 * 1024;
const MAX_MANIFESTS = 256 * MiB;
const MAX_SMALL = 64 * MiB;

/** How much of an archive is kept in memory. */
export class ArchiveMemory {
  #manifests = 0;
  #small = 0;

  /** Counts what may be a manifest. ARCHIVE_INVALID where there are more of them than any honest archive has. */
  holdManifest(size: number, what: string): void {
    this.#manifests += size;
    if (this.#manifests > MAX_MANIFESTS)
      throw new MirrorError('ARCHIVE_INVALID', `${what} has more than ${MAX_MANIFESTS} bytes of manifests`);
  }

  releaseManifest(size: number): void {
    this.#manifests -= size;
  }

  /** Whether there is room for a small blob, which is counted then. */
  holdSmall(size: number): boolean {
    if (this.#small + size > MAX_SMALL) return false;
    this.#small += size;
    return true;
  }
}
