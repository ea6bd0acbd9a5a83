import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { formatReleaseDate } from '../../src/apt/format/release-date.ts';
import { xz } from '../../src/codec/compress.ts';
import { type AptMirrorConfig, configSchema } from '../../src/config/schema.ts';
import { MirrorError } from '../../src/core/errors.ts';
import type { MirrorEvent } from '../../src/core/events.ts';
import type { UpstreamContext } from '../../src/family/family.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { openSigner } from '../../src/openpgp/signer.ts';
import type { Keyring, Signer } from '../../src/openpgp/types.ts';
import type { Acquirer, Wanted } from '../../src/store/acquire.ts';
import type { Blob, BlobStore } from '../../src/store/blobs.ts';

/** What the clock of these tests says. */
export const NOW = new Date(Date.UTC(2024, 5, 10, 12));

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function makeKey(): Promise<{ readonly signer: Signer; readonly keyring: Keyring; readonly publicKey: string }> {
  const key = await generateKey({ userId: 'Test <test@example.org>', algorithm: 'ed25519', time: new Date(NOW.getTime() - 86_400_000) });
  return {
    signer: await openSigner({ armoredSecret: key.armoredSecret }),
    keyring: await readKeyring([{ bytes: Buffer.from(key.publicKey), source: 'key.asc' }]),
    publicKey: key.publicKey,
  };
}

/** A stanza of a Packages index; fields given replace those there are, undefined leaves them out. */
export function stanza(name: string, fields: Readonly<Record<string, string | undefined>> = {}): string {
  const version = fields['Version'] ?? '1.0-1';
  const architecture = fields['Architecture'] ?? 'amd64';
  const all: Record<string, string | undefined> = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Filename: `pool/main/${name.slice(0, 1)}/${name}/${name}_${version}_${architecture}.deb`,
    Size: '1000',
    SHA256: sha256(Buffer.from(`${name} ${version} ${architecture}`)),
    ...fields,
  };
  return Object.entries(all)
    .flatMap(([field, value]) => (value === undefined ? [] : [`${field}: ${value}`]))
    .join('\n');
}

export function aptConfig(config: Record<string, unknown> = {}): AptMirrorConfig {
  const mirror = { type: 'apt', url: 'http://archive.example/debian', suite: 'stable', architectures: ['amd64'], ...config };
  const parsed = configSchema.parse({ storage: '/s', mirrors: { test: mirror } }).mirrors['test'];
  if (parsed?.type !== 'apt') throw new Error('not an apt mirror');
  return parsed;
}

/** The files of an upstream, by path under its base, and every path that was asked for. */
export class Upstream {
  readonly files = new Map<string, Buffer>();
  readonly asked: string[] = [];
  /** Called before each answer, so that a test can change the upstream while it is read. */
  onRequest: (path: string) => void = () => undefined;
  readonly #base = 'http://archive.example/debian/';
  readonly #blobs = new Map<string, Buffer>();

  answer(path: string): Buffer | undefined {
    this.onRequest(path);
    this.asked.push(path);
    return this.files.get(decodeURIComponent(path));
  }

  get acquirer(): Acquirer {
    const notFound = (path: string) => new MirrorError('FETCH_NOT_FOUND', `no ${path}`);
    const optionalDocument = async (path: string) => {
      const bytes = this.answer(path);
      return bytes === undefined ? undefined : { bytes, url: `${this.#base}${path}` };
    };
    return {
      origin: { bases: [this.#base] },
      optionalDocument,
      document: async (path) => {
        const found = await optionalDocument(path);
        if (found === undefined) throw notFound(path);
        return found;
      },
      file: async (wanted) => this.#file(wanted),
      keep: async (bytes) => this.store(bytes),
    };
  }

  #file(wanted: Wanted): Blob {
    for (const url of wanted.urls) {
      const bytes = this.answer(url.slice(this.#base.length));
      if (bytes === undefined) continue;
      const matches =
        (wanted.expected.size === undefined || bytes.length === wanted.expected.size) &&
        wanted.expected.checksums.every(({ algorithm, value }) => createHash(algorithm).update(bytes).digest('hex') === value);
      if (!matches) throw new MirrorError('CHECKSUM_MISMATCH', `${url} is not what it should be`);
      this.#blobs.set(sha256(bytes), bytes);
      return { sha256: sha256(bytes), size: bytes.length };
    }
    throw new MirrorError('FETCH_NOT_FOUND', `no ${wanted.urls[0]}`);
  }

  /** A file put into the pool without asking the upstream. */
  store(bytes: Buffer): Blob {
    this.#blobs.set(sha256(bytes), bytes);
    return { sha256: sha256(bytes), size: bytes.length };
  }

  forget(digest: string): void {
    this.#blobs.delete(digest);
  }

  get blobs(): BlobStore {
    const unused = () => {
      throw new Error('not used');
    };
    return {
      stat: async (digest) => this.#blobs.get(digest)?.length,
      has: (digest) => this.#blobs.has(digest),
      read: (digest, range) => {
        const bytes = this.#blobs.get(digest);
        if (bytes === undefined) throw new MirrorError('BLOB_MISSING', digest);
        return Readable.from(range === undefined ? [bytes] : [bytes.subarray(range.start, range.end + 1)]);
      },
      pieces: unused,
      readWhole: async (digest) => {
        const bytes = this.#blobs.get(digest);
        if (bytes === undefined) throw new MirrorError('BLOB_MISSING', digest);
        return bytes;
      },
      list: unused,
      delete: unused,
      deleteOlder: unused,
      intake: unused,
    };
  }
}

export interface ArchiveOptions {
  readonly suite?: string;
  /** Text of a Packages file by its path relative to the Release file, without compression. */
  readonly indexes: Readonly<Record<string, string>>;
  readonly compressions?: readonly ('.xz' | '.gz' | '')[];
  readonly fields?: Readonly<Record<string, string | undefined>>;
  readonly date?: Date;
  readonly signer?: Signer | undefined;
  readonly byHash?: boolean;
  /** Instead of InRelease. */
  readonly detached?: boolean;
}

/** Puts a whole archive into an upstream, in place of the one that is there. */
export async function putArchive(upstream: Upstream, options: ArchiveOptions): Promise<void> {
  const { suite = 'stable', compressions = ['.xz', '.gz', ''], date = new Date(NOW.getTime() - 3_600_000) } = options;
  const root = suite.endsWith('/') ? suite.replace(/^\.?\/$/, '') : `dists/${suite}/`;
  upstream.files.clear();
  const lines: string[] = [];
  for (const [path, text] of Object.entries(options.indexes)) {
    const plain = Buffer.from(text);
    const forms = { '.xz': await xz(plain), '.gz': gzipSync(plain), '': plain };
    for (const extension of ['', ...compressions] as const) {
      const bytes = forms[extension];
      const line = ` ${sha256(bytes)} ${bytes.length} ${path}${extension}`;
      if (!lines.includes(line)) lines.push(line);
      if (!compressions.includes(extension)) continue;
      upstream.files.set(`${root}${path}${extension}`, bytes);
      if (options.byHash === true) upstream.files.set(`${root}${path.replace(/[^/]*$/, '')}by-hash/SHA256/${sha256(bytes)}`, bytes);
    }
  }
  const fields = {
    Origin: 'Test',
    Suite: suite,
    Codename: 'test',
    Date: formatReleaseDate(date),
    Architectures: 'amd64 arm64',
    Components: 'main',
    ...(options.byHash === true ? { 'Acquire-By-Hash': 'yes' } : {}),
    ...options.fields,
  };
  const head = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [`${field}: ${value}`]));
  const release = `${[...head, 'SHA256:', ...lines].join('\n')}\n`;
  const { signer } = options;
  if (signer === undefined || options.detached === true) upstream.files.set(`${root}Release`, Buffer.from(release));
  if (signer === undefined) return;
  if (options.detached === true)
    upstream.files.set(`${root}Release.gpg`, Buffer.from(await signer.signDetached(Buffer.from(release), date)));
  else upstream.files.set(`${root}InRelease`, Buffer.from(await signer.signCleartext(release, date)));
}

export interface TestContext extends UpstreamContext<AptMirrorConfig> {
  readonly events: MirrorEvent[];
}

/** `verbatim` is no key of a mirror's configuration: it says that a publication of it is to be the same. */
export function contextOf(
  upstream: Upstream,
  keyring: Keyring | undefined,
  { verbatim = false, ...config }: Record<string, unknown> = {},
): TestContext {
  const events: MirrorEvent[] = [];
  return {
    name: 'test',
    config: aptConfig(config),
    acquirer: upstream.acquirer,
    blobs: upstream.blobs,
    keyring,
    verbatim: verbatim === true,
    clock: { now: () => NOW },
    report: (event) => events.push(event),
    signal: new AbortController().signal,
    events,
  };
}
