import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type YumMirrorConfig } from '../../src/config/schema.ts';
import type { MirrorEvent } from '../../src/core/events.ts';
import { createFetcher } from '../../src/fetch/client.ts';
import type { Fetcher } from '../../src/fetch/fetcher.ts';
import type { Keyring } from '../../src/openpgp/types.ts';
import { createAcquirer } from '../../src/store/acquirer.ts';
import type { Blob, BlobStore } from '../../src/store/blobs.ts';
import type { Catalogue, UpstreamState } from '../../src/store/catalogue.ts';
import { openPool } from '../../src/store/pool.ts';
import { openCatalogue } from '../../src/store/state.ts';
import type { YumCandidate } from '../../src/yum/candidate.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { type FileServer, serveFiles } from '../support/file-server.ts';

/** A yum mirror as the configuration would give it, with defaults filled in. */
export function yumMirror(settings: Record<string, unknown>): YumMirrorConfig {
  const config = configSchema.parse({ storage: '/unused', mirrors: { test: { type: 'yum', ...settings } } });
  const mirror = config.mirrors['test'];
  if (mirror?.type !== 'yum') throw new Error('not a yum mirror');
  return mirror;
}

/** A folder served as an upstream, and a real store to bring it into. */
export interface Rig {
  readonly directory: string;
  readonly server: FileServer;
  readonly blobs: BlobStore;
  readonly catalogue: Catalogue;
  readonly events: MirrorEvent[];
  refresh(settings: Record<string, unknown>, options?: RefreshOptions): Promise<UpstreamState>;
  load(settings: Record<string, unknown>, upstream: UpstreamState): Promise<readonly YumCandidate[]>;
  /** Brings a package's file in. */
  fetch(candidate: YumCandidate): Promise<Blob>;
  add(bytes: Uint8Array): Promise<Blob>;
  close(): Promise<void>;
}

export interface RefreshOptions {
  readonly keyring?: Keyring | undefined;
  readonly previous?: UpstreamState | undefined;
  readonly bases?: readonly string[] | undefined;
  readonly now?: Date | undefined;
  /** Whether a publication has the metadata as it is. */
  readonly verbatim?: boolean | undefined;
}

export async function createRig(root: string): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'mirror-yum-'));
  const server = await serveFiles(root);
  const blobs = await openPool(directory);
  const catalogue = openCatalogue(directory);
  const http = { concurrency: 4, retries: 0, timeout: '5s', bandwidth: 0, proxy: null, ca: null };
  const fetcher: Fetcher = await createFetcher(http, {}, { backoff: 1 });
  const events: MirrorEvent[] = [];
  const { signal } = new AbortController();
  const bringing = async <T>(bases: readonly string[], work: (acquirer: ReturnType<typeof createAcquirer>) => Promise<T>): Promise<T> => {
    const intake = await blobs.intake('test');
    try {
      const result = await work(createAcquirer({ origin: { bases }, fetcher, blobs, catalogue, intake, signal }));
      await intake.finish();
      return result;
    } catch (error) {
      await intake.abandon();
      throw error;
    }
  };
  return {
    directory,
    server,
    blobs,
    catalogue,
    events,
    refresh(settings, { bases = [server.url], keyring, now = new Date(), previous, verbatim = false } = {}) {
      const config = yumMirror({ url: server.url, ...settings });
      const report = (event: MirrorEvent): void => {
        events.push(event);
      };
      return bringing(bases, (acquirer) =>
        yumFamily.refresh(
          { name: 'test', config, acquirer, blobs, keyring, verbatim, clock: { now: () => now }, report, signal },
          previous,
        ),
      );
    },
    load: (settings, upstream) => yumFamily.load('test', yumMirror({ url: server.url, ...settings }), upstream, blobs, () => undefined),
    fetch: (candidate) =>
      bringing([server.url], (acquirer) =>
        acquirer.file({
          urls: yumFamily.urls(candidate, [server.url]),
          expected: { size: candidate.size, checksums: candidate.checksums },
          maxSize: candidate.size,
        }),
      ),
    async add(bytes) {
      const intake = await blobs.intake('test-add');
      const blob = await intake.add(bytes);
      await intake.finish();
      return blob;
    },
    async close() {
      await fetcher.close();
      catalogue.close();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
