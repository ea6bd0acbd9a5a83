import type { Command } from 'commander';
import type { UserChange } from '../../ops/registry-users.ts';
import type { Host } from '../host.ts';
import { readNewPassword } from '../password.ts';

const EXAMPLES = `
Examples:
  mirror registry user add alice                       asks for the password
  pass show registry | mirror registry user add ci     takes it from standard input
  mirror registry user add ci --password-file FILE     takes it from a file
`;

/** `mirror registry user`: who may push into the registry where \`serve.registry.push\` is \`users\`. */
export function addRegistryUserCommand(parent: Command, host: Host): void {
  const user = parent
    .command('user')
    .description('who may push into the registry of `mirror serve` (serve.registry.push: users)')
    .addHelpText('after', EXAMPLES);
  addAdd(user, host);

  user
    .command('list')
    .description('list the users')
    .action(
      host.run(async (session) => {
        const { listRegistryUsers } = await import('../../ops/registry-users.ts');
        const { file, users } = await listRegistryUsers(await session.config());
        const none = 'No users yet. Add one with `mirror registry user add NAME`.\n';
        const text = users.length === 0 ? none : users.map((name) => `${name}\n`).join('');
        return { value: { file, users }, text };
      }),
    );

  user
    .command('remove')
    .description('remove a user; the server refuses it, and every token that it has, from then on')
    .argument('<name>', 'of the user')
    .action(
      host.run(async (session, name: string) => {
        const { removeRegistryUser } = await import('../../ops/registry-users.ts');
        return outcome(await removeRegistryUser(await session.config(), name));
      }),
    );
}

function addAdd(parent: Command, host: Host): void {
  parent
    .command('add')
    .description('add a user, or change the password of one; a running server knows it at once')
    .argument('<name>', 'of the user: letters, digits, ".", "_", "@" and "-"')
    .option('--password-file <file>', 'instead of standard input, where a terminal is asked twice')
    .action(
      host.run(async (session, name: string, flags: { readonly passwordFile?: string }) => {
        const [{ addRegistryUser, checkUserName }, loaded] = await Promise.all([import('../../ops/registry-users.ts'), session.config()]);
        checkUserName(name);
        return outcome(await addRegistryUser(loaded, name, await readNewPassword(session.io, flags.passwordFile)));
      }),
    );
}

function outcome(change: UserChange) {
  const unused = change.used ? '' : 'The registry does not ask for users yet: set `serve: { registry: { push: users } }`.\n';
  return { value: change, text: `${change.change}: ${change.name}  (${change.file})\n${unused}` };
}
