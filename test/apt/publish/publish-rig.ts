import { Readable } from 'node:stream';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { publishTree } from '../../../src/apt/publish/tree.ts';
import { compressionOf } from '../../../src/codec/compression.ts';
import { collect, decompress } from '../../../src/codec/decompress.ts';
import { configSchema } from '../../../src/config/schema.ts';
import type { MirrorEvent } from '../../../src/core/events.ts';
import type { PublishedComponent } from '../../../src/family/family.ts';
import type { Signer } from '../../../src/openpgp/types.ts';
import type { PublicKey, StoredPackage } from '../../../src/store/catalogue.ts';
import type { Permanence, TreeEntry } from '../../../src/store/generations.ts';
import { NOW, sha256, stanza, Upstream } from '../archive.ts';

let nextId = 1;

/** A package of the pool with the stanza that an archive would list it with. */
export function stored(name: string, fields: Readonly<Record<string, string | undefined>> = {}, file = Buffer.from('deb')): StoredPackage {
  const record = stanza(name, { Size: String(file.length), SHA256: sha256(file), ...fields });
  const [parsed] = parseStanzas(Buffer.from(record), 'test');
  nextId += 1;
  return {
    id: nextId,
    name,
    version: fields['Version'] ?? '1.0-1',
    architecture: fields['Architecture'] ?? 'amd64',
    sha256: sha256(file),
    size: file.length,
    location: parsed?.get('Filename') ?? '',
    record: Buffer.from(record),
  };
}

export interface Written {
  readonly bytes?: Buffer;
  readonly sha256: string;
  readonly permanence: Permanence;
}

interface PublishTestOptions {
  readonly config?: Record<string, unknown>;
  /** In place of that of the configuration: a flat one of a mirror. */
  readonly distribution?: string;
  readonly signer?: Signer;
  readonly aborted?: boolean;
  /** Where what the sources have besides packages is stored. */
  readonly upstream?: Upstream;
  /** Extras of kind `contents`, by the id of the package. */
  readonly contents?: ReadonlyMap<number, string>;
  readonly sourceKeys?: readonly PublicKey[];
  readonly previous?: ReadonlyMap<string, TreeEntry>;
}

/** Publishes into memory. */
export async function publish(components: readonly PublishedComponent[], options: PublishTestOptions = {}) {
  const files = new Map<string, Written>();
  const events: MirrorEvent[] = [];
  const { upstream = new Upstream() } = options;
  const config = configSchema.parse({ storage: '/s', publications: { test: { from: ['x'], distribution: 'xenial', ...options.config } } })
    .publications['test'];
  if (config === undefined) throw new Error('no publication');
  const tree = await publishTree({
    name: 'test',
    config: { ...config, distribution: options.distribution ?? config.distribution },
    components,
    blobs: upstream.blobs,
    sourceKeys: options.sourceKeys ?? [],
    previous: options.previous,
    *extras(ids, kind) {
      for (const id of ids) {
        const text = kind === 'contents' ? options.contents?.get(id) : undefined;
        yield { id, data: text === undefined ? undefined : Buffer.from(text) };
      }
    },
    scratch: '/nonexistent',
    writer: {
      link: (path, blob, permanence = 'fixed') => files.set(path, { sha256: blob.sha256, permanence }),
      async write(paths, bytes) {
        const content = bytes instanceof Uint8Array ? Buffer.from(bytes) : await collect(bytes, 100_000_000, 'a file');
        const blob = { sha256: sha256(content), size: content.length };
        for (const { path, permanence } of typeof paths === 'function' ? paths(blob) : paths) {
          files.set(path, { bytes: content, sha256: blob.sha256, permanence });
        }
        return blob;
      },
    },
    signer: options.signer,
    time: NOW,
    report: (event) => events.push(event),
    signal: options.aborted === true ? AbortSignal.abort() : new AbortController().signal,
  });
  const text = (path: string) => String(files.get(path)?.bytes);
  const packages = (path: string) => [...parseStanzas(files.get(path)?.bytes ?? Buffer.alloc(0), path)];
  /** A published index, unpacked. */
  const unpacked = async (path: string): Promise<string> => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`there is no ${path}`);
    const source = found.bytes === undefined ? upstream.blobs.read(found.sha256) : Readable.from([found.bytes]);
    const limit = { maxSize: 100_000_000, what: path };
    return String(await collect(decompress(source, compressionOf(path), limit), limit.maxSize, path));
  };
  return { tree, files, events, text, packages, unpacked };
}
