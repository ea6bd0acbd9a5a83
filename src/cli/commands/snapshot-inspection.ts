import { type Command, Option } from 'commander';
import type { Host } from '../host.ts';

/** The verbs of `mirror snapshot` that look at snapshots, name them and drop them. */
export function addSnapshotInspection(parent: Command, host: Host): void {
  addDiff(parent, host);
  addVerify(parent, host);
  addList(parent, host);
  addShow(parent, host);
  addRename(parent, host);
  addDrop(parent, host);
}

function addDiff(parent: Command, host: Host): void {
  parent
    .command('diff')
    .description('how two snapshots differ: - only in the first, + only in the second, ! in other versions')
    .argument('<a>', 'a snapshot, mirror, repo or publication')
    .argument('<b>', 'another one')
    .option('--only-matching', 'only packages of which both have some version')
    .action(
      host.run(async (session, left: string, right: string, flags: { readonly onlyMatching?: boolean }) => {
        const [{ diffSnapshots }, { differenceText }] = await Promise.all([
          import('../../ops/snapshot-diff.ts'),
          import('../render/snapshots.ts'),
        ]);
        const report = diffSnapshots(left, right, await session.context(), flags);
        return { value: report, text: differenceText(report) };
      }),
    );
}

function addVerify(parent: Command, host: Host): void {
  parent
    .command('verify')
    .description('say which dependencies of its packages nothing satisfies')
    .argument('<name>', 'a snapshot, mirror, repo or publication')
    .argument('[sources...]', 'where dependencies may be, too')
    .addHelpText('after', '\nExit status: 0 when nothing is missing, 1 otherwise. `mirror check` proves that packages can be installed.')
    .action(
      host.run(async (session, name: string, sources: string[]) => {
        const [{ verifySnapshot }, { verifyText }] = await Promise.all([
          import('../../ops/snapshot-verify.ts'),
          import('../render/snapshots.ts'),
        ]);
        const report = await verifySnapshot(name, sources, await session.context());
        return { value: report, text: verifyText(report), exitStatus: report.missing.length === 0 ? 0 : 1 };
      }),
    );
}

function addList(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('list the snapshots: how big, how old, how they were made, what uses them')
    .addOption(new Option('--sort <key>', 'by name, or by time with the oldest first').choices(['name', 'time']).default('name'))
    .action(
      host.run(async (session, flags: { readonly sort: 'name' | 'time' }) => {
        const [{ config }, { listSnapshots }, { snapshotTable }] = await Promise.all([
          session.config(),
          import('../../ops/snapshots.ts'),
          import('../render/snapshots.ts'),
        ]);
        const byName = listSnapshots(config, await session.catalogue());
        const snapshots = flags.sort === 'name' ? byName : byName.toSorted((a, b) => Date.parse(a.created) - Date.parse(b.created));
        return { value: snapshots, text: snapshotTable(snapshots, session.clock.now().getTime()) };
      }),
    );
}

function addShow(parent: Command, host: Host): void {
  parent
    .command('show')
    .description('show how a snapshot was made and what it has')
    .argument('<name>', 'of a snapshot')
    .option('--packages', 'also list its packages')
    .action(
      host.run(async (session, name: string, flags: { readonly packages?: boolean }) => {
        const [{ config }, { snapshotNamed, snapshotSummary }, { snapshotDetails }] = await Promise.all([
          session.config(),
          import('../../ops/snapshots.ts'),
          import('../render/snapshots.ts'),
        ]);
        const catalogue = await session.catalogue();
        const summary = snapshotSummary(snapshotNamed(name, catalogue), config, catalogue);
        const text = snapshotDetails(summary, session.clock.now().getTime());
        if (flags.packages !== true) return { value: summary, text };
        const { snapshotPackages } = await import('../../ops/snapshot-packages.ts');
        const packages = snapshotPackages(name, catalogue);
        return { value: { ...summary, labels: packages }, text: `${text}\n${packages.map((label) => `${label}\n`).join('')}` };
      }),
    );
}

function addRename(parent: Command, host: Host): void {
  parent
    .command('rename')
    .description('give a snapshot another name')
    .argument('<from>', 'its name')
    .argument('<to>', 'its new name')
    .action(
      host.run(async (session, from: string, to: string) => {
        const { renameSnapshot } = await import('../../ops/snapshots.ts');
        const renamed = renameSnapshot(from, to, await session.context());
        return { value: renamed, text: `snapshot ${from} is ${to} now\n` };
      }),
    );
}

function addDrop(parent: Command, host: Host): void {
  parent
    .command('drop')
    .description('drop snapshots, unless a publication or another snapshot is made from them')
    .argument('<names...>', 'of snapshots')
    .option('--force', 'also when another snapshot was made from one')
    .action(
      host.run(async (session, names: string[], flags: { readonly force?: boolean }) => {
        const { dropSnapshots } = await import('../../ops/snapshots.ts');
        dropSnapshots(names, await session.context(), flags);
        return { value: { dropped: names }, text: names.map((name) => `dropped ${name}\n`).join('') };
      }),
    );
}
