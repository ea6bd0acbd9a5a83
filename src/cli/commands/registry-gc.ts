import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../core/duration.ts';
import type { Host } from '../host.ts';

interface GcFlags {
  readonly dryRun?: boolean;
  readonly untagged?: boolean;
  /** In milliseconds. */
  readonly grace: number;
}

const DAY = 24 * 60 * 60 * 1000;

export function addRegistryGcCommand(parent: Command, host: Host): void {
  parent
    .command('gc')
    .description('remove from the registry of `mirror serve` what no manifest needs, also while it is pushed to')
    .option('--dry-run', 'only say what would be removed')
    .option('--untagged', 'also manifests that no tag leads to; signatures and platforms of tagged images stay')
    .addOption(
      new Option('--grace <duration>', 'what was pushed so short a time ago stays: a push may still need it')
        .argParser(graceOf)
        .default(DAY, '24h'),
    )
    .addHelpText('after', '\nExample:\n  mirror registry delete team/app:v1 && mirror registry gc --untagged --grace 1h')
    .action(
      host.run(async (session, { dryRun = false, untagged = false, grace }: GcFlags) => {
        const [{ collectImages }, { collectText }] = await Promise.all([
          import('../../ops/registry/collect.ts'),
          import('../render/registry.ts'),
        ]);
        const report = await collectImages(await session.context(), { dryRun, untagged, grace });
        return { value: report, text: collectText(report) };
      }),
    );
}

function graceOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('It is a whole number and a unit: 500ms, 30s, 5m, 12h or 7d.');
  }
}
