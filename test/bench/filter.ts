import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measured, measure } from '../support/measure.ts';
import { mirrorJson, PROGRAM, succeed } from '../support/program.ts';
import { type Archive, makeArchive } from './machine-archive.ts';

const USAGE = `usage: node test/bench/filter.ts [--runs N] [--filter QUERY]

Selects packages with their dependencies from the largest Packages index that this machine's apt has, beside aptly. Every package file of the
upstream is one and the same small file. aptly is measured when it has all of them already, so that it downloads nothing but the index;
\`mirror\` is measured in its first sync, with --metadata-only. Prints the medians of --runs (default 3).
`;

interface Result {
  readonly measured: Measured;
  readonly selected: number;
}

async function ours(folder: string, { url, key }: Archive, filter: string): Promise<Result> {
  mkdirSync(folder);
  const mirror = { type: 'apt', url: `${url}/`, suite: 'stable', architectures: ['amd64'], keys: [key], filter, withDeps: true };
  writeFileSync(join(folder, 'mirror.yaml'), JSON.stringify({ storage: 'storage', mirrors: { upstream: mirror } }));
  const measured = await measure([process.execPath, PROGRAM, 'sync', '--metadata-only'], { cwd: folder });
  const report = (await mirrorJson(['sync', '--metadata-only'], { cwd: folder })) as {
    readonly mirrors: readonly { readonly packages: number }[];
  };
  return { measured, selected: report.mirrors[0]?.packages ?? 0 };
}

async function aptly(folder: string, { url, key }: Archive, filter: string): Promise<Result> {
  mkdirSync(folder);
  const env = { HOME: folder };
  const keyring = join(folder, 'trusted.gpg');
  await succeed('gpg', ['--homedir', folder, '--batch', '--quiet', '--no-default-keyring', '--keyring', keyring, '--import', key]);
  const configuration = join(folder, 'aptly.conf');
  writeFileSync(configuration, JSON.stringify({ rootDir: join(folder, 'aptly') }));
  const command = (...args: readonly string[]): readonly string[] => [
    'aptly',
    ...args.slice(0, 2),
    `-config=${configuration}`,
    ...args.slice(2),
  ];
  const run = async (args: readonly string[]): Promise<string> => succeed(args[0] ?? '', args.slice(1), { env });
  const options = ['-architectures=amd64', `-keyring=${keyring}`, `-filter=${filter}`, '-filter-with-deps'];
  await run(command('mirror', 'create', ...options, 'upstream', `${url}/`, 'stable', 'main'));
  const update = command('mirror', 'update', `-keyring=${keyring}`, '-skip-existing-packages', 'upstream');
  await run(update);
  const measured = await measure(update, { env });
  const shown = await run(command('mirror', 'show', 'upstream'));
  return { measured, selected: Number(/Number of packages: (\d+)/.exec(shown)?.[1] ?? 0) };
}

function median(results: readonly Result[], of: (measured: Measured) => number): number {
  const sorted = results.map(({ measured }) => of(measured)).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function row(name: string, results: readonly Result[]): string {
  const processor = median(results, ({ processorSeconds }) => processorSeconds).toFixed(2);
  const wall = median(results, ({ seconds }) => seconds).toFixed(2);
  const memory = Math.round(median(results, ({ peakMemory }) => peakMemory));
  const sizes = [...new Set(results.map(({ selected }) => selected))].sort((a, b) => a - b).join(' to ');
  return `| ${name} | ${processor} s | ${wall} s | ${memory} MiB | ${sizes} |`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '3' }, filter: { type: 'string', default: 'nginx | gimp | postgresql' } },
  });
  const runs = Number(values.runs);
  if (!(Number.isInteger(runs) && runs > 0)) throw new Error(USAGE);
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-filter-'));
  try {
    const archive = await makeArchive(root);
    try {
      const mine: Result[] = [];
      const theirs: Result[] = [];
      for (let round = 1; round <= runs; round += 1) {
        mine.push(await ours(join(root, `mirror-${round}`), archive, values.filter));
        theirs.push(await aptly(join(root, `aptly-${round}`), archive, values.filter));
      }
      const ratio = median(mine, ({ processorSeconds }) => processorSeconds) / median(theirs, ({ processorSeconds }) => processorSeconds);
      const head = '| | processor time | wall time | peak memory | packages |\n| --- | --- | --- | --- | --- |';
      const about = `${archive.packages} packages offered, filter \`${values.filter}\` with dependencies; medians of ${runs} runs.`;
      process.stdout.write(
        `${about}\n\n${head}\n${row('`mirror sync --metadata-only`', mine)}\n${row('`aptly mirror update`', theirs)}\n\nratio of processor time ${ratio.toFixed(3)}, wanted ≤ 0.5\n`,
      );
    } finally {
      await archive.close();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
