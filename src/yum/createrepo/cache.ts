import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PerDocument } from '../format/repodata/package-documents.ts';
import type { OldEntry } from './segment.ts';

const CACHE = '.repodata.cache';
/** Another one where what is written below means something else. */
const VERSION = 1;

/** What documents that this program wrote say of packages, so that `--update` need not unpack them to know. */
export interface PackageCache {
  /** In the order of the documents. */
  readonly entries: readonly OldEntry[];
  /** How many of them each segment has. */
  readonly counts: readonly number[];
}

/** Packages in columns, which are parsed in half of the time. */
interface Columns {
  readonly version: typeof VERSION;
  /** The checksums of the documents that this is about. */
  readonly documents: readonly string[];
  readonly counts: readonly number[];
  readonly checksumName: string;
  readonly base: string | null;
  readonly hrefs: readonly string[];
  readonly nevras: readonly string[];
  readonly ids: readonly string[];
  readonly times: readonly number[];
  readonly sizes: readonly number[];
}

/** What is known of the packages in documents with these checksums; undefined where nothing is, or not of just these. */
export function readCache(outputDirectory: string, documents: PerDocument<string>): PackageCache | undefined {
  const columns = readColumns(join(outputDirectory, CACHE));
  if (columns === undefined || documents.some((checksum, index) => columns.documents[index] !== checksum)) return undefined;
  const { base, checksumName, counts, ids, nevras, sizes, times } = columns;
  const entries = columns.hrefs.map((href, index) => ({
    href,
    nevra: nevras[index] ?? '',
    id: ids[index] ?? '',
    fileTime: times[index] ?? Number.NaN,
    size: sizes[index] ?? Number.NaN,
    checksumName,
    base: base ?? undefined,
  }));
  return { entries, counts };
}

/** Where the cache is kept, and a directory on the same file system for what is not yet written to its end. */
export interface CachePlace {
  readonly outputDirectory: string;
  readonly staging: string;
}

/**
 * Keeps what the documents with these checksums say, which need not be installed yet. It only spares time: where it cannot be kept, the documents are
 * unpacked the next time.
 */
export function writeCache(
  { outputDirectory, staging }: CachePlace,
  documents: PerDocument<string>,
  { counts, entries }: PackageCache,
): void {
  const [first] = entries;
  const columns: Columns = {
    version: VERSION,
    documents,
    counts,
    checksumName: first?.checksumName ?? '',
    base: first?.base ?? null,
    hrefs: entries.map(({ href }) => href),
    nevras: entries.map(({ nevra }) => nevra),
    ids: entries.map(({ id }) => id),
    times: entries.map(({ fileTime }) => fileTime),
    sizes: entries.map(({ size }) => size),
  };
  const unfinished = join(staging, CACHE);
  try {
    writeFileSync(unfinished, JSON.stringify(columns));
    renameSync(unfinished, join(outputDirectory, CACHE));
  } catch {
    remove(unfinished);
  }
}

/** Where the documents that are there now have no use for one. */
export function dropCache(outputDirectory: string): void {
  remove(join(outputDirectory, CACHE));
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A directory, or one of somebody else: the cache is never needed, and what is not of these documents is never used.
  }
}

/** Undefined for a file that is not there, was not written to its end, or is anything else. */
function readColumns(path: string): Columns | undefined {
  try {
    const columns: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return areColumns(columns) ? columns : undefined;
  } catch {
    return undefined;
  }
}

function areColumns(value: unknown): value is Columns {
  if (typeof value !== 'object' || value === null) return false;
  const { base, checksumName, counts, documents, hrefs, ids, nevras, sizes, times, version } = value as Partial<
    Record<keyof Columns, unknown>
  >;
  if (version !== VERSION || typeof checksumName !== 'string' || !(base === null || typeof base === 'string')) return false;
  if (!isListOf(hrefs, 'string') || !isListOf(documents, 'string') || !isListOf(counts, 'number')) return false;
  const texts = [ids, nevras].every((column) => isListOf(column, 'string') && column.length === hrefs.length);
  return texts && [sizes, times].every((column) => isListOf(column, 'number') && column.length === hrefs.length);
}

function isListOf(value: unknown, type: 'string' | 'number'): value is unknown[] {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}
