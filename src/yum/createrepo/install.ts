import { hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { MirrorError } from '../../core/errors.ts';
import type { Repomd } from '../format/repodata/repomd.ts';
import type { Retention } from './options.ts';

/** What is being written, beside repodata; also says that work was broken off when it is there at the beginning. */
const STAGING = '.repodata.new';
/** What was there, for the moment in which the new takes its place. */
const OLD = '.repodata.old';
const JOURNAL = 'journal.json';
const REPOMD = 'repomd.xml';
const SIGNATURE = 'repomd.xml.asc';

/** What an installation does to repodata, noted before it begins so that another run can clean up. Paths are relative to the output directory. */
interface Journal {
  /** SHA-256 of the new repomd.xml. */
  readonly repomd: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** An empty directory to write in, after what a run that was broken off has left is cleaned up. Throws STORAGE where nothing could be moved to its place from there. */
export function prepareStaging(outputDirectory: string): string {
  recover(outputDirectory);
  const staging = join(outputDirectory, STAGING);
  mkdirSync(staging);
  const repodata = join(outputDirectory, 'repodata');
  const there = statSync(repodata, { throwIfNoEntry: false });
  if (there === undefined || there.dev === statSync(staging).dev) return staging;
  rmSync(staging, { recursive: true });
  throw new MirrorError('STORAGE', `${repodata} is on another file system than ${outputDirectory}, so it cannot be replaced in one step`, {
    hint: 'Write the metadata where it is to be, with --outputdir.',
  });
}

/** Removes what was written and not installed. */
export function removeStaging(outputDirectory: string): void {
  rmSync(join(outputDirectory, STAGING), { recursive: true, force: true });
}

function recover(outputDirectory: string): void {
  const [repodata, old, staging] = ['repodata', OLD, STAGING].map((name) => join(outputDirectory, name)) as [string, string, string];
  if (existsSync(old)) {
    if (existsSync(repodata)) removeOld(old, repodata);
    else renameSync(old, repodata);
  }
  const journal = readJournal(join(staging, JOURNAL));
  if (journal !== undefined) {
    const isInstalled = digestOf(join(repodata, REPOMD)) === journal.repomd;
    for (const path of isInstalled ? journal.removed : journal.added) {
      if (path.startsWith('repodata/') && !path.includes('..')) removeFile(join(outputDirectory, path));
    }
  }
  rmSync(staging, { recursive: true, force: true });
}

/** Undefined where there is none, or it was not written to its end: then nothing was done yet. */
function readJournal(path: string): Journal | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Journal;
  } catch {
    return undefined;
  }
}

function digestOf(path: string): string | undefined {
  return existsSync(path) ? hash('sha256', readFileSync(path)) : undefined;
}

export interface Installation {
  readonly outputDirectory: string;
  /** New files, in the staging directory, and the paths that they get: relative to the output directory. */
  readonly files: readonly { readonly from: string; readonly path: string }[];
  readonly repomd: string;
  /** Paths of files that the new repomd.xml names and that are there already. */
  readonly kept: readonly string[];
  readonly old: Repomd | undefined;
  readonly retention: Retention;
  /** What the files' own times are set to. */
  readonly fileTime: Date;
  /** Whether the new files have names that no other file has. */
  readonly uniqueNames: boolean;
  readonly now: number;
}

/**
 * Puts new metadata in the place of the old. With unique names a single rename, of repomd.xml, does it: who reads meanwhile sees all of the old or all of the
 * new. Without, files have the names of others: the whole directory is exchanged, and for the moment between two renames there is none.
 * Whenever the program ends in between, the old or the new is there, and the next run cleans up. Throws the system's errors.
 */
export function install(installation: Installation): void {
  const { fileTime, files, outputDirectory, repomd } = installation;
  const staging = join(outputDirectory, STAGING);
  writeFileSync(join(staging, REPOMD), repomd);
  const written = [...files.map(({ from }) => from), join(staging, REPOMD)];
  for (const path of written) {
    utimesSync(path, fileTime, fileTime);
    synchronize(path);
  }
  if (installation.uniqueNames) installFiles(installation, staging);
  else exchangeDirectories(installation, staging);
  rmSync(staging, { recursive: true, force: true });
}

function installFiles(installation: Installation, staging: string): void {
  const { files, outputDirectory, repomd } = installation;
  const repodata = join(outputDirectory, 'repodata');
  mkdirSync(repodata, { recursive: true });
  const removed = [...obsolete(installation), `repodata/${SIGNATURE}`];
  const there = new Set(readdirSync(repodata).map((name) => `repodata/${name}`));
  const added = files.map(({ path }) => path).filter((path) => !there.has(path));
  const journal: Journal = { repomd: hash('sha256', repomd), added, removed };
  writeFileSync(join(staging, JOURNAL), JSON.stringify(journal));
  for (const { from, path } of files) renameSync(from, join(outputDirectory, path));
  synchronize(repodata);
  renameSync(join(staging, REPOMD), join(repodata, REPOMD));
  synchronize(repodata);
  for (const path of removed) removeFile(join(outputDirectory, path));
}

function exchangeDirectories(installation: Installation, staging: string): void {
  const { files, outputDirectory } = installation;
  const [repodata, fresh, old] = [join(outputDirectory, 'repodata'), join(staging, 'repodata'), join(outputDirectory, OLD)];
  mkdirSync(fresh);
  for (const { from, path } of files) renameSync(from, join(fresh, basename(path)));
  renameSync(join(staging, REPOMD), join(fresh, REPOMD));
  const hasOld = existsSync(repodata);
  if (hasOld) {
    const gone = new Set([...obsolete(installation).map((path) => basename(path)), SIGNATURE]);
    const present = new Set(readdirSync(fresh));
    for (const entry of readdirSync(repodata, { withFileTypes: true })) {
      if (entry.isFile() && !gone.has(entry.name) && !present.has(entry.name))
        linkSync(join(repodata, entry.name), join(fresh, entry.name));
    }
  }
  synchronize(fresh);
  if (hasOld) renameSync(repodata, old);
  renameSync(fresh, repodata);
  synchronize(outputDirectory);
  if (hasOld) removeOld(old, repodata);
}

/** What is no file cannot be in two directories at once, and is moved to the new one. A link that stood for the directory is removed alone. */
function removeOld(old: string, repodata: string): void {
  if (lstatSync(old).isDirectory()) {
    const present = new Set(readdirSync(repodata));
    for (const entry of readdirSync(old, { withFileTypes: true })) {
      if (!entry.isFile() && !present.has(entry.name)) renameSync(join(old, entry.name), join(repodata, entry.name));
    }
  }
  rmSync(old, { recursive: true });
}

/** Old metadata may name a directory as if it were a file. */
function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(path, { force: true });
}

/** Files in repodata that go, by the retention. */
function obsolete({ files, kept, now, old, outputDirectory, retention }: Installation): string[] {
  const staying = new Set([...files.map(({ path }) => path), ...kept]);
  const named = (old?.records ?? []).map(({ path }) => path).filter((path) => path.startsWith('repodata/') && !staying.has(path));
  switch (retention.kind) {
    case 'all':
      return [];
    case 'none':
      return [...new Set(named)];
    case 'newest': {
      const newest = newestOfEach(agesIn(outputDirectory, staying), retention.count);
      return [...new Set(named)].filter((path) => !newest.keep.has(path)).concat(newest.drop);
    }
    case 'age':
      return agesIn(outputDirectory, staying)
        .filter(({ changed }) => now - changed > retention.milliseconds)
        .map(({ path }) => path);
  }
}

interface AgedFile {
  readonly path: string;
  /** In milliseconds since 1970. */
  readonly changed: number;
}

function agesIn(outputDirectory: string, staying: ReadonlySet<string>): AgedFile[] {
  const repodata = join(outputDirectory, 'repodata');
  return readdirSync(repodata, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== REPOMD)
    .map(({ name }) => ({ path: `repodata/${name}`, changed: statSync(join(repodata, name)).mtimeMs }))
    .filter(({ path }) => !staying.has(path));
}

/** Of documents and databases, by what stands behind the checksum in their names. */
function newestOfEach(files: readonly AgedFile[], count: number): { readonly keep: ReadonlySet<string>; readonly drop: string[] } {
  const byKind = Map.groupBy(files, ({ path }) => /(?:^|[/-])((?:primary|filelists|other)\.(?:xml|sqlite)\.\w+)$/.exec(path)?.[1]);
  const keep = new Set<string>();
  const drop: string[] = [];
  for (const [kind, group] of byKind) {
    if (kind === undefined) continue;
    for (const [index, { path }] of group.toSorted((a, b) => b.changed - a.changed).entries()) {
      if (index < count) keep.add(path);
      else drop.push(path);
    }
  }
  return { keep, drop };
}

function synchronize(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
