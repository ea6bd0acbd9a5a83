import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../src/config/schema.ts';
import type { Log, LogFields } from '../../src/serve/log.ts';
import { type RunningServer, type StartServerOptions, startServer } from '../../src/serve/server.ts';
import type { Blob, BlobStore } from '../../src/store/blobs.ts';
import type { Catalogue, PublicationState } from '../../src/store/catalogue.ts';
import { encodeGeneration } from '../../src/store/generation-format.ts';
import type { Permanence, TreeEntry } from '../../src/store/generations.ts';
import { openPool } from '../../src/store/pool.ts';
import { openCatalogue } from '../../src/store/state.ts';

/** Last-Modified of every file that a test publishes: Sun, 06 Nov 1994 08:49:37 GMT. */
export const MODIFIED = 784111777;

interface SiteFile {
  readonly content: string | Buffer;
  readonly permanence?: Permanence;
}

/** A storage directory with real publications in it, and servers of it. */
export interface Site {
  readonly storage: string;
  readonly blobs: BlobStore;
  /** The state database for writing, made when it is first used. */
  readonly catalogue: Catalogue;
  /** What the servers logged, one line each. */
  readonly logged: string[];
  /** Publishes the next generation of a publication with these files; gives its digest. */
  publish(name: string, files: Readonly<Record<string, string | SiteFile>>, state?: Partial<PublicationState>): Promise<Blob>;
  serve(options?: Partial<StartServerOptions>): Promise<RunningServer>;
  remove(): Promise<void>;
}

export async function makeSite(): Promise<Site> {
  const storage = mkdtempSync(join(tmpdir(), 'mirror-serve-'));
  const blobs = await openPool(storage);
  let opened: Catalogue | undefined;
  const catalogue = (): Catalogue => {
    opened ??= openCatalogue(storage);
    return opened;
  };
  const servers: RunningServer[] = [];
  const logged: string[] = [];
  const line = (level: string) => (message: string, fields?: LogFields) => {
    logged.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`);
  };
  const log: Log = { info: line('info'), warn: line('warn'), error: line('error') };

  return {
    storage,
    blobs,
    get catalogue() {
      return catalogue();
    },
    logged,
    async publish(name, files, state) {
      const intake = await blobs.intake(`test-${name}`);
      const entries: TreeEntry[] = [];
      for (const [path, file] of Object.entries(files)) {
        const { content, permanence = 'current' } = typeof file === 'string' ? { content: file } : file;
        entries.push({ path, blob: await intake.add(Buffer.from(content)), modified: MODIFIED, permanence });
      }
      const map = await intake.add(await encodeGeneration(entries));
      await intake.finish();
      catalogue().publish(publicationState(catalogue(), name, map.sha256, state));
      return map;
    },
    async serve(options = {}) {
      const server = await startServer({
        config: configSchema.parse({ storage }),
        storage,
        listen: '127.0.0.1:0',
        environment: {},
        log,
        clock: { now: () => new Date() },
        ...options,
      });
      servers.push(server);
      return server;
    },
    async remove() {
      await Promise.all(servers.map((server) => server.close()));
      opened?.close();
      rmSync(storage, { recursive: true, force: true });
    },
  };
}

function publicationState(catalogue: Catalogue, name: string, digest: string, state: Partial<PublicationState> = {}): PublicationState {
  return {
    name,
    family: 'apt',
    path: `/${name}`,
    distribution: 'stable',
    components: ['main'],
    architectures: ['amd64'],
    from: ['upstream'],
    verified: true,
    packagesSigned: false,
    packageKeys: [],
    packages: 1,
    bytes: 1000,
    generation: {
      publication: name,
      number: (catalogue.generations(name)[0]?.number ?? 0) + 1,
      digest,
      publishedAt: Date.now(),
      inputs: digest,
      parts: [],
    },
    ...state,
  };
}
