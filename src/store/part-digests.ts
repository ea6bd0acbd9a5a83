import { createHash, hash as hashOnce } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm, Expected } from '../core/digests.ts';
import { MirrorError } from '../core/errors.ts';

/** The running hashes of one file: SHA-256, and every algorithm that is expected of it. */
export interface RunningDigests {
  update(chunk: Uint8Array): void;
  /** The digests so far; more can be added afterwards. */
  current(): FoundDigests;
}

/** Lower-case hex by algorithm; SHA-256 is always in it. */
export interface FoundDigests {
  readonly sha256: string;
  readonly others: ReadonlyMap<ChecksumAlgorithm, string>;
}

const NO_OTHERS: FoundDigests['others'] = new Map();

/** Hashes of a file that comes in pieces, by SHA-256 and these others. */
export function createDigests(algorithms: readonly ChecksumAlgorithm[]): RunningDigests {
  const sha256 = createHash('sha256');
  const others = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  return {
    update(chunk) {
      sha256.update(chunk);
      for (const { hash } of others) hash.update(chunk);
    },
    current: () => ({
      sha256: sha256.copy().digest('hex'),
      others: new Map(others.map(({ algorithm, hash }) => [algorithm, hash.copy().digest('hex')])),
    }),
  };
}

/** The same of a file that is in memory: much cheaper than running hashes where files are small. */
export function digestsOf(bytes: Uint8Array, algorithms: readonly ChecksumAlgorithm[]): FoundDigests {
  const sha256 = hashOnce('sha256', bytes, 'hex');
  if (algorithms.length === 0) return { sha256, others: NO_OTHERS };
  return { sha256, others: new Map(algorithms.map((algorithm) => [algorithm, hashOnce(algorithm, bytes, 'hex')])) };
}

/**
 * Why bytes are not what is expected, as a CHECKSUM_MISMATCH; undefined when they are.
 * @param label names the file for the message.
 */
export function mismatch(label: string, expected: Expected, size: number, found: FoundDigests): MirrorError | undefined {
  if (expected.size !== undefined && expected.size !== size) {
    return refusal(`${label} is ${size} bytes long, ${expected.size} were expected`);
  }
  const wrong = expected.checksums.find((wanted) => foundValue(found, wanted) !== wanted.value);
  if (wrong === undefined) return undefined;
  return refusal(`${label} has the ${wrong.algorithm} ${foundValue(found, wrong)}, ${wrong.value} was expected`);
}

/** Without a hint: the fetcher knows better than this whether a proxy or an update under way is to blame. */
function refusal(message: string): MirrorError {
  return new MirrorError('CHECKSUM_MISMATCH', message);
}

function foundValue(found: FoundDigests, wanted: Checksum): string | undefined {
  return wanted.algorithm === 'sha256' ? found.sha256 : found.others.get(wanted.algorithm);
}

/** The algorithms besides SHA-256 that a file is checked by. */
export function algorithmsOf(expected: Expected): ChecksumAlgorithm[] {
  const algorithms: ChecksumAlgorithm[] = [];
  for (const { algorithm } of expected.checksums) {
    if (algorithm !== 'sha256' && !algorithms.includes(algorithm)) algorithms.push(algorithm);
  }
  return algorithms;
}
