import { createHash } from 'node:crypto';
import { copyFileSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PublicationConfig } from '../../../src/config/schema.ts';
import type { MirrorEvent } from '../../../src/core/events.ts';
import type { PublishContext } from '../../../src/family/family.ts';
import type { StoredPackage, Supplement } from '../../../src/store/catalogue.ts';
import type { TreeWriter } from '../../../src/store/generations.ts';
import { createRig, type Rig } from '../rig.ts';

export const TIME = new Date('2026-01-02T03:04:05Z');
export const PUBLICATION: PublicationConfig = {
  from: ['test'],
  merge: 'replace',
  metadata: 'regenerate',
  export: 'none',
  notAutomatic: false,
  butAutomaticUpgrades: false,
  database: false,
};

/** Writes a tree as plain files; of what is linked it keeps the digests. */
export function folderWriter(target: string): TreeWriter & { readonly links: Map<string, string> } {
  const links = new Map<string, string>();
  let written = 0;
  return {
    links,
    link(path, blob) {
      links.set(path, blob.sha256);
    },
    async write(paths, bytes) {
      mkdirSync(target, { recursive: true });
      written += 1;
      const partial = join(target, `partial-${written}`);
      const hash = createHash('sha256');
      let size = 0;
      const source = bytes instanceof Uint8Array ? [bytes] : bytes;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      };
      await pipeline(Readable.from(counted()), createWriteStream(partial));
      const blob = { sha256: hash.digest('hex'), size };
      for (const { path } of typeof paths === 'function' ? paths(blob) : paths) {
        mkdirSync(dirname(join(target, path)), { recursive: true });
        copyFileSync(partial, join(target, path));
      }
      rmSync(partial);
      return blob;
    },
  };
}

/** A real store, and a folder that is published into. */
export interface Publishing {
  readonly rig: Rig;
  readonly events: MirrorEvent[];
  readonly writer: ReturnType<typeof folderWriter>;
  /** Keeps a file of a mirror in the pool. */
  supplement(kind: string, path: string, content: string | Buffer, mirror?: string): Promise<Supplement>;
  context(supplements: readonly Supplement[], packages?: readonly StoredPackage[], config?: Partial<PublicationConfig>): PublishContext;
  /** A file that was written. */
  read(path: string): Buffer;
  close(): Promise<void>;
}

export async function createPublishing(): Promise<Publishing> {
  const target = mkdtempSync(join(tmpdir(), 'mirror-publishing-'));
  const rig = await createRig(target);
  const writer = folderWriter(target);
  const events: MirrorEvent[] = [];
  return {
    rig,
    events,
    writer,
    async supplement(kind, path, content, mirror = 'test') {
      return { kind, path, mirror, ...(await rig.add(Buffer.from(content))) };
    },
    context(supplements, packages = [], config = {}) {
      return {
        name: 'pub',
        config: { ...PUBLICATION, ...config },
        components: [{ name: 'main', supplements, packages }],
        blobs: rig.blobs,
        sourceKeys: [],
        writer,
        scratch: join(target, 'scratch'),
        signer: undefined,
        time: TIME,
        extras: (ids, kind) => rig.catalogue.extras(ids, kind),
        report: (event) => events.push(event),
        signal: new AbortController().signal,
      };
    },
    read: (path) => readFileSync(join(target, path)),
    async close() {
      await rig.close();
      rmSync(target, { recursive: true, force: true });
    },
  };
}
