import type { Command } from 'commander';
import type { Host } from '../host.ts';

interface GcFlags {
  readonly dryRun?: boolean;
  readonly untagged?: boolean;
  readonly grace: string;
}

export function addRegistryGcCommand(parent: Command, host: Host): void {
  parent
    .command('gc')
    .description('remove from the registry of `mirror serve` what no manifest needs, also while it is pushed to')
    .option('--dry-run', 'only say what would be removed')
    .option('--untagged', 'also manifests that no tag leads to; signatures and platforms of tagged images stay')
    .option('--grace <duration>', 'what was pushed so short a time ago stays: a push may still need it', '24h')
    .addHelpText('after', '\nExample:\n  mirror registry delete team/app:v1 && mirror registry gc --untagged --grace 1h')
    .action(
      host.run(async (session, { dryRun = false, untagged = false, grace }: GcFlags) => {
        const [{ collectImages }, { collectText }, { parseDuration }] = await Promise.all([
          import('../../ops/registry/collect.ts'),
          import('../render/registry.ts'),
          import('../../core/duration.ts'),
        ]);
        const report = await collectImages(await session.context(), { dryRun, untagged, grace: parseDuration(grace) });
        return { value: report, text: collectText(report) };
      }),
    );
}
