import type { KnownSegment } from './old-repository.ts';
import type { BuildJob, FreshItem, Job, OldEntry, OldItem, ReadPackage } from './segment.ts';

/** Packages of one job: of their texts about half a megabyte of primary is packed at once. */
const JOB = 256;

/** A package file, as it is to be listed. */
export interface PlannedPackage {
  /** Absolute. */
  readonly file: string;
  readonly href: string;
}

export interface PlanRequest {
  /** In the order of metadata. */
  readonly packages: readonly PlannedPackage[];
  /** What is known of packages already. */
  readonly known: readonly KnownSegment[];
  /** Packages of one job, at most: fewer than by default where each takes long. */
  readonly perJob?: number | undefined;
  /** Whether what is known of a package is still so. */
  isCurrent(entry: OldEntry, file: string): boolean;
}

export interface Plan {
  readonly jobs: readonly Job[];
  readonly fresh: readonly PlannedPackage[];
  /** All packages in their order: those to be read, and what is known of the others. */
  readonly listed: readonly (PlannedPackage | OldEntry)[];
  /** Packages that are not read again. */
  readonly reused: readonly OldEntry[];
  /** Whether the documents would say the same as before: nothing is read, none is gone, and the order is the same. */
  readonly unchanged: boolean;
}

/**
 * What is to be done for the documents of these packages: segments that stay as they are are copied, others are built of elements that are known and of
 * packages that are to be read. A path that is listed twice is not taken as known.
 */
export function makePlan({ packages, known, perJob = JOB, isCurrent }: PlanRequest): Plan {
  const places = placesByHref(known);
  const items: (FreshItem | OldItem)[] = [];
  const fresh: PlannedPackage[] = [];
  const reused: OldEntry[] = [];
  const listed: (PlannedPackage | OldEntry)[] = [];
  for (const planned of packages) {
    const { file, href } = planned;
    const place = places.get(href);
    const entry = place === undefined ? undefined : known[place.segment]?.entries[place.index];
    if (place === undefined || entry === undefined || !isCurrent(entry, file)) {
      items.push({ file, href });
      fresh.push(planned);
      listed.push(planned);
    } else {
      items.push(place);
      reused.push(entry);
      listed.push(entry);
    }
  }
  const jobs = jobsOf(items, known, perJob);
  const unchanged =
    fresh.length === 0 &&
    jobs.length === known.length &&
    jobs.every((job, index) => job.kind === 'copy' && job.packed === known[index]?.packed);
  return { jobs, fresh, listed, reused, unchanged };
}

/** How a plan was carried out. */
export interface Outcome {
  /** The packages that were read, in their order. */
  readonly read: readonly ReadPackage[];
  /** Files that could not be. */
  readonly unreadable: ReadonlySet<string>;
  readonly base: string | undefined;
  readonly checksumName: string;
}

/** What the documents say that were made by a plan. */
export function listedEntries({ listed }: Plan, { base, checksumName, read, unreadable }: Outcome): OldEntry[] {
  let at = 0;
  return listed.flatMap((entry) => {
    if (!('file' in entry)) return [entry];
    const found = unreadable.has(entry.file) ? undefined : read[at++];
    return found === undefined ? [] : [{ ...found, base, checksumName }];
  });
}

function placesByHref(known: readonly KnownSegment[]): Map<string, OldItem> {
  const places = new Map<string, OldItem>();
  const twice = new Set<string>();
  for (const [segment, { entries }] of known.entries()) {
    for (const [index, { href }] of entries.entries()) {
      if (places.has(href)) twice.add(href);
      places.set(href, { segment, index });
    }
  }
  for (const href of twice) places.delete(href);
  return places;
}

function jobsOf(items: readonly (FreshItem | OldItem)[], known: readonly KnownSegment[], perJob: number): Job[] {
  const jobs: Job[] = [];
  let pending: (FreshItem | OldItem)[] = [];
  const flush = (): void => {
    if (pending.length > 0) jobs.push(buildJob(pending, known));
    pending = [];
  };
  for (let at = 0; at < items.length; ) {
    const whole = wholeSegmentAt(items, at, known);
    if (whole !== undefined) {
      flush();
      jobs.push({ kind: 'copy', count: whole.entries.length, packed: whole.packed });
      at += whole.entries.length;
      continue;
    }
    const item = items[at];
    if (item !== undefined) pending.push(item);
    if (pending.length >= perJob) flush();
    at += 1;
  }
  flush();
  return jobs;
}

/** The old segment all of whose packages stand here in their order. */
function wholeSegmentAt(items: readonly (FreshItem | OldItem)[], at: number, known: readonly KnownSegment[]): KnownSegment | undefined {
  const first = items[at];
  if (first === undefined || !('segment' in first) || first.index !== 0) return undefined;
  const segment = known[first.segment];
  if (segment === undefined) return undefined;
  const isThere = segment.entries.every((_, index) => {
    const item = items[at + index];
    return item !== undefined && 'segment' in item && item.segment === first.segment && item.index === index;
  });
  return isThere ? segment : undefined;
}

/** The job carries the old segments that its packages are of, which it numbers anew. */
function buildJob(items: readonly (FreshItem | OldItem)[], known: readonly KnownSegment[]): BuildJob {
  const numbers = new Map<number, number>();
  const old: BuildJob['old'][number][] = [];
  const renumbered = items.map((item) => {
    if (!('segment' in item)) return item;
    const segment = known[item.segment];
    let number = numbers.get(item.segment);
    if (number === undefined && segment !== undefined) {
      number = old.push({ packed: segment.packed, starts: segment.starts }) - 1;
      numbers.set(item.segment, number);
    }
    return { segment: number ?? -1, index: item.index };
  });
  return { kind: 'build', items: renumbered, old };
}
