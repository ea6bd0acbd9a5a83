import { type Command, Option } from 'commander';
import type { FamilyName } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { addSnapshotInspection } from './snapshot-inspection.ts';

const EXAMPLES = `
Examples:
  mirror snapshot create main-2026-01 --from ubuntu-main
  mirror snapshot merge all-2026-01 main-2026-01 docker-2026-01
  mirror snapshot filter main-2026-01 web 'nginx' '$Source (apache2)' --with-deps
  mirror snapshot pull main-2026-01 main-2026-02 main-2026-01-fixed 'openssl'
  mirror snapshot diff main-2026-01 main-2026-02
  mirror publish xenial-repo --snapshot all-2026-01

Where a snapshot is read, the name of a mirror, repo or publication does as well. docs/guides/snapshots.md goes through it by task.
`;

export function addSnapshotCommand(parent: Command, host: Host): void {
  const snapshot = parent
    .command('snapshot')
    .description('immutable lists of packages: freeze, combine, compare')
    .addHelpText('after', EXAMPLES);
  addCreate(snapshot, host);
  addMerge(snapshot, host);
  addFilter(snapshot, host);
  addPull(snapshot, host);
  addSnapshotInspection(snapshot, host);
}

interface CreateFlags {
  readonly from?: string;
  readonly empty?: boolean;
  readonly type?: FamilyName;
}

function addCreate(parent: Command, host: Host): void {
  parent
    .command('create')
    .description('freeze what a mirror, repo or publication has now')
    .argument('<name>', 'of the new snapshot')
    .option('--from <name>', 'a mirror, repo, snapshot or publication')
    .addOption(new Option('--empty', 'without packages, to pull into').conflicts('from'))
    .addOption(new Option('--type <family>', 'of an empty snapshot').choices(['apt', 'yum']))
    .action(
      host.run(async (session, name: string, { from, empty, type }: CreateFlags) => {
        const [operation, { madeText }] = await Promise.all([import('../../ops/snapshot-create.ts'), import('../render/snapshots.ts')]);
        if (from === undefined && (empty !== true || type === undefined)) {
          throw new MirrorError('USAGE', 'say what the snapshot is made from', { hint: 'Use --from NAME, or --empty --type apt.' });
        }
        const context = await session.context();
        const made =
          from === undefined
            ? operation.createEmptySnapshot(name, type ?? 'apt', context)
            : await operation.createSnapshot(name, from, context);
        return { value: made, text: madeText(made) };
      }),
    );
}

function addMerge(parent: Command, host: Host): void {
  parent
    .command('merge')
    .description('several snapshots as one: of a name and architecture the versions of the later one replace those of the earlier')
    .argument('<dest>', 'the new snapshot')
    .argument('<sources...>', 'in this order')
    .addOption(new Option('--latest', 'of each name and architecture only the newest version').conflicts('keepAll'))
    .option('--keep-all', 'every version')
    .action(
      host.run(async (session, name: string, sources: string[], flags: { readonly latest?: boolean; readonly keepAll?: boolean }) => {
        const [{ mergeSnapshots }, { madeText }] = await Promise.all([
          import('../../ops/snapshot-create.ts'),
          import('../render/snapshots.ts'),
        ]);
        const rule = flags.latest === true ? 'latest' : flags.keepAll === true ? 'keepAll' : 'replace';
        const made = await mergeSnapshots(name, sources, await session.context(), rule);
        return { value: made, text: madeText(made) };
      }),
    );
}

interface FollowFlags {
  readonly recommends?: boolean;
  readonly suggests?: boolean;
  readonly sources?: boolean;
}

function addFilter(parent: Command, host: Host): void {
  parent
    .command('filter')
    .description('the packages of a snapshot that match any of some queries')
    .argument('<source>', 'what is filtered')
    .argument('<dest>', 'the new snapshot')
    .argument('<queries...>', 'in the package query language')
    .option('--with-deps', 'also what the packages need, directly or not')
    .option('--recommends', 'with --with-deps: also what they recommend')
    .option('--suggests', 'with --with-deps: also what they suggest')
    .option('--sources', 'with --with-deps: also the source packages that they were made from')
    .action(
      host.run(async (session, source: string, name: string, queries: string[], flags: FollowFlags & { readonly withDeps?: boolean }) => {
        const [{ filterSnapshot }, { madeText }] = await Promise.all([
          import('../../ops/snapshot-filter.ts'),
          import('../render/snapshots.ts'),
        ]);
        const made = await filterSnapshot({ source, name, queries, ...flags }, await session.context());
        return { value: made, text: madeText(made) };
      }),
    );
}

interface PullFlags extends FollowFlags {
  readonly deps: boolean;
  readonly remove: boolean;
  readonly allMatches?: boolean;
  readonly dryRun?: boolean;
}

function addPull(parent: Command, host: Host): void {
  parent
    .command('pull')
    .description('a new snapshot of one with packages of another, and of what these need')
    .argument('<base>', 'what is pulled into; it stays as it is')
    .argument('<source>', 'what packages are taken from')
    .argument('<name>', 'the new snapshot')
    .argument('<queries...>', 'the packages to take, in the package query language')
    .option('--no-deps', 'only the packages that match')
    .option('--no-remove', 'beside the versions that the base has, not in place of them')
    .option('--all-matches', 'every version that matches, not only the newest')
    .option('--recommends', 'also what the packages recommend')
    .option('--suggests', 'also what they suggest')
    .option('--sources', 'also the source packages that they were made from')
    .option('--dry-run', 'say what would go and come, make no snapshot')
    .action(
      host.run(async (session, base: string, source: string, name: string, queries: string[], flags: PullFlags) => {
        const { deps: withDeps, ...others } = flags;
        const [{ pullIntoSnapshot }, { pullText }] = await Promise.all([
          import('../../ops/snapshot-pull.ts'),
          import('../render/snapshots.ts'),
        ]);
        const report = await pullIntoSnapshot({ base, source, name, queries, withDeps, ...others }, await session.context());
        return { value: report, text: pullText(report) };
      }),
    );
}
