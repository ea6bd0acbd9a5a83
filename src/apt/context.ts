import type { AptMirrorConfig, PublicationConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Reporter } from '../core/events.ts';
import type { Keyring, Signer } from '../openpgp/types.ts';
import type { Acquirer } from '../store/acquire.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { StoredPackage } from '../store/catalogue.ts';
import type { TreeWriter } from '../store/generations.ts';

/** What one APT upstream is read with: what operations give to a family, as far as it is used here. */
export interface AptUpstreamContext {
  /** Of the mirror. */
  readonly name: string;
  readonly config: AptMirrorConfig;
  readonly acquirer: Acquirer;
  readonly blobs: BlobStore;
  /** The trusted keys; undefined when nothing is to be verified. */
  readonly keyring: Keyring | undefined;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** A component of a publication with the packages in it. */
export interface AptPublishedComponent {
  readonly name: string;
  readonly packages: readonly StoredPackage[];
}

/** What an APT repository tree is written with: what operations give to a family, as far as it is used here. */
export interface AptPublishContext {
  /** Of the publication. */
  readonly name: string;
  readonly config: PublicationConfig;
  readonly components: readonly AptPublishedComponent[];
  readonly writer: TreeWriter;
  readonly signer: Signer | undefined;
  /** The Date that clients see. */
  readonly time: Date;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** What the published tree turned out to be. */
export interface AptPublishedTree {
  readonly distribution: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}
