import type { Registry } from '../../oci/registry/registry.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { Log } from '../log.ts';
import type { Exchange } from '../responses.ts';

/** A request to the registry that its client may make. */
export interface RegistryExchange {
  readonly exchange: Exchange;
  readonly query: URLSearchParams;
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly log: Log;
  /** Whether the client may read what a repository holds. */
  readonly mayRead: (repository: string) => Promise<boolean>;
}

/** Where a blob of a repository is. Relative: what a client calls this server is for the client to know. */
export function blobLocation(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`;
}

export function manifestLocation(repository: string, digest: string): string {
  return `/v2/${repository}/manifests/${digest}`;
}

export function uploadLocation(repository: string, id: string): string {
  return `/v2/${repository}/blobs/uploads/${id}`;
}
