import type { Command } from 'commander';
import type { Host } from '../host.ts';

export function addStatusCommand(parent: Command, host: Host): void {
  parent
    .command('status')
    .description('show mirrors, repos, snapshots, publications and the room that is left')
    .action(
      host.run(async (session) => {
        const [{ config }, { storageStatus }, { statusText }] = await Promise.all([
          session.config(),
          import('../../ops/status.ts'),
          import('../render/summaries.ts'),
        ]);
        const status = await storageStatus(config, await session.catalogue());
        return { value: status, text: statusText(status, session.clock.now().getTime()) };
      }),
    );
}
