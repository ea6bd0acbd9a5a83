import type { MessagePort } from 'node:worker_threads';
import type { Checksum } from '../core/digests.ts';
import { reasonOf } from '../core/errors.ts';
import { createPlainConnection, type PlainConnection, type PlainRoute } from '../fetch/plain-connection.ts';
import { algorithmsOf, digestsOf, mismatch } from './part-digests.ts';
import { systemCode } from './storage-errors.ts';
import { writeAtOnce } from './write-at-once.ts';

/** A file that is to be fetched, and where it is to be written. */
export interface SmallFile {
  /** Path and query of its URL. */
  readonly target: string;
  /** Bytes. */
  readonly size: number;
  readonly checksums: readonly Checksum[];
  readonly path: string;
}

/** Files that are fetched one after another. */
export interface LaneRequest {
  readonly lane: number;
  readonly route: PlainRoute;
  readonly files: readonly SmallFile[];
}

/** What has become of a lane since its last report. */
export interface LaneReport {
  readonly lane: number;
  /** Of the files that were written, in the order of the request. */
  readonly sha256s: readonly string[];
  /** Nothing follows: all are written, or the next one did not come as it should, or cannot be written. */
  readonly end?: { readonly failure?: { readonly code: string | undefined; readonly message: string } } | undefined;
}

/** How long finished files wait for others to be reported with, in milliseconds. */
const REPORT_INTERVAL = 30;
/** Connections that are kept for the next lane to the same server. */
const MOST_IDLE = 64;

/** What the thread of `createSmallFiles` does. */
export function serveSmallFiles(port: MessagePort): void {
  const idle: { readonly key: string; readonly connection: PlainConnection }[] = [];
  const pending = new Map<number, { sha256s: string[]; end?: LaneReport['end'] }>();
  let timer: NodeJS.Timeout | undefined;

  const report = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const reports = [...pending].map(([lane, { sha256s, end }]): LaneReport => ({ lane, sha256s, end }));
    pending.clear();
    port.postMessage(reports);
  };
  const entryOf = (lane: number): { sha256s: string[]; end?: LaneReport['end'] } => {
    let entry = pending.get(lane);
    if (entry === undefined) {
      entry = { sha256s: [] };
      pending.set(lane, entry);
    }
    return entry;
  };

  const connectionTo = (route: PlainRoute, key: string): PlainConnection => {
    const at = idle.findIndex((entry) => entry.key === key);
    return (at === -1 ? undefined : idle.splice(at, 1)[0]?.connection) ?? createPlainConnection(route);
  };
  const putBack = (key: string, connection: PlainConnection): void => {
    idle.push({ key, connection });
    if (idle.length > MOST_IDLE) idle.shift()?.connection.close();
  };

  port.on('message', ({ lane, route, files }: LaneRequest) => {
    const key = JSON.stringify(route);
    const connection = connectionTo(route, key);
    const end = (how: NonNullable<LaneReport['end']>): void => {
      putBack(key, connection);
      entryOf(lane).end = how;
      report();
    };
    const take = (index: number, file: SmallFile, body: Buffer | undefined): void => {
      try {
        const sha256 = body === undefined ? undefined : store(file, body);
        if (sha256 === undefined) {
          end({});
          return;
        }
        entryOf(lane).sha256s.push(sha256);
      } catch (error) {
        end({ failure: { code: systemCode(error), message: reasonOf(error) } });
        return;
      }
      timer ??= setTimeout(report, REPORT_INTERVAL);
      next(index + 1);
    };
    const next = (index: number): void => {
      const file = files[index];
      if (file === undefined) end({});
      else connection.ask(file.target, file.size, (body) => take(index, file, body));
    };
    next(0);
  });
}

/** Writes the file, and gives its SHA-256; undefined, and nothing written, when it is not what it should be. */
function store({ size, checksums, path }: SmallFile, body: Buffer): string | undefined {
  const expected = { size, checksums };
  const found = digestsOf(body, algorithmsOf(expected));
  if (mismatch(path, expected, body.length, found) !== undefined) return undefined;
  writeAtOnce(path, body);
  return found.sha256;
}
