import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAptClient } from '../support/apt-client.ts';
import { type Measured, measure } from '../support/measure.ts';
import { PROGRAM, succeed } from '../support/program.ts';
import { brokenByMirror, intoFile, median, row } from './check-results.ts';
import { benchYum } from './check-yum.ts';
import { type Archive, makeArchive } from './machine-archive.ts';

const USAGE = `usage: node test/bench/check.ts [--runs N] [--packages N] [--yum [--rpms DIR]]

Has \`mirror check\` and dose-debcheck check each package of the largest Packages index that this machine's apt has, and compares what they find
broken; then has \`mirror check\` prove --packages (default 100) packages alone and together, and apt-get simulate the installation of
each of them. With --yum it does so for a repository of 20,000 RPMs, or of those of a folder, beside libsolv and dnf. Prints the medians of
--runs (default 3).
`;

/** A folder of \`mirror\` with the archive's metadata. */
async function synced(folder: string, { url, key }: Archive): Promise<string> {
  mkdirSync(folder);
  const mirror = { type: 'apt', url: `${url}/`, suite: 'stable', architectures: ['amd64'], keys: [key] };
  writeFileSync(join(folder, 'mirror.yaml'), JSON.stringify({ storage: 'storage', mirrors: { upstream: mirror } }));
  await succeed(process.execPath, [PROGRAM, 'sync', '--metadata-only'], { cwd: folder });
  return folder;
}

function brokenByDose(file: string): string[] {
  const entries = readFileSync(file, 'utf8').matchAll(/package: (\S+)\s+version: (\S+)\s+architecture: (\S+)\s+status: broken/g);
  return [...entries].map(([, name, version, architecture]) => `${name}_${version}_${architecture}`).sort();
}

interface Results {
  readonly [step: string]: Measured[];
}

async function measureAll(
  root: string,
  archive: Archive,
  { runs, packages }: { readonly runs: number; readonly packages: number },
): Promise<Results> {
  const folder = await synced(join(root, 'mirror'), archive);
  const client = createAptClient(join(root, 'apt'));
  client.sources(`Types: deb\nURIs: ${archive.url}/\nSuites: stable\nComponents: main\nSigned-By: ${archive.key}\n`);
  const updated = await client.get('update');
  if (updated.status !== 0) throw new Error(updated.stderr);
  const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
  const results = { ours: [] as Measured[], dose: [] as Measured[], oursTogether: [] as Measured[], apt: [] as Measured[] };
  const mirror = (...args: readonly string[]): readonly string[] => [process.execPath, PROGRAM, 'check', 'upstream', ...args, '--json'];
  for (let round = 1; round <= runs; round += 1) {
    results.ours.push(await measure(intoFile(ours, mirror('--all')), { cwd: folder }));
    results.dose.push(await measure(intoFile(theirs, ['dose-debcheck', '--deb-native-arch=amd64', '--failures', archive.index])));
    const [mine, its] = [brokenByMirror(ours), brokenByDose(theirs)];
    if (mine.join() !== its.join()) throw new Error(`not the same are broken:\n${mine.join(' ')}\n${its.join(' ')}`);
    const names = chosen(archive, packages);
    results.oursTogether.push(await measure(intoFile(ours, mirror('--install', names.join(','))), { cwd: folder }));
    const simulate = `for name do apt-get --simulate --yes install "$name" || true; done`;
    const env = { APT_CONFIG: join(client.root, 'apt.conf'), LC_ALL: 'C' };
    results.apt.push(await measure(intoFile(theirs, ['sh', '-c', simulate, 'sh', ...names]), { env }));
  }
  return results;
}

/** Names from all over the index. */
function chosen({ index }: Archive, count: number): string[] {
  const names = [...readFileSync(index, 'latin1').matchAll(/^Package: (\S+)$/gm)].map(([, name = '']) => name);
  return Array.from({ length: count }, (_, place) => names[Math.floor((place * names.length) / count)] ?? '');
}

function ratio(ours: readonly Measured[] = [], theirs: readonly Measured[] = []): string {
  const processor = ({ processorSeconds }: Measured): number => processorSeconds;
  return (median(ours, processor) / median(theirs, processor)).toFixed(3);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '3' },
      packages: { type: 'string', default: '100' },
      yum: { type: 'boolean' },
      rpms: { type: 'string' },
    },
  });
  const [runs, packages] = [Number(values.runs), Number(values.packages)];
  if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(packages) && packages > 0)) throw new Error(USAGE);
  if (values.yum === true) {
    process.stdout.write(await benchYum({ runs, asked: packages, rpms: values.rpms }));
    return;
  }
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-check-'));
  try {
    const archive = await makeArchive(root);
    try {
      const { ours = [], dose = [], oursTogether = [], apt = [] } = await measureAll(root, archive, { runs, packages });
      const lines = [
        `${archive.packages} packages; the same ones are broken to both. Medians of ${runs} runs.`,
        '',
        '| | processor time | wall time | peak memory |',
        '| --- | --- | --- | --- |',
        row('`mirror check --all`', ours),
        row('`dose-debcheck`', dose),
        row(`\`mirror check --install\` of ${packages} packages`, oursTogether),
        row(`${packages} times \`apt-get --simulate install\``, apt),
        '',
        `ratios of processor time: ${ratio(ours, dose)}, wanted ≤ 2; ${ratio(oursTogether, apt)}, wanted ≤ 0.3`,
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    } finally {
      await archive.close();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
