import type { Command } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { SnapshotChoice } from '../../ops/publication-content.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';

interface PublishFlags {
  readonly dryRun?: boolean;
  readonly generation?: number;
  readonly snapshot?: readonly SnapshotChoice[];
  readonly renew?: boolean;
}

export function addPublishCommand(parent: Command, host: Host): void {
  const publish = parent
    .command('publish')
    .description('publish what is synced as signed repositories, each in one atomic step')
    .argument('[names...]', 'publications of the configuration')
    .option('--generation <number>', 'go back: publish the packages of an earlier generation again, newly dated', generationNumber)
    .option(
      '--snapshot <[component=]name>',
      'publish a snapshot in place of what the configuration names; may be given again',
      (text, chosen: readonly SnapshotChoice[] = []) => [...chosen, snapshotChoice(text)],
    )
    .option('--renew', 'publish what is published now again, newly dated, whatever the sources have')
    .option('--dry-run', 'say what would be published, change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  mirror publish xenial-repo docker\n  mirror publish docker --generation 3\n  mirror publish docker --snapshot docker-2026-01\n  mirror publish xenial-repo --snapshot main=base-1 --snapshot stable=docker-3\n  mirror publish list\n  mirror publish drop docker',
    )
    .action(
      host.run(async (session, names: string[], flags: PublishFlags) => {
        const { config } = await session.config();
        if (names.length === 0) throw nothingNamed(Object.keys(config.publications));
        const { dryRun, generation, snapshot: snapshots, renew } = flags;
        refuseCombinations(names, flags);
        const [operation, { publishText, publishValue }] = await Promise.all([
          import('../../ops/publish.ts'),
          import('../render/reports.ts'),
        ]);
        const report = await operation.publish(names, await session.context(), { dryRun, generation, snapshots, renew });
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

function snapshotChoice(text: string): SnapshotChoice {
  const at = text.lastIndexOf('=');
  const choice = at === -1 ? { snapshot: text } : { component: text.slice(0, at), snapshot: text.slice(at + 1) };
  if (choice.snapshot !== '' && choice.component !== '') return choice;
  throw new MirrorError('USAGE', `"${text}" names no snapshot`, { hint: 'Write --snapshot NAME, or --snapshot COMPONENT=NAME.' });
}

/** What is published comes from one place. */
function refuseCombinations(names: readonly string[], { generation, snapshot, renew }: PublishFlags): void {
  const given = [
    ...(generation === undefined ? [] : ['--generation']),
    ...(snapshot === undefined ? [] : ['--snapshot']),
    ...(renew === true ? ['--renew'] : []),
  ];
  if (given.length > 1) {
    throw new MirrorError('USAGE', `${given.join(' and ')} cannot be given together`, { hint: 'Each says what is to be published.' });
  }
  if (generation !== undefined && names.length > 1) {
    throw new MirrorError('USAGE', 'a generation is that of one publication', { hint: 'Name one publication with --generation.' });
  }
}

function nothingNamed(known: readonly string[]): MirrorError {
  const hint = known.length === 0 ? 'Describe one under `publications:` in the configuration first.' : `There are: ${known.join(', ')}.`;
  return new MirrorError('USAGE', 'name a publication', { hint });
}
