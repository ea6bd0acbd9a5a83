import type { Command } from 'commander';
import type { Host } from '../host.ts';

export function addListCommand(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('list the mirrors: where they are, how big, how old, verified or not')
    .action(
      host.run(async (session) => {
        const [{ config }, { listMirrors }, { mirrorTable }] = await Promise.all([
          session.config(),
          import('../../ops/status.ts'),
          import('../render/summaries.ts'),
        ]);
        const mirrors = listMirrors(config, await session.catalogue());
        return { value: mirrors, text: mirrorTable(mirrors, session.clock.now().getTime()) };
      }),
    );
}
