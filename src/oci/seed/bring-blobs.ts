import PQueue from 'p-queue';
import { collect } from '../../codec/decompress.ts';
import { MirrorError } from '../../core/errors.ts';
import type { ImageSource, StreamedBlob } from '../content.ts';
import type { BlobNeed } from './blob-needs.ts';
import type { SeedTarget } from './target.ts';

export interface BringOptions {
  readonly target: SeedTarget;
  /** Repositories of the target that are known to have a blob, by its digest; what is found out is added. */
  readonly holders: Map<string, string>;
  /** Blobs on their way at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called with the number of bytes that each piece adds. */
  readonly onBytes: (count: number) => void;
}

/** Blobs of a compressed archive up to this size are held in memory while they are sent, so that several are on their way at once. In bytes. */
const HELD_AT_MOST = 16 * 1024 * 1024;
/** All of these together. */
const HELD_TOGETHER = 64 * 1024 * 1024;
/** How often a compressed archive is read for blobs that did not get through. */
const PASSES = 3;

type Content = (start: number) => AsyncIterable<Buffer>;

/** Thrown where a blob of a compressed archive would have to be read a second time. */
class Spent extends Error {
  override readonly name = 'Spent';
}

/** Brings blobs to every repository that needs them: what another repository has is mounted, and each is sent once. Failures are the needs' own; throws ABORTED. */
export async function bringBlobs(needs: readonly BlobNeed[], source: ImageSource, options: BringOptions): Promise<void> {
  const queue = new PQueue({ concurrency: options.concurrency });
  const attempt = async (need: BlobNeed, content: Content): Promise<void> => {
    try {
      options.signal.throwIfAborted();
      await bring(need, content, options);
    } catch (error) {
      if (!(error instanceof Spent)) need.fail(error);
    }
  };
  const fromSource = async (need: BlobNeed): Promise<void> => {
    if (await isLost(need)) need.fail(lost(need, source.name));
    else await attempt(need, (start) => need.content.blob(need.blob, start));
  };
  await queue.addAll(needs.map((need) => () => mountEverywhere(need, options).catch((error: unknown) => need.fail(error))));
  const unsent = needs.filter((need) => need.open().length > 0);
  const { stream } = source;
  if (stream === undefined) await queue.addAll(unsent.map((need) => () => fromSource(need)));
  else await bringStreamed(unsent, (wanted) => stream.call(source, wanted), { attempt, queue, name: source.name });
  options.signal.throwIfAborted();
}

async function isLost(need: BlobNeed): Promise<boolean> {
  return !(await need.content.has(need.blob.digest));
}

function lost({ blob }: BlobNeed, name: string): MirrorError {
  return new MirrorError('BLOB_MISSING', `${name} does not have the blob ${blob.digest}, and neither has the target`, {
    hint: 'The archive holds a part of the image only; seed the one that it builds on first.',
  });
}

/** Tries without sending: from a repository that has the blob. */
async function mountEverywhere(need: BlobNeed, { target, holders }: BringOptions): Promise<void> {
  const { digest } = need.blob;
  for (const repository of need.open()) {
    const from = holders.get(digest);
    if (from === undefined && !target.mountsFromAnywhere) return;
    const outcome = await target.mount(repository, digest, from);
    if (outcome === undefined) return;
    holders.set(digest, repository);
    need.settle(repository, outcome);
  }
}

async function bring(need: BlobNeed, content: Content, options: BringOptions): Promise<void> {
  const { target, holders, onBytes } = options;
  for (;;) {
    await mountEverywhere(need, options);
    const [repository] = need.open();
    if (repository === undefined) return;
    await target.putBlob(repository, need.blob, (start) => counted(content(start), onBytes));
    holders.set(need.blob.digest, repository);
    need.settle(repository, 'sent');
  }
}

async function* counted(content: AsyncIterable<Buffer>, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    onBytes(chunk.length);
    yield chunk;
  }
}

interface Streaming {
  readonly attempt: (need: BlobNeed, content: Content) => Promise<void>;
  readonly queue: PQueue;
  readonly name: string;
}

async function bringStreamed(
  needs: readonly BlobNeed[],
  stream: (wanted: (digest: string) => boolean) => AsyncIterable<StreamedBlob>,
  { attempt, queue, name }: Streaming,
): Promise<void> {
  const byDigest = new Map(needs.map((need) => [need.blob.digest, need]));
  const isOpen = (digest: string): boolean => (byDigest.get(digest)?.open().length ?? 0) > 0;
  const held = new Map<Promise<void>, number>();
  const heldBytes = (): number => [...held.values()].reduce((sum, size) => sum + size, 0);
  for (let pass = 0; pass < PASSES && needs.some((need) => need.open().length > 0); pass++) {
    const seen = new Set<string>();
    for await (const { digest, size, content } of stream(isOpen)) {
      const need = byDigest.get(digest);
      if (need === undefined) continue;
      seen.add(digest);
      if (size > HELD_AT_MOST) {
        await attempt(need, once(content));
        continue;
      }
      const bytes = await collect(content, size, `the blob ${digest} of ${name}`);
      const sending = queue.add(() => attempt(need, (start) => only(bytes.subarray(start)))).then(() => void held.delete(sending));
      held.set(sending, size);
      while (heldBytes() > HELD_TOGETHER) await Promise.race(held.keys());
    }
    await queue.onIdle();
    for (const need of needs) if (isOpen(need.blob.digest) && !seen.has(need.blob.digest)) need.fail(lost(need, name));
  }
  for (const need of needs) {
    need.fail(new MirrorError('FETCH_FAILED', `the blob ${need.blob.digest} of ${name} did not get through in ${PASSES} tries`));
  }
}

/** Content that is read from a stream, which can be done once. */
function once(content: AsyncIterable<Buffer>): Content {
  let begun = false;
  return () => {
    if (begun) throw new Spent('the archive has to be read again');
    begun = true;
    return content;
  };
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}
