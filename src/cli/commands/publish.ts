import type { Command } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';

interface PublishFlags {
  readonly dryRun?: boolean;
  readonly generation?: number;
}

export function addPublishCommand(parent: Command, host: Host): void {
  const publish = parent
    .command('publish')
    .description('publish what is synced as signed repositories, each in one atomic step')
    .argument('[names...]', 'publications of the configuration')
    .option('--generation <number>', 'go back: publish the packages of an earlier generation again, newly dated', generationNumber)
    .option('--dry-run', 'say what would be published, change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  mirror publish xenial-repo docker\n  mirror publish docker --generation 3\n  mirror publish list\n  mirror publish drop docker',
    )
    .action(
      host.run(async (session, names: string[], flags: PublishFlags) => {
        const { config } = await session.config();
        if (names.length === 0) throw nothingNamed(Object.keys(config.publications));
        if (flags.generation !== undefined && names.length > 1) {
          throw new MirrorError('USAGE', 'a generation is that of one publication', { hint: 'Name one publication with --generation.' });
        }
        const [operation, { publishText, publishValue }] = await Promise.all([
          import('../../ops/publish.ts'),
          import('../render/reports.ts'),
        ]);
        const report = await operation.publish(names, await session.context(), { dryRun: flags.dryRun, generation: flags.generation });
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

function generationNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new MirrorError('USAGE', `"${text}" is no generation`, { hint: '`mirror show NAME` lists the generations of a publication.' });
  }
  return Number(text);
}

function nothingNamed(known: readonly string[]): MirrorError {
  const hint = known.length === 0 ? 'Describe one under `publications:` in the configuration first.' : `There are: ${known.join(', ')}.`;
  return new MirrorError('USAGE', 'name a publication', { hint });
}
