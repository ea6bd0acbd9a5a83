import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isMirrorError } from '../../core/errors.ts';
import type { Blob, Intake } from '../../store/blobs.ts';
import type { Upload } from '../../store/upload.ts';
import type { DigestAlgorithm } from '../format/digest.ts';
import { checkDigest } from './names.ts';
import { registryProblem } from './problem.ts';

/** Ceilings on uploads that are under way. */
export const UPLOAD_LIMITS = {
  /** Of one repository. */
  perRepository: 1000,
  total: 4000,
  /** An upload that nothing was heard of for so long is dropped, in milliseconds. */
  idle: 24 * 60 * 60 * 1000,
  /** So many may wait in memory, each with little; the others wait on the disk. */
  inMemory: 128,
} as const;

/** How often uploads that nothing is heard of are looked for, in milliseconds. */
const PURGE_EVERY = 10 * 60 * 1000;
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Positions of a chunk's first and last byte in the blob. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

/** What a client sends at once. */
export interface Chunk {
  /** Undefined where the client only adds to what is there. */
  readonly range: ChunkRange | undefined;
  readonly body: AsyncIterable<Buffer>;
}

/** How far an upload is. */
export interface UploadStatus {
  readonly id: string;
  /** Bytes that have arrived. */
  readonly size: number;
}

/** Blobs that clients are sending. All calls throw registry problems, STORAGE and STORAGE_FULL. */
export interface Uploads {
  begin(repository: string, algorithm: DigestAlgorithm | undefined): Promise<UploadStatus>;
  /** Throws `upload-unknown`, also for an upload of another repository. */
  status(repository: string, id: string): Promise<UploadStatus>;
  /** Adds a chunk. Throws `range-invalid` where it is not the next one, `upload-busy` while another is being added. What has arrived when the body fails is kept. */
  append(repository: string, id: string, chunk: Chunk): Promise<UploadStatus>;
  /** Adds the last chunk, if any, and ends the upload. The blob is durable then. Throws as `append`, and `digest-invalid`, after which the upload is gone. */
  finish(repository: string, id: string, digest: string, chunk?: Chunk): Promise<Blob>;
  /** A whole blob at once. */
  receive(digest: string, body: AsyncIterable<Buffer>): Promise<Blob>;
  cancel(repository: string, id: string): Promise<void>;
  /** Leaves what is under way for the next process, and ends. */
  close(): Promise<void>;
}

interface Session {
  readonly repository: string;
  readonly id: string;
  readonly upload: Upload;
  busy: boolean;
  /** In milliseconds since 1970. */
  touchedAt: number;
}

/** @param openIntake is called once, when the first upload begins. */
export function createUploads(openIntake: () => Promise<Intake>, clock: Clock): Uploads {
  const sessions = new Map<string, Session>();
  const resuming = new Map<string, Promise<Session | undefined>>();
  let intake: Promise<Intake> | undefined;
  let purgedAt = 0;

  const opened = async (): Promise<Intake> => {
    intake ??= openIntake();
    try {
      return await intake;
    } catch (error) {
      intake = undefined;
      throw error;
    }
  };

  const purge = async (): Promise<void> => {
    const now = clock.now().getTime();
    if (now - purgedAt < PURGE_EVERY) return;
    purgedAt = now;
    for (const session of sessions.values()) {
      if (!session.busy && session.touchedAt < now - UPLOAD_LIMITS.idle) await end(session);
    }
    await (await opened()).removeUntouched(now - UPLOAD_LIMITS.idle);
  };

  const end = async (session: Session): Promise<void> => {
    sessions.delete(session.id);
    await session.upload.drop();
  };

  const checkRoom = (repository: string): void => {
    let ofRepository = 0;
    for (const session of sessions.values()) if (session.repository === repository) ofRepository++;
    if (ofRepository >= UPLOAD_LIMITS.perRepository || sessions.size >= UPLOAD_LIMITS.total)
      throw registryProblem('too-many-uploads', 'too many uploads are under way: end or cancel some, or try again later');
  };

  const resume = async (repository: string, id: string): Promise<Session | undefined> => {
    const files = await opened();
    const key = intakeKey(repository, id);
    if (!files.holds(key)) return undefined;
    checkRoom(repository);
    const upload = await files.upload(key, []);
    const session = { repository, id, upload, busy: false, touchedAt: clock.now().getTime() };
    sessions.set(id, session);
    return session;
  };

  const find = async (repository: string, id: string): Promise<Session> => {
    let session = sessions.get(id);
    if (session === undefined && SESSION_ID.test(id)) {
      const key = intakeKey(repository, id);
      const pending = resuming.get(key) ?? resume(repository, id).finally(() => resuming.delete(key));
      resuming.set(key, pending);
      session = await pending;
    }
    if (session?.repository === repository) return session;
    throw registryProblem('upload-unknown', `there is no upload ${id.slice(0, 64)} to ${repository}`);
  };

  /** Has the upload for itself while `work` is done. */
  const using = async <T>(repository: string, id: string, work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await find(repository, id);
    if (session.busy) throw registryProblem('upload-busy', `another request is adding to the upload ${id}`);
    session.busy = true;
    try {
      return await work(session);
    } finally {
      session.busy = false;
      session.touchedAt = clock.now().getTime();
    }
  };

  /** Nothing that waits for its client takes much memory or keeps a file open. */
  const park = async (session: Session): Promise<void> => {
    if (!session.upload.inMemory) {
      await session.upload.park();
      return;
    }
    // Maps keep their order: at the end is what was heard of last.
    sessions.delete(session.id);
    sessions.set(session.id, session);
    const held = [...sessions.values()].filter(({ upload }) => upload.inMemory && upload.size > 0);
    if (held.length <= UPLOAD_LIMITS.inMemory) return;
    const oldest = held.find(({ busy }) => !busy);
    await oldest?.upload.park();
  };

  return {
    async begin(repository, algorithm) {
      await purge();
      checkRoom(repository);
      const id = randomUUID();
      const algorithms = algorithm === undefined || algorithm === 'sha256' ? [] : [algorithm];
      const upload = await (await opened()).upload(intakeKey(repository, id), algorithms);
      sessions.set(id, { repository, id, upload, busy: false, touchedAt: clock.now().getTime() });
      return { id, size: 0 };
    },
    async status(repository, id) {
      const { upload } = await find(repository, id);
      return { id, size: upload.size };
    },
    append: (repository, id, chunk) =>
      using(repository, id, async (session) => {
        try {
          await add(session.upload, chunk);
        } finally {
          await park(session);
        }
        return { id, size: session.upload.size };
      }),
    finish: (repository, id, digest, chunk) =>
      using(repository, id, async (session) => {
        checkDigest(digest);
        if (chunk !== undefined) await add(session.upload, chunk);
        sessions.delete(id);
        return await complete(session.upload, digest);
      }),
    async receive(digest, body) {
      const { algorithm } = checkDigest(digest);
      const upload = await (await opened()).upload(randomUUID(), algorithm === 'sha256' ? [] : [algorithm]);
      try {
        await add(upload, { range: undefined, body });
      } catch (error) {
        await upload.drop();
        throw error;
      }
      return await complete(upload, digest);
    },
    cancel: (repository, id) => using(repository, id, end),
    async close() {
      if (intake === undefined) return;
      const files = await opened();
      for (const { upload } of sessions.values()) {
        if (upload.size > 0) await upload.keep();
      }
      sessions.clear();
      await files.abandon();
    },
  };
}

/** A file of one repository is not found under another one's name. */
function intakeKey(repository: string, id: string): string {
  return `upload ${id} ${repository}`;
}

/** Adds a chunk to an upload; of a chunk that is longer than its range, no more than that. */
async function add(upload: Upload, { range, body }: Chunk): Promise<void> {
  if (range !== undefined && range.start !== upload.size)
    throw registryProblem('range-invalid', `the next byte that is expected is ${upload.size}, the chunk begins at ${range.start}`);
  const limit = range === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
  for await (const piece of body) {
    const room = limit - upload.size;
    const writing = upload.write(piece.length > room ? piece.subarray(0, room) : piece);
    if (writing !== undefined) await writing;
    if (piece.length > room) throw registryProblem('size-invalid', 'the chunk is longer than its Content-Range says');
  }
  if (range !== undefined && upload.size < limit) throw registryProblem('size-invalid', 'the chunk is shorter than its Content-Range says');
}

async function complete(upload: Upload, digest: string): Promise<Blob> {
  const { algorithm, encoded } = checkDigest(digest);
  try {
    return await upload.complete({ checksums: [{ algorithm, value: encoded }] });
  } catch (error) {
    if (!isMirrorError(error, 'CHECKSUM_MISMATCH')) throw error;
    throw registryProblem('digest-invalid', `what was sent is not ${digest}`, error);
  }
}
