import type { YumMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import type { YumCandidate } from '../candidate.ts';
import { createArena } from '../format/arena.ts';
import { packageElements } from '../format/package-elements.ts';
import { createPrimaryReader, type PrimaryPackage } from '../format/primary.ts';
import { formatEvr } from '../format/version.ts';
import { publishedPath } from '../location.ts';
import { openIndex } from './open-index.ts';
import { storedIndex } from './particulars.ts';
import { acceptsWeakChecksums } from './verification-policy.ts';

/** The packages are held in memory, whatever size is stated. In bytes. */
const MOST_UNPACKED = 1024 * 1024 * 1024;

export interface LoadRequest {
  /** Of the mirror. */
  readonly name: string;
  readonly config: YumMirrorConfig;
  readonly upstream: UpstreamState;
  readonly blobs: BlobStore;
}

/**
 * The packages that the stored primary lists, of the architectures that the mirror asks for. Without `architectures` these are all but
 * source packages; with them, also `noarch`. A package that is listed twice is given once.
 * Throws METADATA_INVALID, PATH_UNSAFE, CHECKSUM_MISMATCH and DECOMPRESS_*.
 */
export async function loadCandidates({ name, config, upstream, blobs }: LoadRequest): Promise<readonly YumCandidate[]> {
  const what = `mirror "${name}": primary`;
  const index = storedIndex(upstream, 'primary');
  if (index === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored state of mirror "${name}" has no primary`);
  const filelists = storedIndex(upstream, 'filelists');
  const wanted = architectureFilter(config);
  const weakAllowed = acceptsWeakChecksums(config);
  const arena = createArena();
  const read = createPrimaryReader(what);
  const seen = new Set<string>();
  const candidates: YumCandidate[] = [];
  for await (const element of packageElements(openIndex(index, blobs, what, MOST_UNPACKED), 'metadata', what)) {
    const entry = read(element);
    if (entry === undefined || !wanted(entry.architecture) || seen.has(entry.checksum.value)) continue;
    seen.add(entry.checksum.value);
    const { algorithm } = entry.checksum;
    if ((algorithm === 'md5' || algorithm === 'sha1') && !weakAllowed) throw tooWeak(what, entry);
    const candidate: YumCandidate = {
      mirror: name,
      name: entry.name,
      version: formatEvr(entry),
      architecture: entry.architecture,
      location: entry.location,
      base: entry.base,
      size: entry.size,
      checksums: [entry.checksum],
      element: arena.keep(entry.bytes),
      filelists,
    };
    publishedPath(candidate, candidate, what);
    candidates.push(candidate);
  }
  return candidates;
}

function architectureFilter({ architectures }: YumMirrorConfig): (architecture: string) => boolean {
  if (architectures === undefined) return (architecture) => architecture !== 'src' && architecture !== 'nosrc';
  const wanted = new Set([...architectures, 'noarch']);
  return (architecture) => wanted.has(architecture) || (architecture === 'nosrc' && wanted.has('src'));
}

function tooWeak(what: string, { name, checksum }: PrimaryPackage): MirrorError {
  return new MirrorError(
    'METADATA_INVALID',
    `${what} states only the ${checksum.algorithm} of package ${name}, which is too weak for a signature over it to count`,
    {
      hint: 'Set `verify: [packages]` so that the signatures of the packages are checked instead.',
    },
  );
}
