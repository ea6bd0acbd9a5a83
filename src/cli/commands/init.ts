import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { defaultUserId } from '../user-id.ts';

export function addInitCommand(parent: Command, host: Host): void {
  parent
    .command('init')
    .description('write a commented mirror.yaml and make a signing key')
    .argument('[directory]', 'where; the current one when left out')
    .option('--user-id <name>', 'of the signing key: "Name <mail@example.org>", or a name')
    .action(
      host.run(async ({ io, clock }, directory: string | undefined, flags: { readonly userId?: string }) => {
        const { initialize } = await import('../../ops/init.ts');
        const userId = flags.userId ?? defaultUserId();
        const made = await initialize({ directory: resolve(io.cwd, directory ?? '.'), userId, now: clock.now() });
        const lines = [
          `Configuration  ${made.config}`,
          `Signing key    ${made.signingKey}`,
          `Fingerprint    ${made.fingerprint ?? 'the key was there already and is kept'}`,
          '',
          'Next: name an upstream with `mirror add`, then `mirror sync`, `mirror publish NAME` and `mirror serve`.',
        ];
        return { value: made, text: `${lines.join('\n')}\n` };
      }),
    );
}
