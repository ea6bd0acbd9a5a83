import { collect, decompress } from '../../../codec/decompress.ts';
import { readTar, type TarEntry } from '../../../codec/tar.ts';
import { isMirrorError, MirrorError } from '../../../core/errors.ts';
import { safeRelativePath } from '../../../core/paths.ts';
import { type ChartMetadata, parseChartMetadata } from './metadata.ts';

/** A Helm chart, as much of it as says which images it uses. */
export interface Chart {
  /** For messages: the archive, and below it the path of a chart within another. */
  readonly what: string;
  readonly metadata: ChartMetadata;
  /** values.yaml; undefined where there is none. */
  readonly values: Uint8Array | undefined;
  /** By their path in the chart. */
  readonly templates: ReadonlyMap<string, Uint8Array>;
  /** Files beside Chart.yaml that list images, by name. */
  readonly imageLists: ReadonlyMap<string, Uint8Array>;
  readonly subcharts: readonly Chart[];
}

/** Helm's own limits: bytes of a chart unpacked, with the charts in it, and of one file. */
const MAX_UNPACKED = 100 * 1024 * 1024;
const MAX_FILE = 5 * 1024 * 1024;
const MAX_FILES = 20_000;
/** Of charts within charts. */
const MAX_DEPTH = 8;

const IMAGE_LIST = /^(?:images\.lock|images\.ya?ml|\.imgpkg\/images\.yml)$/i;

/**
 * Reads a chart as `helm package` makes it. Throws LIST_INVALID where it is malformed, has links out of it or files beyond Helm's limits, and
 * DECOMPRESS_TOO_LARGE where it is a bomb.
 * @param what names it in errors, such as `app-1.0.0.tgz`.
 */
export async function readChart(tgz: Uint8Array, what: string): Promise<Chart> {
  const budget = { bytes: MAX_UNPACKED, files: MAX_FILES };
  return chartOf(await unpack(tgz, what, budget), what, budget, 0);
}

/** What is left for everything that is still to be unpacked. */
interface Budget {
  bytes: number;
  files: number;
}

type Files = Map<string, Uint8Array>;

/** The files of an archive by their path below the chart's directory, as far as they matter. */
async function unpack(tgz: Uint8Array, what: string, budget: Budget): Promise<Files> {
  const files: Files = new Map();
  try {
    const unpacked = decompress(pieceOf(tgz), 'gz', { maxSize: budget.bytes, what });
    for await (const entry of readTar(counted(unpacked, budget), what)) await takeEntry(entry, files, what, budget);
  } catch (error) {
    if (!isMirrorError(error, 'METADATA_INVALID', 'DECOMPRESS_FAILED', 'PATH_UNSAFE')) throw error;
    throw new MirrorError('LIST_INVALID', error.message, { cause: error });
  }
  return files;
}

async function takeEntry(entry: TarEntry, files: Files, what: string, budget: Budget): Promise<void> {
  budget.files--;
  if (budget.files < 0) throw invalid(what, `has more than ${MAX_FILES} files`);
  if (entry.type === 'directory') return;
  const path = safeRelativePath(entry.path.toString(), what);
  const inside = path.slice(path.indexOf('/') + 1);
  if (entry.type !== 'file') return;
  if (!path.includes('/')) throw invalid(what, `has "${path}" outside the chart's own directory`);
  if (entry.size > MAX_FILE) throw invalid(what, `has "${path}" of ${entry.size} bytes, and Helm takes at most ${MAX_FILE}`);
  if (files.has(inside)) throw invalid(what, `has "${path}" twice`);
  if (matters(inside)) files.set(inside, await collect(entry.content, MAX_FILE, `${what}/${inside}`));
}

/** Anything within a subchart is looked at again, when that is read. */
function matters(path: string): boolean {
  const isTemplate = path.startsWith('templates/') && /\.(?:ya?ml|tpl)$/.test(path);
  return /^(?:Chart|values|requirements)\.yaml$/.test(path) || isTemplate || path.startsWith('charts/') || IMAGE_LIST.test(path);
}

async function chartOf(files: Files, what: string, budget: Budget, depth: number): Promise<Chart> {
  if (depth > MAX_DEPTH) throw invalid(what, `is the ${depth}th chart within another`);
  const chartYaml = files.get('Chart.yaml');
  if (chartYaml === undefined) throw invalid(what, 'has no Chart.yaml: it is no Helm chart');
  const subcharts: Chart[] = [];
  for (const [name, inside] of groupByFirst(files)) {
    if (/^[_.]/.test(name)) continue;
    const packed = inside.get('');
    const below = `${what}/charts/${name}`;
    if (packed === undefined) subcharts.push(await chartOf(inside, below, budget, depth + 1));
    else if (name.endsWith('.tgz')) subcharts.push(await chartOf(await unpack(packed, below, budget), below, budget, depth + 1));
  }
  return {
    what,
    metadata: parseChartMetadata(chartYaml, files.get('requirements.yaml'), what),
    values: files.get('values.yaml'),
    templates: new Map([...files].filter(([path]) => path.startsWith('templates/'))),
    imageLists: new Map([...files].filter(([path]) => IMAGE_LIST.test(path))),
    subcharts,
  };
}

/** What is in `charts/`, by its first name: a directory's files by their paths in it, a file at the empty path. */
function groupByFirst(files: Files): Map<string, Files> {
  const groups = new Map<string, Files>();
  for (const [path, bytes] of files) {
    const [, name, , rest] = /^charts\/([^/]+)(\/(.+))?$/.exec(path) ?? [];
    if (name === undefined) continue;
    const group = groups.get(name) ?? new Map<string, Uint8Array>();
    group.set(rest ?? '', bytes);
    groups.set(name, group);
  }
  return groups;
}

async function* pieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* counted(source: AsyncIterable<Buffer>, budget: Budget): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    budget.bytes -= chunk.length;
    yield chunk;
  }
}

function invalid(what: string, why: string): MirrorError {
  return new MirrorError('LIST_INVALID', `${what} ${why}`);
}
