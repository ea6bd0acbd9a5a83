import { type Command, Option } from 'commander';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';

interface SyncFlags {
  readonly dryRun?: boolean;
  readonly metadataOnly?: boolean;
}

export function addSyncCommand(parent: Command, host: Host): void {
  parent
    .command('sync')
    .description('bring mirrors or groups up to date')
    .argument('[names...]', 'mirrors and groups; all mirrors when left out')
    .addOption(new Option('--dry-run', 'fetch and verify the indexes, say what would be done, change nothing').conflicts('metadataOnly'))
    .option('--metadata-only', 'fetch, verify and store the indexes, and no package')
    .addHelpText('after', '\nExit status: 0 when all are up to date, 1 when all failed, 3 when some failed and the others are complete.')
    .action(
      host.run(async (session, names: string[], flags: SyncFlags) => {
        const [{ syncMirrors }, { syncText, syncValue }] = await Promise.all([import('../../ops/sync.ts'), import('../render/reports.ts')]);
        const report = await syncMirrors(names, await session.context(), { dryRun: flags.dryRun, metadataOnly: flags.metadataOnly });
        return { value: syncValue(report), text: syncText(report), exitStatus: partlyDone(report.mirrors) };
      }),
    );
}
