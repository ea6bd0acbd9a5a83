import type { Command } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';

interface PublishFlags {
  readonly dryRun?: boolean;
}

export function addPublishCommand(parent: Command, host: Host): void {
  const publish = parent
    .command('publish')
    .description('publish what is synced as signed repositories, each in one atomic step')
    .argument('[names...]', 'publications of the configuration')
    .option('--dry-run', 'say what would be published, change nothing')
    .addHelpText('after', '\nExamples:\n  mirror publish xenial-repo docker\n  mirror publish list\n  mirror publish drop docker')
    .action(
      host.run(async (session, names: string[], flags: PublishFlags) => {
        const { config } = await session.config();
        if (names.length === 0) throw nothingNamed(Object.keys(config.publications));
        const [operation, { publishText, publishValue }] = await Promise.all([
          import('../../ops/publish.ts'),
          import('../render/reports.ts'),
        ]);
        const report = await operation.publish(names, await session.context(), { dryRun: flags.dryRun });
        return { value: publishValue(report), text: publishText(report), exitStatus: partlyDone(report.publications) };
      }),
    );

  publish
    .command('list')
    .description('list what is published')
    .action(
      host.run(async (session) => {
        const [{ listPublished }, { publicationTable }] = await Promise.all([
          import('../../ops/status.ts'),
          import('../render/summaries.ts'),
        ]);
        const published = listPublished(await session.catalogue());
        return { value: published, text: publicationTable(published, session.clock.now().getTime()) };
      }),
    );

  publish
    .command('drop')
    .description('take a publication off the server; the packages stay')
    .argument('<name>', 'of a publication')
    .action(
      host.run(async (session, name: string) => {
        const { dropPublication } = await import('../../ops/publish.ts');
        await dropPublication(name, await session.context());
        return { value: { dropped: name }, text: `${name} is not published any more.\n` };
      }),
    );
}

function nothingNamed(known: readonly string[]): MirrorError {
  const hint = known.length === 0 ? 'Describe one under `publications:` in the configuration first.' : `There are: ${known.join(', ')}.`;
  return new MirrorError('USAGE', 'name a publication', { hint });
}
