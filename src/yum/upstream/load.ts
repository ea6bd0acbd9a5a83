import { posix } from 'node:path';
import type { YumMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import type { YumCandidate } from '../candidate.ts';
import { createArena } from '../format/repodata/arena.ts';
import { packageElements } from '../format/repodata/package-elements.ts';
import { createPrimaryReader } from '../format/repodata/primary.ts';
import { formatEvr } from '../format/version.ts';
import { publishedPath } from '../location.ts';
import { readModuleIndex } from '../modules/module-index.ts';
import { openIndex } from './open-index.ts';
import { particularsOf, storedIndex } from './particulars.ts';
import { checkStrength } from './verification-policy.ts';

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
 * source packages; with them, also `noarch`. A package that is listed twice is given once. Where the metadata is to be published as it is, every
 * entry is given, and each must be inside of the repository.
 * Throws METADATA_INVALID, PATH_UNSAFE, CHECKSUM_MISMATCH, CHECKSUM_WEAK and DECOMPRESS_*.
 */
export async function loadCandidates({ name, config, upstream, blobs }: LoadRequest): Promise<readonly YumCandidate[]> {
  const what = `mirror "${name}": primary`;
  const index = storedIndex(upstream, 'primary');
  if (index === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored state of mirror "${name}" has no primary`);
  const filelists = storedIndex(upstream, 'filelists');
  const verbatim = particularsOf(upstream).selection?.verbatim === true;
  const modules = await readModuleIndex(upstream.supplements, blobs);
  const wanted = verbatim ? () => true : architectureFilter(config);
  const arena = createArena();
  const read = createPrimaryReader(what);
  const seen = new Set<string>();
  const candidates: YumCandidate[] = [];
  for await (const element of packageElements(openIndex(index, blobs, what, MOST_UNPACKED), 'metadata', what)) {
    const entry = read(element);
    if (entry === undefined || !wanted(entry.architecture)) continue;
    const file = verbatim ? `${entry.checksum.value} ${entry.location}` : entry.checksum.value;
    if (seen.has(file)) continue;
    seen.add(file);
    checkStrength(config, entry.checksum, what, entry.name);
    const identity = { name: entry.name, version: formatEvr(entry), architecture: entry.architecture };
    const candidate: YumCandidate = {
      mirror: name,
      ...identity,
      location: entry.location,
      base: entry.base,
      size: entry.size,
      checksums: [entry.checksum],
      element: arena.keep(entry.bytes),
      filelists,
      modules: modules.of(identity),
    };
    const path = publishedPath(candidate, candidate, what);
    if (verbatim) refuseElsewhere(candidate, path, what);
    candidates.push(candidate);
  }
  return candidates;
}

/** Metadata that stays as it is can name only what is below it. */
function refuseElsewhere({ base, location, name }: YumCandidate, path: string, what: string): void {
  if (base === undefined && posix.normalize(location) === path) return;
  const where = base === undefined ? location : `${base} ${location}`;
  throw new MirrorError('PATH_UNSAFE', `${what} has package ${name} at "${where.slice(0, 200)}", outside of the repository`, {
    hint: 'It cannot be published as it is: publish this mirror with metadata: regenerate, which gives every package a place.',
  });
}

function architectureFilter({ architectures }: YumMirrorConfig): (architecture: string) => boolean {
  if (architectures === undefined) return (architecture) => architecture !== 'src' && architecture !== 'nosrc';
  const wanted = new Set([...architectures, 'noarch']);
  return (architecture) => wanted.has(architecture) || (architecture === 'nosrc' && wanted.has('src'));
}
