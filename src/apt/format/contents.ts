import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';

/** One line of a Contents index, as the bytes of latin1 text: paths are in no certain encoding. */
export interface ContentsLine {
  readonly path: string;
  /** What stands between the path and the packages. */
  readonly blank: string;
  /** The packages that have the file: `[area/]section/name`, with commas between several. */
  readonly packages: string;
}

/** Lines that an old index has before its table may be so long in all. */
const LONGEST_HEAD = 64 * 1024;
const TABLE = /^FILE\s+LOCATION\s*$/m;
const LINE = /^(.*?\S)([ \t]+)(\S+)[ \t]*\r?$/;

/**
 * The lines of a Contents index (https://wiki.debian.org/DebianRepository/Format), in batches, cut to the packages that are wanted. A text
 * that introduces the table (`FILE LOCATION`) is left out, as newer archives have none. METADATA_INVALID for a line that names no package, or
 * is over LIMITS.record bytes long.
 * @param isWanted is asked for the name of a package; seldom more than once for each set of packages.
 * @param what names the index in errors.
 */
export async function* readContents(
  source: AsyncIterable<Uint8Array>,
  isWanted: (name: string) => boolean,
  what: string,
): AsyncGenerator<readonly ContentsLine[]> {
  const cut = createPackageCut(isWanted);
  let rest = '';
  let inTable = false;
  let number = 0;
  const take = (text: string): ContentsLine[] => {
    const lines: ContentsLine[] = [];
    for (const line of text.split('\n')) {
      number += 1;
      if (line === '') continue;
      const parts = splitLine(line);
      if (parts === undefined) throw new MirrorError('METADATA_INVALID', `${what}, line ${number} is not "path packages"`);
      const packages = cut(parts.packages);
      if (packages !== '') lines.push(packages === parts.packages ? parts : { ...parts, packages });
    }
    return lines;
  };
  for await (const chunk of source) {
    rest += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    if (!inTable) {
      if (rest.length < LONGEST_HEAD) continue;
      rest = withoutHead(rest);
      inTable = true;
    }
    const end = rest.lastIndexOf('\n');
    if (end === -1) {
      if (rest.length > LIMITS.record) throw new MirrorError('METADATA_INVALID', `${what} has a line of over ${LIMITS.record} bytes`);
      continue;
    }
    yield take(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  yield take(inTable ? rest : withoutHead(rest));
}

/** The bare name of a package of a Contents line. */
function nameOf(location: string): string {
  return location.slice(location.lastIndexOf('/') + 1);
}

/** Cuts `section/a,section/b` to the wanted packages. Neighbouring lines have mostly the same. */
function createPackageCut(isWanted: (name: string) => boolean): (packages: string) => string {
  let last = '';
  let lastCut = '';
  return (packages) => {
    if (packages === last) return lastCut;
    last = packages;
    if (packages.includes(',')) {
      lastCut = packages
        .split(',')
        .filter((location) => isWanted(nameOf(location)))
        .join(',');
    } else lastCut = isWanted(nameOf(packages)) ? packages : '';
    return lastCut;
  };
}

function splitLine(line: string): ContentsLine | undefined {
  const space = Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t'));
  // Most lines end in the packages and have one kind of blank before them.
  if (space > 0 && space < line.length - 1 && line.codePointAt(line.length - 1) !== 0x0d) {
    let start = space;
    while (start > 0 && isBlank(line.charCodeAt(start - 1))) start -= 1;
    if (start === 0) return undefined;
    return { path: line.slice(0, start), blank: line.slice(start, space + 1), packages: line.slice(space + 1) };
  }
  const [, path, blank, packages] = LINE.exec(line) ?? [];
  return path === undefined || blank === undefined || packages === undefined ? undefined : { path, blank, packages };
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function withoutHead(text: string): string {
  const found = TABLE.exec(text.slice(0, LONGEST_HEAD));
  return found === null ? text : text.slice(found.index + found[0].length + 1);
}

/** The line of a file as it is published. */
export function formatContentsLine({ path, blank, packages }: ContentsLine): string {
  return `${path}${blank}${packages}\n`;
}

/** The lines of a package whose files are known, sorted by path, as the bytes of latin1 text. */
export function contentsOf(paths: Buffer, location: string): ContentsLine[] {
  const packages = Buffer.from(location).toString('latin1');
  return paths
    .toString('latin1')
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => ({ path, blank: ' ', packages }));
}

/**
 * Several sorted Contents as one: lines of one path are united, each package named once. The result is sorted by the bytes of the path
 * where they all are.
 */
export async function* mergeContents(
  sources: readonly (AsyncIterable<readonly ContentsLine[]> | Iterable<readonly ContentsLine[]>)[],
): AsyncGenerator<readonly ContentsLine[]> {
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) {
    yield* only;
    return;
  }
  const cursors = sources.map((source) => new Cursor(source));
  try {
    let merged: ContentsLine[] = [];
    for (;;) {
      for (const cursor of cursors) if (cursor.line === undefined && !cursor.ended) await cursor.advance();
      const least = leastPath(cursors);
      if (least === undefined) break;
      merged.push(takeLines(cursors, least));
      if (merged.length < 4096) continue;
      yield merged;
      merged = [];
    }
    yield merged;
  } finally {
    for (const cursor of cursors) await cursor.end();
  }
}

function leastPath(cursors: readonly Cursor[]): string | undefined {
  let least: string | undefined;
  for (const { line } of cursors) if (line !== undefined && (least === undefined || line.path < least)) least = line.path;
  return least;
}

function takeLines(cursors: readonly Cursor[], path: string): ContentsLine {
  let found: ContentsLine | undefined;
  for (const cursor of cursors) {
    const { line } = cursor;
    if (line?.path !== path) continue;
    found = found === undefined ? line : { ...found, packages: united(found.packages, line.packages) };
    cursor.next();
  }
  return found ?? { path, blank: ' ', packages: '' };
}

function united(one: string, other: string): string {
  return [...new Set([...one.split(','), ...other.split(',')])].join(',');
}

/** Where the reading of one source is. */
class Cursor {
  line: ContentsLine | undefined;
  ended = false;
  readonly #batches: AsyncIterator<readonly ContentsLine[]> | Iterator<readonly ContentsLine[]>;
  #batch: readonly ContentsLine[] = [];
  #index = 0;

  constructor(source: AsyncIterable<readonly ContentsLine[]> | Iterable<readonly ContentsLine[]>) {
    this.#batches = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** To the next line of the batch; `line` is undefined after its last. */
  next(): void {
    this.#index += 1;
    this.line = this.#batch[this.#index];
  }

  /** To the first line of the next batch that has any. */
  async advance(): Promise<void> {
    while (this.line === undefined && !this.ended) {
      const next = await this.#batches.next();
      if (next.done === true) this.ended = true;
      else {
        this.#batch = next.value;
        this.#index = 0;
        this.line = this.#batch[0];
      }
    }
  }

  async end(): Promise<void> {
    await this.#batches.return?.();
  }
}
