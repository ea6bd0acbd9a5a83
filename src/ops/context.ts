import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Reporter } from '../core/events.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { Catalogue } from '../store/catalogue.ts';

/** What every operation works with; the command line and the server each build one. */
export interface OperationContext {
  readonly config: Config;
  /** The configuration file that `config` was read from, absolute. */
  readonly configPath: string;
  /** The storage directory of the configuration, absolute. */
  readonly storage: string;
  readonly catalogue: Catalogue;
  readonly blobs: BlobStore;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  /** What published metadata is dated by. */
  readonly publicationClock: Clock;
  readonly report: Reporter;
  /** Aborts the operation, which then ends with ABORTED and leaves everything consistent. */
  readonly signal: AbortSignal;
}
