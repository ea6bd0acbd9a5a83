import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measured, measure } from '../support/measure.ts';
import { succeed } from '../support/program.ts';
import { ROUND, type SideName, sides } from './comparisons.ts';
import { processorModel, versionOf } from './peers.ts';
import type { Prepared, Side } from './step.ts';
import { keyOf, resultTable } from './table.ts';
import { makeUpstreams, type Upstreams } from './upstreams.ts';

const USAGE = `usage: npm run bench -- [--packages N] [--runs N] [--peers all|once|none]

Syncs and publishes an upstream of N packages (default 20000) of each family over loopback, and has aptly, dnf reposync and createrepo_c do
the same in between. Prints the medians of --runs (default 3) as a table. --peers once (the default) runs the steps of peers that take minutes
in the first round only, none leaves all peers out.
`;

interface Settings {
  readonly packages: number;
  readonly runs: number;
  readonly peers: 'all' | 'once' | 'none';
}

function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      packages: { type: 'string', default: '20000' },
      runs: { type: 'string', default: '3' },
      peers: { type: 'string', default: 'once' },
    },
  });
  const { peers } = values;
  const [packages, runs] = [Number(values.packages), Number(values.runs)];
  if (!(Number.isInteger(packages) && packages > 0 && Number.isInteger(runs) && runs > 0)) throw new Error(USAGE);
  if (peers !== 'all' && peers !== 'once' && peers !== 'none') throw new Error(USAGE);
  return { packages, runs, peers };
}

async function measureAll(root: string, upstreams: Upstreams, settings: Settings): Promise<Map<string, Measured[]>> {
  const results = new Map<string, Measured[]>();
  // Folders stay until the end: file systems make files more slowly for a while after many were removed.
  for (let round = 1; round <= settings.runs; round += 1) {
    const folder = join(root, `round-${round}`);
    const prepared = new Map<SideName, Prepared>();
    try {
      for (const [name, side] of Object.entries(sides(upstreams)) as [SideName, Side][]) {
        if (isOurs(name) || settings.peers !== 'none') prepared.set(name, await side(join(folder, name)));
      }
      await measureRound(prepared, { root, round, settings, results });
    } finally {
      for (const { close } of prepared.values()) await close?.();
    }
  }
  return results;
}

interface Round {
  readonly root: string;
  /** Counted from 1. */
  readonly round: number;
  readonly settings: Settings;
  /** Grows by what is measured. */
  readonly results: Map<string, Measured[]>;
}

async function measureRound(prepared: ReadonlyMap<SideName, Prepared>, { root, round, settings, results }: Round): Promise<void> {
  const withSlow = settings.peers === 'all' || (settings.peers === 'once' && round === 1);
  const synced = new Set<SideName>();
  for (const { side, step, slow } of ROUND) {
    const found = prepared.get(side)?.steps[step];
    if (found === undefined || (slow === true && !withSlow)) continue;
    // What the step before left to be written is not this one's work.
    await succeed('sync', ['-f', root]);
    const measured = await measure(found.command, { ...found });
    if (step === 'sync') synced.add(side);
    const key = keyOf({ side, step });
    results.set(key, [...(results.get(key) ?? []), measured]);
    process.stderr.write(`round ${round}: ${key}: ${measured.seconds.toFixed(2)} s, ${Math.round(measured.peakMemory)} MiB\n`);
  }
  for (const side of synced) {
    const packages = await prepared.get(side)?.packages?.();
    if (packages !== settings.packages) throw new Error(`${side} has ${packages} packages and not ${settings.packages}`);
  }
}

function isOurs(name: SideName): boolean {
  return name === 'apt' || name === 'yum';
}

async function remove(folder: string): Promise<void> {
  // Files of the pool are read-only, and so may be folders.
  await succeed('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
}

async function machine(load: number, settings: Settings): Promise<string> {
  const peers = settings.peers === 'none' ? [] : [versionOf('aptly', 'version'), versionOf('dnf'), versionOf('createrepo_c')];
  const versions = await Promise.all([versionOf('nginx', '-v'), ...peers]);
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  return [
    `${availableParallelism()} cores (${processorModel()}), ${memory}; load average ${load.toFixed(2)} before it began.`,
    `Node ${process.versions.node}, ${versions.join(', ')}; ${settings.packages} packages.`,
  ].join('\n');
}

async function main(): Promise<void> {
  const settings = settingsOf(process.argv.slice(2));
  const load = loadavg()[0] ?? 0;
  const about = await machine(load, settings);
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-'));
  try {
    const upstreams = await makeUpstreams(root, settings.packages);
    try {
      const results = await measureAll(root, upstreams, settings);
      process.stdout.write(`${about}\n\n${resultTable(results)}\n`);
    } finally {
      await upstreams.close();
    }
  } finally {
    await remove(root);
  }
}

await main();
