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
        const { config, path: configPath } = await session.config();
        const listen = flags.listen ?? config.serve.listen;
        await serveUntilStopped(session, config, { listen, accessLog: flags.accessLog === true, configPath });
        return { value: undefined, text: '' };
      }),
    );
}
