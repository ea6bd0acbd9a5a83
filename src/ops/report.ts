import type { MirrorError } from '../core/errors.ts';
import type { Unsatisfied } from '../store/catalogue.ts';

/** What a sync did to one mirror. Sizes in bytes. */
export interface MirrorReport {
  readonly name: string;
  /** `planned`: nothing was fetched but metadata, because that was asked for. */
  readonly status: 'unchanged' | 'updated' | 'planned' | 'failed';
  /** What the mirror has now, or would have. */
  readonly packages: number;
  readonly bytes: number;
  /** Of the packages that were, or would be, fetched. */
  readonly downloaded: number;
  readonly downloadedBytes: number;
  readonly added: number;
  readonly removed: number;
  readonly verified: boolean;
  readonly unsatisfied: readonly Unsatisfied[];
  readonly error?: MirrorError | undefined;
}

export interface SyncReport {
  readonly mirrors: readonly MirrorReport[];
}

/** What publishing did to one publication. */
export interface PublicationReport {
  readonly name: string;
  readonly status: 'unchanged' | 'published' | 'planned' | 'failed';
  readonly generation: number;
  readonly digest: string;
  readonly packages: number;
  readonly bytes: number;
  readonly error?: MirrorError | undefined;
}

export interface PublishReport {
  readonly publications: readonly PublicationReport[];
}
