import type { Command } from 'commander';
import type { Host } from '../host.ts';

export function addListCommand(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('list the mirrors, repos and snapshots: where they are from, how big, how old, verified or not')
    .action(
      host.run(async (session) => {
        const [{ config }, { listSources }, { sourceTables }] = await Promise.all([
          session.config(),
          import('../../ops/status.ts'),
          import('../render/summaries.ts'),
        ]);
        const sources = listSources(config, await session.catalogue());
        return { value: sources, text: sourceTables(sources, session.clock.now().getTime()) };
      }),
    );
}
