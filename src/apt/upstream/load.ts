import { createHash, type Hash } from 'node:crypto';
import { compressionOf } from '../../codec/compression.ts';
import { decompress } from '../../codec/decompress.ts';
import type { AptMirrorConfig } from '../../config/schema.ts';
import { shortened } from '../../core/counts.ts';
import { type Expected, strongest } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import { MultiMap } from '../../core/multi-map.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { StoredIndex, UpstreamState } from '../../store/catalogue.ts';
import { type AptCandidate, labelOf, readCandidate } from '../candidate.ts';
import { SOURCE } from '../format/architecture.ts';
import { readStanzas } from '../format/deb822.ts';
import { readSourceCandidate } from '../source-candidate.ts';
import { type AptParticulars, particularsOf } from './particulars.ts';
import { architecturesOf } from './selection.ts';

/** The packages of an index are held in memory, whatever size is stated. In bytes. */
const MOST_UNPACKED = 1024 * 1024 * 1024;
/** From how many packages of one name on they are not gone through one by one. */
const MANY = 16;
/** Packages that a warning names. */
const CONFLICTS_SHOWN = 5;

/** A mirror whose indexes are in the pool. */
export interface LoadSource {
  /** Of the mirror. */
  readonly name: string;
  readonly config: AptMirrorConfig;
  readonly upstream: UpstreamState;
  readonly blobs: BlobStore;
  readonly report: Reporter;
}

/**
 * The packages in the stored indexes that are for the mirror's architectures, for all, or sources, in the order of the indexes. A package that is
 * listed several times is taken once; where the files differ the first counts, and a warning is reported.
 * Errors: METADATA_INVALID, CHECKSUM_MISMATCH when an index does not unpack to what the Release says, DECOMPRESS_*, BLOB_*.
 */
export async function loadCandidates(source: LoadSource): Promise<AptCandidate[]> {
  const particulars = particularsOf(source.name, source.upstream);
  const binary = new Set([...architecturesOf(source.config), 'all']);
  const sources = new Set([SOURCE]);
  const candidates: AptCandidate[] = [];
  const packages = new KnownPackages();
  const conflicts: string[] = [];
  for (const index of source.upstream.indexes) {
    const what = `mirror ${source.name}: ${index.path}`;
    const ofSources = particulars.indexes[index.path]?.kind === 'sources';
    const [read, architectures] = ofSources ? ([readSourceCandidate, sources] as const) : ([readCandidate, binary] as const);
    const origin = { mirror: source.name, component: particulars.indexes[index.path]?.component ?? '', what };
    for await (const stanzas of readStanzas(unpackIndex(source, index, particulars), what)) {
      for (const stanza of stanzas) {
        const candidate = read(stanza, origin);
        if (!architectures.has(candidate.architecture)) continue;
        const known = packages.findOrAdd(candidate);
        if (known === undefined) candidates.push(candidate);
        else if (!sameFile(known, candidate)) conflicts.push(labelOf(candidate));
      }
    }
  }
  if (conflicts.length > 0) warn(source, conflicts);
  return candidates;
}

/** The unpacked index, whose size and checksum are what the Release says of it. */
async function* unpackIndex(source: LoadSource, index: StoredIndex, particulars: AptParticulars): AsyncGenerator<Buffer> {
  const what = `mirror ${source.name}: ${index.path}`;
  const expected: Expected | undefined = particulars.indexes[index.path]?.unpacked;
  const best = strongest(expected?.checksums ?? []);
  const hash: Hash | undefined = best === undefined ? undefined : createHash(best.algorithm);
  let size = 0;
  const limit = { maxSize: Math.min(expected?.size ?? MOST_UNPACKED, MOST_UNPACKED), what };
  for await (const chunk of decompress(source.blobs.read(index.sha256), compressionOf(index.path), limit)) {
    hash?.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (expected?.size !== undefined && size !== expected.size) {
    throw new MirrorError('CHECKSUM_MISMATCH', `${what} unpacks to ${size} bytes; the Release says ${expected.size}`);
  }
  const found = hash?.digest('hex');
  if (found !== best?.value) {
    throw new MirrorError('CHECKSUM_MISMATCH', `${what} unpacks to the ${best?.algorithm} ${found}; the Release says ${best?.value}`);
  }
}

/** The packages that were read. Nearly every name has one or two, but there are archives that have thousands of one. */
class KnownPackages {
  readonly #byName = new MultiMap<string, AptCandidate>();
  readonly #ofMany = new Map<string, Map<string, AptCandidate>>();

  /** The package of the same name, version and architecture; undefined where there is none yet, and then it is added. */
  findOrAdd(candidate: AptCandidate): AptCandidate | undefined {
    const { name } = candidate;
    const others = this.#byName.get(name);
    if (others.length < MANY) {
      const known = others.find((other) => other.version === candidate.version && other.architecture === candidate.architecture);
      if (known === undefined) this.#byName.add(name, candidate);
      return known;
    }
    let byIdentity = this.#ofMany.get(name);
    if (byIdentity === undefined) {
      byIdentity = new Map(others.map((other) => [identity(other), other]));
      this.#ofMany.set(name, byIdentity);
    }
    const known = byIdentity.get(identity(candidate));
    if (known === undefined) byIdentity.set(identity(candidate), candidate);
    return known;
  }
}

/** Of packages of one name. */
function identity({ version, architecture }: AptCandidate): string {
  return `${version} ${architecture}`;
}

function sameFile(a: AptCandidate, b: AptCandidate): boolean {
  return (
    a.size === b.size &&
    a.checksums.some((one) => b.checksums.some((other) => one.algorithm === other.algorithm && one.value === other.value))
  );
}

function warn(source: LoadSource, conflicts: readonly string[]): void {
  source.report({
    type: 'warning',
    subject: source.name,
    message: `the upstream lists different files as the same package; the first of each is taken: ${shortened(conflicts, CONFLICTS_SHOWN)}`,
  });
}
