import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { serveUntilStopped } from '../serving.ts';

export function addServeCommand(parent: Command, host: Host): void {
  parent
    .command('serve')
    .description('serve what is published, until stopped')
    .option('--listen <address:port>', 'instead of serve.listen; 0.0.0.0:8080 for every address of this machine')
    .option('--access-log', 'log every request')
    .action(
      host.run(async (session, flags: { readonly listen?: string; readonly accessLog?: boolean }) => {
        const { config } = await session.config();
        await serveUntilStopped(session, config, { listen: flags.listen ?? config.serve.listen, accessLog: flags.accessLog === true });
        return { value: undefined, text: '' };
      }),
    );
}
