import type { Command } from 'commander';
import type { Host } from '../host.ts';

export function addShowCommand(parent: Command, host: Host): void {
  parent
    .command('show')
    .description('show all that is known of a mirror, group, repo, snapshot or publication')
    .argument('<name>', 'of a mirror, group, repo, snapshot or publication')
    .action(
      host.run(async (session, name: string) => {
        const [{ config }, { showName }, { detailsText }] = await Promise.all([
          session.config(),
          import('../../ops/status.ts'),
          import('../render/details.ts'),
        ]);
        const found = showName(config, await session.catalogue(), name);
        const now = session.clock.now().getTime();
        return { value: found, text: found.map((details) => detailsText(details, now)).join('\n') };
      }),
    );
}
