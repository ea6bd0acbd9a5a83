import type { PublicationConfig, YumMirrorConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Reporter } from '../core/events.ts';
import type { Keyring, Signer } from '../openpgp/types.ts';
import type { Acquirer } from '../store/acquire.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { StoredPackage } from '../store/catalogue.ts';
import type { TreeWriter } from '../store/generations.ts';

/** What one yum upstream is read with: what operations give to a family, as far as it is used here. */
export interface YumUpstreamContext {
  /** Of the mirror. */
  readonly name: string;
  readonly config: YumMirrorConfig;
  readonly acquirer: Acquirer;
  readonly blobs: BlobStore;
  /** The trusted keys; undefined when nothing is to be verified. */
  readonly keyring: Keyring | undefined;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** What a yum repository tree is written with: what operations give to a family, as far as it is used here. */
export interface YumPublishContext {
  /** Of the publication. */
  readonly name: string;
  readonly config: PublicationConfig;
  readonly components: readonly { readonly name: string; readonly packages: readonly StoredPackage[] }[];
  readonly writer: TreeWriter;
  readonly signer: Signer | undefined;
  /** What clients see as the revision and the timestamps. */
  readonly time: Date;
  /** One kind of extra of some packages, in the order of the ids. */
  extras(ids: readonly number[], kind: string): IterableIterator<{ readonly id: number; readonly data: Buffer | undefined }>;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** What the published tree turned out to be. */
export interface YumPublishedTree {
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}
