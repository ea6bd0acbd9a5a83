import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { type Measured, measure } from '../support/measure.ts';
import { PROGRAM, succeed } from '../support/program.ts';
import { MAKE_BUNDLE } from '../support/requirements.ts';
import { median } from './check-results.ts';

const USAGE = `usage: npm run bench:seed -- [--runs N] [--images N] [--layers N] [--layer-bytes N]

Seeds a vendor's bundle (default: 6 images of 4 layers of 8,000,000 bytes in two architectures, 384 MB) by the vendor's procedure, which unpacks it and has
skopeo copy each archive into docker-registry, and by \`mirror registry seed\` into docker-registry and into the embedded registry; and all of it again,
when there is nothing to do. All take turns in each of --runs (default 5) runs. Prints the medians.
`;

/** As the vendor's page has it, but for the log-in: extracts the bundle, and copies what is in it one by one. */
const PROCEDURE = `
set -e
cd "$1"
tar -xzf "$2" -C ./
for archive in $(find ./bundle -print | grep ".tar"); do
  img=$(basename "$archive" | sed 's~\\.tar~~' | tr '&' '/' | tr '@' ':')
  skopeo copy -q --dest-tls-verify=false --retry-times 3 --multi-arch all "oci-archive:$archive" "docker://$3/mke/$img"
done
`;

const STEPS = ['skopeo', 'skopeo again', 'mirror', 'mirror again', 'embedded', 'embedded again'] as const;
type Step = (typeof STEPS)[number];

/** Of the procedure's time, at most: what it is compared with, and the ratio. */
const WANTED: Partial<Record<Step, readonly [Step, number]>> = {
  mirror: ['skopeo', 0.35],
  'mirror again': ['skopeo again', 0.25],
  embedded: ['skopeo', 0.2],
  'embedded again': ['skopeo again', 0.25],
};

async function round(folder: string, bundle: string, results: Map<Step, Measured[]>): Promise<void> {
  const [theirs, ours] = [await startDockerRegistry(), await startDockerRegistry()];
  const run = async (step: Step, command: readonly string[]): Promise<void> => {
    await succeed('sync', []);
    results.set(step, [...(results.get(step) ?? []), await measure(command, { cwd: folder })]);
  };
  try {
    writeFileSync(join(folder, 'mirror.yaml'), 'storage: storage\n');
    const mirror = [process.execPath, PROGRAM, 'registry', 'seed', bundle, '--quiet'];
    for (const again of ['', ' again'] as const) {
      await run(`skopeo${again}`, ['sh', '-c', PROCEDURE, 'sh', folder, bundle, theirs.host]);
      rmSync(join(folder, 'bundle'), { recursive: true });
      await run(`mirror${again}`, [...mirror, '--target', `http://${ours.host}/mke`]);
      await run(`embedded${again}`, mirror);
    }
  } finally {
    await theirs.stop();
    await ours.stop();
  }
}

function print(results: ReadonlyMap<Step, readonly Measured[]>): void {
  process.stdout.write(`| what | wall time | processor | memory | ratio | wanted |\n|${' --- |'.repeat(6)}\n`);
  const seconds = (step: Step): number => median(results.get(step) ?? [], (measured) => measured.seconds);
  for (const step of STEPS) {
    const measured = results.get(step) ?? [];
    const [peer, wanted] = WANTED[step] ?? [];
    const compared = peer === undefined ? ['', ''] : [(seconds(step) / seconds(peer)).toFixed(3), `≤ ${wanted}`];
    const processor = median(measured, ({ processorSeconds }) => processorSeconds);
    const memory = median(measured, ({ peakMemory }) => peakMemory);
    const cells = [`${seconds(step).toFixed(2)} s`, `${processor.toFixed(2)} s`, `${Math.round(memory)} MiB`];
    process.stdout.write(`| ${[step, ...cells, ...compared].join(' | ')} |\n`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      images: { type: 'string', default: '6' },
      layers: { type: 'string', default: '4' },
      'layer-bytes': { type: 'string', default: '8000000' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true || MAKE_BUNDLE === undefined) {
    process.stdout.write(values.help === true ? USAGE : 'make-bundle is not here: it makes the bundle\n');
    return;
  }
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-seed-'));
  try {
    const bundle = join(root, 'mke_bundle_v4.0.0.tar.gz');
    const { images, layers, 'layer-bytes': layerBytes } = values;
    await succeed(MAKE_BUNDLE, ['--images', images, '--layers', layers, '--layer-bytes', layerBytes, '--out', bundle]);
    const results = new Map<Step, Measured[]>();
    for (let index = 0; index < Number(values.runs); index += 1) await round(mkdtempSync(join(root, 'round-')), bundle, results);
    print(results);
  } finally {
    rmSync(root, { recursive: true });
  }
}

await main();
