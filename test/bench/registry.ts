import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startServing, succeed } from '../support/program.ts';
import { type Load, type LoadResult, loadRegistry } from './registry-load.ts';
import { median } from './table.ts';

const USAGE = `usage: npm run bench:registry -- [--runs N] [--large MIB] [--small N]

Has curl push and pull one blob of --large (default 512) MiB, and a load generator --small (default 2000) blobs of 16 KiB by eight connections, at docker-registry and at
\`mirror serve\`; and has skopeo copy an image of 8 layers of 24 MiB into both and out of them. Both take turns in each of --runs (default 5) runs. Prints the medians, and the peak memory of \`mirror serve\`.
`;

interface Result {
  readonly largePush: number;
  readonly largePull: number;
  readonly small: LoadResult;
  readonly skopeoPush: number;
  readonly skopeoPull: number;
  /** In MiB. */
  readonly memory: number;
}

const SMALL_BYTES = 16 * 1024;
const LAYERS = 8;
const LAYER_MIB = 24;

interface Subject {
  readonly load: Load;
  /** The large blob. */
  readonly file: string;
  /** An OCI layout. */
  readonly image: string;
}

async function measureAt(host: string, pid: number | undefined, { load, file, image }: Subject): Promise<Result> {
  const digest = `sha256:${(await succeed('sha256sum', [file])).slice(0, 64)}`;
  const begun = await fetch(`http://${host}/v2/bench/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', `http://${host}/`);
  location.searchParams.set('digest', digest);
  const curl = (...parameters: readonly string[]): Promise<number> => seconds('curl', ['-sf', '-o', '/dev/null', ...parameters]);
  const largePush = await curl('-X', 'PUT', '-H', 'Expect:', '-T', file, location.href);
  const largePull = await curl(`http://${host}/v2/bench/blobs/${digest}`);
  const small = await loadRegistry(host, load);
  const copy = (...parameters: readonly string[]): Promise<number> =>
    seconds('skopeo', ['copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...parameters]);
  const skopeoPush = await copy(`oci:${image}`, `docker://${host}/bench/image:v1`);
  const pulled = mkdtempSync(join(tmpdir(), 'mirror-bench-pulled-'));
  const skopeoPull = await copy(`docker://${host}/bench/image:v1`, `dir:${pulled}`);
  rmSync(pulled, { recursive: true });
  return { largePush, largePull, small, skopeoPush, skopeoPull, memory: pid === undefined ? 0 : peakMemory(pid) };
}

async function seconds(command: string, parameters: readonly string[]): Promise<number> {
  await succeed('sync', []);
  const begun = performance.now();
  await succeed(command, parameters);
  return (performance.now() - begun) / 1000;
}

/** As Linux accounts for it, in MiB. */
function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

async function round(root: string, subject: Subject): Promise<{ ours: Result; theirs: Result }> {
  const home = mkdtempSync(join(root, 'home-'));
  writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\n');
  const other = await startDockerRegistry();
  const server = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
  try {
    const theirs = await measureAt(other.host, undefined, subject);
    const ours = await measureAt(new URL(server.url).host, server.child.pid, subject);
    return { ours, theirs };
  } finally {
    await server.stop();
    await other.stop();
  }
}

/** An image of layers that cannot be compressed, as an OCI layout. */
async function makeImage(root: string): Promise<string> {
  const image = join(root, 'image');
  await succeed('umoci', ['init', '--layout', image]);
  await succeed('umoci', ['new', '--image', `${image}:v1`]);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const content = join(root, `layer-${layer}`);
    await randomFile(content, LAYER_MIB);
    await succeed('umoci', ['insert', '--rootless', '--image', `${image}:v1`, content, `/layer-${layer}`]);
  }
  return `${image}:v1`;
}

async function randomFile(path: string, mebibytes: number): Promise<void> {
  await succeed('sh', ['-c', 'head -c "$1" /dev/urandom > "$2"', 'sh', String(mebibytes * 1024 * 1024), path]);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      large: { type: 'string', default: '512' },
      small: { type: 'string', default: '2000' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const large = Number(values.large);
  const load: Load = { count: Number(values.small), bytes: SMALL_BYTES, clients: 8 };
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-registry-'));
  try {
    const image = await makeImage(root);
    const file = join(root, 'large');
    await randomFile(file, large);
    const rounds: { ours: Result; theirs: Result }[] = [];
    for (let index = 0; index < Number(values.runs); index += 1) rounds.push(await round(root, { load, file, image }));
    const rows: readonly (readonly [string, (result: Result) => number, string, number])[] = [
      ['large blob pushed', ({ largePush }) => large / largePush, 'MiB/s', 1],
      ['large blob pulled', ({ largePull }) => large / largePull, 'MiB/s', 1],
      ['small blobs pushed', ({ small }) => load.count / small.push, '/s', 2],
      ['small blobs pulled', ({ small }) => load.count / small.pull, '/s', 2],
      ['image pushed by skopeo', ({ skopeoPush }) => (LAYERS * LAYER_MIB) / skopeoPush, 'MiB/s', 1],
      ['image pulled by skopeo', ({ skopeoPull }) => (LAYERS * LAYER_MIB) / skopeoPull, 'MiB/s', 1],
    ];
    process.stdout.write(`| what | mirror serve | docker-registry | ratio | wanted |\n|${' --- |'.repeat(5)}\n`);
    for (const [what, rate, unit, wanted] of rows) {
      const [ours, theirs] = [median(rounds.map((one) => rate(one.ours))), median(rounds.map((one) => rate(one.theirs)))];
      process.stdout.write(
        `| ${[what, `${Math.round(ours)} ${unit}`, `${Math.round(theirs)} ${unit}`, (ours / theirs).toFixed(2), `≥ ${wanted}`].join(' | ')} |\n`,
      );
    }
    process.stdout.write(
      `\nPeak memory of mirror serve: ${Math.round(Math.max(...rounds.map(({ ours }) => ours.memory)))} MiB (wanted: at most 200)\n`,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

await main();
