import { type Command, Option } from 'commander';
import type { FamilyName } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import { unknownName } from '../../core/names.ts';
import type { ClientOptions } from '../../ops/client.ts';
import type { Host } from '../host.ts';

interface ClientFlags {
  readonly for: FamilyName;
  readonly url?: string;
  readonly oneLine?: boolean;
  readonly priority?: number;
}

export function addClientCommand(parent: Command, host: Host): void {
  parent
    .command('client')
    .description('print what goes on a client, to be pasted into its root shell')
    .argument('[name]', 'of a publication; every one of the family when left out')
    .addOption(new Option('--for <family>', 'what the client installs with').choices(['apt', 'yum']).makeOptionMandatory())
    .option('--url <url>', 'where clients reach the server (default: this machine, at serve.listen)')
    .option('--one-line', 'apt before 2.3.10 (Debian 11, Ubuntu 20.04 and older)')
    .option('--priority <number>', 'apt: also a preferences file that gives its packages this priority, such as 1001', priorityNumber)
    .addHelpText('after', '\nExample:\n  mirror client xenial-repo --for apt --url http://mirror.example.com | ssh root@node1 sh')
    .action(
      host.run(async (session, name: string | undefined, flags: ClientFlags) => {
        const [{ config }, { clientInstructions, pasteable }, { serverUrlOf }] = await Promise.all([
          session.config(),
          import('../../ops/client.ts'),
          import('../../ops/server-url.ts'),
        ]);
        const published = (await session.catalogue())?.publications() ?? [];
        const names = published.map((publication) => publication.name);
        if (name !== undefined && !names.includes(name)) {
          if (Object.hasOwn(config.publications, name)) {
            throw new MirrorError('NEVER_SYNCED', `${name} is not published yet`, { hint: `Run \`mirror publish ${name}\` first.` });
          }
          throw unknownName('publication', name, names);
        }
        const wanted = published.filter((publication) =>
          name === undefined ? publication.family === flags.for : publication.name === name,
        );
        if (wanted.length === 0) {
          throw new MirrorError('NEVER_SYNCED', `nothing is published for ${flags.for} yet`, { hint: 'Run `mirror publish NAME` first.' });
        }
        const serverUrl = flags.url ?? serverUrlOf(config);
        const all = wanted.map((publication) => clientInstructions(publication, clientOptions(serverUrl, flags)));
        return { value: all, text: all.map(pasteable).join('\n') };
      }),
    );
}

function clientOptions(serverUrl: string, { for: family, oneLine, priority }: ClientFlags): ClientOptions {
  if (family !== 'apt' && priority !== undefined) {
    throw new MirrorError('USAGE', 'a priority is for apt clients', { hint: 'dnf has `priority=` in the .repo file, lower being better.' });
  }
  return { serverUrl, family, oneLine, priority };
}

function priorityNumber(text: string): number {
  if (/^-?[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new MirrorError('USAGE', `"${text}" is no priority`, { hint: 'A whole number such as 500 or 1001; see apt_preferences(5).' });
}
