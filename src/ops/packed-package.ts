import { gunzipSync, gzipSync } from 'node:zlib';
import type { LocalFile, LocalPackage } from '../family/local-packages.ts';
import type { PackageRecord } from '../store/catalogue.ts';

/** A package that was read from files, as it waits in memory until all files have been read: what is compared with others, and its texts packed. */
export interface PackedPackage {
  readonly record: Omit<PackageRecord, 'record'>;
  readonly files: readonly LocalFile[];
  /** Kinds of its extras. */
  readonly kinds: readonly string[];
  /** The text of the record, then the extras, each after its length in 4 bytes; gzip. */
  readonly texts: Buffer;
}

/** Packs a package so that nothing is kept of what it was read from. */
export function packPackage({ record, files, extras }: LocalPackage): PackedPackage {
  const { record: text, ...stated } = record;
  const parts = [text, ...extras.map(({ data }) => data)].flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  // Both a small buffer and a part of a text keep the large one that they were taken from: these are copies.
  const texts = alone(gzipSync(Buffer.concat(parts), { level: 1 }));
  const copied = JSON.parse(JSON.stringify(stated)) as typeof stated;
  return { record: copied, files, kinds: extras.map(({ kind }) => kind), texts };
}

function alone(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** What was packed. */
export function unpackPackage({ record, files, kinds, texts }: PackedPackage): LocalPackage {
  const bytes = gunzipSync(texts);
  let at = 0;
  const next = (): Buffer => {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    return bytes.subarray(start, at);
  };
  return { record: { ...record, record: next() }, files, extras: kinds.map((kind) => ({ kind, data: next() })) };
}
