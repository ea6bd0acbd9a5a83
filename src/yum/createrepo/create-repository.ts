import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { extensionOf } from '../../codec/compression.ts';
import { counted } from '../../core/counts.ts';
import { isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import { DATABASE_VERSION } from '../database/schema.ts';
import { DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { formatRepomd, inRecordOrder, type Repomd, type RepomdRecord } from '../format/repodata/repomd.ts';
import { dropCache, type PackageCache, readCache, writeCache } from './cache.ts';
import { type Crew, createCrew, createSoleCrew } from './crew.ts';
import { createDatabaseThread, type DatabaseThread } from './database-thread.ts';
import { createDuplicates } from './duplicates.ts';
import { findPackages } from './find-packages.ts';
import { type FurtherRequest, stageGroups, stageModules } from './further-files.ts';
import { install, prepareStaging, removeStaging } from './install.ts';
import { type KnownSegment, readKnownSegments, readRepomd } from './old-repository.ts';
import type { CreaterepoOptions, CreaterepoReport } from './options.ts';
import { remainingRecords } from './other-records.ts';
import { packageHref } from './package-path.ts';
import { listedEntries, makePlan, type Plan, type PlannedPackage, type PlanRequest } from './plan.ts';
import type { ElementSettings, OldEntry, ReadPackage, Segment } from './segment.ts';
import { stageDatabases } from './stage-databases.ts';
import { type StagedFile, writeDocuments } from './write-documents.ts';

/** Fewer packages are read before a thread has begun. */
const WORTH_THREADS = 2000;
/** Fewer bytes are read so soon that it needs neither threads nor an answer to Ctrl-C meanwhile, which the calling thread cannot give. */
const MUCH_TO_READ = 256 * 1024 * 1024;
/** Packages of one job where there are few and they are large: each thread gets some of them. */
const LARGE_PER_JOB = 16;

export interface CreaterepoContext {
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Makes the metadata of a directory of packages, or brings it up to date. The caller holds the lock of the output directory. Throws FILE_MISSING, STORAGE,
 * METADATA_INVALID for a repomd.xml that is none, ABORTED; what is wrong with single packages is in the report. Whatever is thrown, the old metadata is there.
 */
export async function createRepository(options: CreaterepoOptions, context: CreaterepoContext): Promise<CreaterepoReport> {
  const { signal } = context;
  const run = new Run(options, context);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    // A thread may be in the middle of some gigabytes.
    return await Promise.race([run.done(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    await run.close();
  }
}

/** What is read from the metadata that is there. */
interface Known {
  readonly repomd: Repomd | undefined;
  readonly segments: readonly KnownSegment[];
}

class Run {
  readonly #options: CreaterepoOptions;
  readonly #context: CreaterepoContext;
  readonly #settings: ElementSettings;
  readonly #unreadable: { path: string; reason: string }[] = [];
  readonly #duplicates = createDuplicates();
  /** In the order in which they are listed. */
  readonly #read: ReadPackage[] = [];
  /** Packages of each segment. */
  readonly #counts: number[] = [];
  readonly #sole: Crew;
  #threads: Crew | undefined;
  #databases: DatabaseThread | undefined;
  #done = 0;

  constructor(options: CreaterepoOptions, context: CreaterepoContext) {
    this.#options = options;
    this.#context = context;
    const { algorithm, name } = options.checksum;
    const { baseUrl: base, changelogLimit, compression } = options;
    this.#settings = { algorithm, checksumName: name === algorithm ? undefined : name, base, changelogLimit, compression };
    this.#sole = createSoleCrew(this.#settings);
  }

  get #crew(): Crew {
    return this.#threads ?? this.#sole;
  }

  #beginThreads(): void {
    this.#threads ??= createCrew(this.#options.workers, this.#settings);
  }

  async done(): Promise<CreaterepoReport> {
    const { directory, excludes, outputDirectory, skipSymlinks } = this.#options;
    const staging = prepareStaging(outputDirectory);
    const repomd = this.#oldRepomd();
    const cache = this.#cached(repomd);
    const found = (count: number): void => {
      // While the rest is being found, threads begin. Where it is known what was there they may not be needed.
      if (count === WORTH_THREADS && cache === undefined) this.#beginThreads();
    };
    const { modules, packages, unreadable } = findPackages(directory, { excludes, skipSymlinks, only: this.#only(), found });
    for (const { file, reason } of unreadable) this.#cannotRead(file, reason);
    const areMany = packages.length >= WORTH_THREADS;
    if (areMany && packages.length !== cache?.entries.length) this.#beginThreads();
    this.#context.report({ type: 'phase', subject: directory, phase: 'read', detail: counted(packages.length, 'package') });
    const known = { repomd, segments: await this.#knownSegments(repomd, cache) };
    const { cutDirs, locationPrefix: prefix } = this.#options;
    const planned = packages.map(({ file, relative }) => ({ file, href: packageHref(relative, { cutDirs, prefix }) }));
    const request: PlanRequest = { packages: planned, known: known.segments, isCurrent: (entry, file) => this.#isCurrent(entry, file) };
    const draft = makePlan(request);
    const isSlow = !areMany && isMuch(draft.fresh);
    if (isSlow || (areMany && !draft.unchanged)) this.#beginThreads();
    const plan = isSlow ? makePlan({ ...request, perJob: LARGE_PER_JOB }) : draft;
    for (const entry of plan.reused) this.#duplicates.add(entry);
    const further = await this.#stageFurther(staging, modules);
    const kept = this.#kept(repomd, further);
    const report = this.#isUnchanged(plan, known, [...further.map((file) => this.#record(file)), ...kept])
      ? this.#unchanged(known, plan)
      : await this.#written({ plan, known, further, kept, staging, expected: planned.length });
    this.#writeReadList(plan);
    return report;
  }

  async close(): Promise<void> {
    await Promise.all([this.#threads?.close(), this.#databases?.close()]);
    removeStaging(this.#options.outputDirectory);
  }

  /** Only these packages; undefined for all that are found. */
  #only(): string[] | undefined {
    const { includePackages, packageList } = this.#options;
    if (packageList === undefined) return includePackages.length === 0 ? undefined : [...includePackages];
    try {
      const lines = readFileSync(packageList, 'utf8')
        .split('\n')
        .map((line) => line.trim());
      return [...lines.filter((line) => line !== ''), ...includePackages];
    } catch (error) {
      throw new MirrorError('FILE_MISSING', `the list of packages ${packageList} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  }

  #oldRepomd(): Repomd | undefined {
    const { outputDirectory, update } = this.#options;
    try {
      return readRepomd(outputDirectory);
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      if (update) throw new MirrorError(error.code, error.message, { hint: WITHOUT_UPDATE, cause: error });
      this.#warn(`the repomd.xml that is there cannot be read and is replaced: ${error.message}`);
      return undefined;
    }
  }

  #cached(repomd: Repomd | undefined): PackageCache | undefined {
    if (!this.#options.update || repomd === undefined) return undefined;
    const documents = perDocument((index) => repomd.records.find(({ type }) => type === DOCUMENTS[index])?.checksum.value ?? '');
    return readCache(this.#options.outputDirectory, documents);
  }

  async #knownSegments(repomd: Repomd | undefined, cache: PackageCache | undefined): Promise<readonly KnownSegment[]> {
    if (!this.#options.update || repomd === undefined) return [];
    try {
      return await readKnownSegments(this.#options.outputDirectory, repomd, { cache, crew: this.#crew });
    } catch (error) {
      this.#warn(`the metadata that is there cannot be used, all packages are read: ${reasonOf(error)}`);
      return [];
    }
  }

  #isCurrent(entry: OldEntry, file: string): boolean {
    const { baseUrl, checksum, skipStat } = this.#options;
    if (entry.checksumName !== checksum.name || entry.base !== baseUrl) return false;
    if (skipStat) return true;
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat !== undefined && stat.size === entry.size && Math.floor(stat.mtimeMs / 1000) === entry.fileTime;
  }

  async #stageFurther(staging: string, modules: readonly string[]): Promise<StagedFile[]> {
    const { groupFile } = this.#options;
    const request = this.#further(staging);
    const groups = groupFile === undefined ? [] : await stageGroups(groupFile, request);
    return [...groups, ...(await stageModules(modules, request))];
  }

  #further(staging: string): FurtherRequest {
    return { staging, compression: this.#options.furtherCompression, algorithm: this.#options.metadataChecksum.algorithm };
  }

  /** Records of the old metadata that stay, with their files. */
  #kept(repomd: Repomd | undefined, further: readonly StagedFile[]): RepomdRecord[] {
    const { keepFurther, update } = this.#options;
    return update && keepFurther ? remainingRecords(repomd, types(further)) : [];
  }

  /** Whether the metadata that is there says all that the new would, under the same names. */
  #isUnchanged(plan: Plan, { repomd, segments }: Known, others: readonly RepomdRecord[]): boolean {
    const { compression, database, metadataChecksum, revision, tags, update } = this.#options;
    if (!update || repomd === undefined || !plan.unchanged || (segments.length === 0 && plan.reused.length > 0)) return false;
    if (revision !== undefined && revision !== repomd.revision) return false;
    if (JSON.stringify(repomd.tags ?? NO_TAGS) !== JSON.stringify(tags)) return false;
    const documents = DOCUMENTS.map((type) => repomd.records.find((record) => record.type === type));
    const isNamed = (record: RepomdRecord | undefined): boolean => {
      const name = `${record?.type}.xml${extensionOf(compression)}`;
      return record !== undefined && record.path === this.#path({ name, checksum: record.checksum.value });
    };
    if (!documents.every((record) => isNamed(record) && record?.checksum.algorithm === metadataChecksum.algorithm)) return false;
    const wanted = new Set([...others.map(identity), ...documents.filter((record) => record !== undefined).map(identity)]);
    const rest = repomd.records.filter((record) => !(database && record.type.endsWith('_db')));
    const databases = repomd.records.length - rest.length;
    return (
      databases === (database ? DOCUMENTS.length : 0) && rest.length === wanted.size && rest.every((record) => wanted.has(identity(record)))
    );
  }

  #unchanged({ repomd }: Known, plan: Plan): CreaterepoReport {
    this.#context.report({ type: 'info', subject: this.#options.directory, message: 'nothing has changed; the metadata is left as it is' });
    return {
      ...this.#report(repomd?.revision ?? '', repomd?.records ?? []),
      packages: plan.reused.length,
      reused: plan.reused.length,
      unchanged: true,
    };
  }

  async #written(work: Work): Promise<CreaterepoReport> {
    const { expected, further, kept, known, plan, staging } = work;
    const { outputDirectory, retention, revision: asked, tags, time, timestampFromRevision, uniqueNames } = this.#options;
    this.#context.signal.throwIfAborted();
    this.#databases = this.#options.database ? createDatabaseThread(staging) : undefined;
    const databases = this.#databases;
    const alongside = databases === undefined ? undefined : (segments: AsyncIterable<Segment>) => databases.take(segments);
    const settings = { ...this.#settings, algorithm: this.#options.metadataChecksum.algorithm };
    const documents = await writeDocuments(this.#segments(plan), { staging, settings, expected, alongside });
    const staged = databases === undefined ? [] : await stageDatabases(databases, documents, this.#further(staging));
    this.#context.signal.throwIfAborted();
    this.#keepCache(plan, { documents, staging });
    const revision = asked ?? String(Math.floor(time.getTime() / 1000));
    const timestamp = timestampFromRevision ? Number(revision) * 1000 : time.getTime();
    const files = [...documents, ...staged, ...further];
    const records = inRecordOrder([...files.map((file) => ({ ...this.#record(file), timestamp })), ...kept]);
    const sha1Name = this.#options.metadataChecksum.name === 'sha1' ? 'sha1' : 'sha';
    install({
      outputDirectory,
      files: files.map((file) => ({ from: file.path, path: this.#path(file) })),
      repomd: formatRepomd(revision, records, { tags, sha1Name }),
      kept: kept.map(({ path }) => path),
      old: known.repomd,
      retention,
      fileTime: new Date(timestamp),
      uniqueNames,
      now: time.getTime(),
    });
    const lost = this.#lost(known.repomd, records);
    return {
      ...this.#report(revision, records),
      packages: this.#read.length + plan.reused.length,
      read: this.#read.length,
      reused: plan.reused.length,
      lost,
    };
  }

  async *#segments(plan: Plan): AsyncGenerator<Segment> {
    const { report, signal } = this.#context;
    const total = plan.reused.length + plan.fresh.length;
    for await (const result of this.#crew.run(plan.jobs)) {
      signal.throwIfAborted();
      if (result.kind !== 'built') throw new Error(`a job to build ended as ${result.kind}`);
      for (const { file, reason } of result.unreadable) this.#cannotRead(file, reason);
      for (const entry of result.read) this.#duplicates.add(entry);
      for (const entry of result.read) this.#read.push(entry);
      for (const segment of result.segments) {
        this.#done += segment.count;
        this.#counts.push(segment.count);
        yield segment;
      }
      report({
        type: 'progress',
        subject: this.#options.directory,
        phase: 'read',
        items: this.#done,
        totalItems: total,
        bytes: 0,
        totalBytes: undefined,
      });
    }
  }

  #record({ type, checksum, name, open, size }: StagedFile): RepomdRecord {
    const { algorithm } = this.#options.metadataChecksum;
    return {
      type,
      path: this.#path({ name, checksum }),
      checksum: { algorithm, value: checksum },
      size,
      openChecksum: open === undefined ? undefined : { algorithm, value: open.checksum },
      openSize: open?.size,
      databaseVersion: type.endsWith('_db') ? DATABASE_VERSION : undefined,
    };
  }

  #path({ name, checksum }: { readonly name: string; readonly checksum: string }): string {
    return this.#options.uniqueNames ? `repodata/${checksum}-${name}` : `repodata/${name}`;
  }

  /** Types of metadata besides packages that were there and are not any more. */
  #lost(repomd: Repomd | undefined, records: readonly RepomdRecord[]): string[] {
    const lost = types(remainingRecords(repomd, types(records)));
    if (lost.length > 0) {
      const why = this.#options.update ? 'because of --discard-additional-metadata' : 'without --update';
      this.#warn(`the old metadata had ${lost.join(', ')}, which ${why} is not in the new (--update keeps it, --groupfile adds groups)`);
    }
    return lost;
  }

  #report(revision: string, records: readonly RepomdRecord[]): CreaterepoReport {
    const { directory, outputDirectory } = this.#options;
    return {
      directory,
      repomd: join(outputDirectory, 'repodata', 'repomd.xml'),
      revision,
      packages: 0,
      read: 0,
      reused: 0,
      unchanged: false,
      unreadable: this.#unreadable,
      duplicates: this.#duplicates.found(),
      lost: [],
      files: records.map(({ type, path, size }) => ({ type, path, size })),
    };
  }

  /** For the next run. */
  #keepCache(plan: Plan, { documents, staging }: { readonly documents: PerDocument<StagedFile>; readonly staging: string }): void {
    const { baseUrl: base, checksum, compression, outputDirectory } = this.#options;
    if (compression !== 'gz') {
      // Of others the blocks are not used again.
      dropCache(outputDirectory);
      return;
    }
    const unreadable = new Set(this.#unreadable.map(({ path }) => path));
    const entries = listedEntries(plan, { read: this.#read, unreadable, base, checksumName: checksum.name });
    const checksums = perDocument((index) => documents[index].checksum);
    writeCache({ outputDirectory, staging }, checksums, { counts: this.#counts, entries });
  }

  #writeReadList({ fresh }: Plan): void {
    const { directory, readList } = this.#options;
    if (readList === undefined) return;
    const unreadable = new Set(this.#unreadable.map(({ path }) => path));
    const read = fresh.filter(({ file }) => !unreadable.has(file)).map(({ file }) => `${relative(directory, file)}\n`);
    writeFileSync(readList, read.join(''));
  }

  #cannotRead(file: string, reason: string): void {
    this.#unreadable.push({ path: file, reason });
    this.#warn(`left out: ${reason.includes(file) ? reason : `${file}: ${reason}`}`);
  }

  #warn(message: string): void {
    this.#context.report({ type: 'warning', subject: this.#options.directory, message });
  }
}

interface Work {
  readonly plan: Plan;
  readonly known: Known;
  readonly further: readonly StagedFile[];
  readonly kept: readonly RepomdRecord[];
  readonly staging: string;
  readonly expected: number;
}

function isMuch(packages: readonly PlannedPackage[]): boolean {
  let bytes = 0;
  for (const { file } of packages) {
    bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes >= MUCH_TO_READ) return true;
  }
  return false;
}

const WITHOUT_UPDATE = 'Without --update it is made anew; groups, modules and the like have to be added again then.';
const NO_TAGS = { content: [], repo: [], distro: [] };

function types(records: readonly { readonly type: string }[]): string[] {
  return records.map(({ type }) => type);
}

function identity({ type, checksum }: RepomdRecord): string {
  return `${type} ${checksum.algorithm} ${checksum.value}`;
}
