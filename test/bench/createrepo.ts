import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measured, measure } from '../support/measure.ts';
import { PROGRAM, succeed } from '../support/program.ts';
import { MAKE_UPSTREAM } from '../support/requirements.ts';
import { compareMetadata } from '../yum/createrepo-c.ts';

const USAGE = `usage: node test/bench/createrepo.ts [--runs N] [--packages N]

Has \`mirror createrepo\` and createrepo_c make the metadata of --packages (default 20000) packages, with databases and without, and bring it up to date after
one package was added. Both take turns in each of --runs (default 3) runs; what they wrote is compared by createrepo_c's Python parser. Prints the medians.
`;

interface Case {
  readonly what: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Of their time, at most. */
  readonly target: number;
  /** Adds a package before each run. */
  readonly adds?: boolean;
}

const CASES: readonly Case[] = [
  { what: 'all packages', ours: [], theirs: ['--no-database'], target: 0.35 },
  { what: '--update after one more package', ours: ['--update'], theirs: ['--no-database', '--update'], target: 0.1, adds: true },
  { what: '--update, nothing changed', ours: ['--update'], theirs: ['--no-database', '--update'], target: 0.1 },
  { what: 'all packages, with databases', ours: ['--database'], theirs: ['--database'], target: 0.5 },
];

function median(results: readonly Measured[], of: (measured: Measured) => number): number {
  const sorted = results.map(of).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '3' }, packages: { type: 'string', default: '20000' }, help: { type: 'boolean' } },
  });
  if (values.help === true || MAKE_UPSTREAM === undefined) {
    process.stdout.write(values.help === true ? USAGE : 'make-upstream is not here: it makes the packages\n');
    return;
  }
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-createrepo-'));
  try {
    const packages = join(root, 'upstream/rpm');
    await succeed(MAKE_UPSTREAM, ['--packages', values.packages, '--out', join(root, 'upstream')]);
    await compare(root, packages, Number(values.runs));
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function compare(root: string, packages: string, runs: number): Promise<void> {
  const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
  for (const directory of [ours, theirs]) mkdirSync(directory);
  const some = readdirSync(packages, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.rpm')) ?? '';
  process.stdout.write('| what | mirror | processor | memory | createrepo_c | processor | memory | ratio | wanted |\n');
  process.stdout.write(`|${' --- |'.repeat(9)}\n`);
  let added = 0;
  for (const { what, ours: args, theirs: peerArgs, target, adds } of CASES) {
    const results = { ours: [] as Measured[], theirs: [] as Measured[] };
    for (let round = 0; round < runs; round += 1) {
      if (adds === true) copyFileSync(join(packages, some), join(packages, `middle-${++added}.rpm`));
      results.ours.push(await measure([process.execPath, PROGRAM, 'createrepo', packages, '--quiet', '--outputdir', ours, ...args]));
      results.theirs.push(await measure(['createrepo_c', '--quiet', '--outputdir', theirs, ...peerArgs, packages]));
    }
    const { differences } = await compareMetadata(join(ours, 'repodata'), join(theirs, 'repodata'));
    if (differences.length > 0) throw new Error(`not the same was written:\n${differences.slice(0, 10).join('\n')}`);
    const cells = [results.ours, results.theirs].flatMap((side) => [
      `${median(side, ({ seconds }) => seconds).toFixed(2)} s`,
      `${median(side, ({ processorSeconds }) => processorSeconds).toFixed(2)} s`,
      `${Math.round(median(side, ({ peakMemory }) => peakMemory))} MiB`,
    ]);
    const ratio = median(results.ours, ({ seconds }) => seconds) / median(results.theirs, ({ seconds }) => seconds);
    process.stdout.write(`| ${[what, ...cells, ratio.toFixed(3), `≤ ${target}`].join(' | ')} |\n`);
  }
}

await main();
