import { type Command, Option } from 'commander';
import type { FamilyName } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import { unknownName } from '../../core/names.ts';
import type { ClientOptions } from '../../ops/client.ts';
import type { RegistryClientName } from '../../ops/registry-client/instructions.ts';
import type { Host } from '../host.ts';
import type { Outcome, Session } from '../session.ts';

interface ClientFlags {
  readonly for: FamilyName | RegistryClientName;
  readonly url?: string;
  readonly oneLine?: boolean;
  readonly priority?: number;
  readonly path?: string;
  readonly namespace?: readonly string[];
  readonly stripHost?: boolean;
  readonly fallback?: boolean;
  readonly ca?: string;
  readonly username?: string;
}

const FOR = ['apt', 'yum', 'containerd', 'docker', 'podman', 'ket', 'mke4'];

const EXAMPLES = `
Examples:
  mirror client xenial-repo --for apt --url http://mirror.example.com | ssh root@node1 sh
  mirror client --for containerd --namespace docker.io,quay.io --url https://mirror.example.com | ssh root@node1 sh
  mirror client --for mke4 --url https://registry.example.com:8080 --path mke
`;

export function addClientCommand(parent: Command, host: Host): void {
  parent
    .command('client')
    .description('print what goes on a client: for packages and for containerd, docker and podman to be pasted into its root shell')
    .argument('[name]', 'apt, yum: of a publication; every one of the family when left out')
    .addOption(new Option('--for <client>', 'what the client installs with, or runs containers with').choices(FOR).makeOptionMandatory())
    .option('--url <url>', 'where clients reach the server (default: this machine, at serve.listen; images: registry.target)')
    .option('--one-line', 'apt before 2.3.10 (Debian 11, Ubuntu 20.04 and older)')
    .option('--priority <number>', 'apt: also a preferences file that gives its packages this priority, such as 1001', priorityNumber)
    .option('--path <path>', 'images: what stands in front of their names (default: the path of registry.target)')
    .option(
      '--namespace <hosts>',
      'images: the hosts that the registry stands in for (default: those that images in it are named after)',
      hosts,
    )
    .option('--strip-host', 'images: they were seeded with --strip-host, so that their names have no host in front')
    .option('--fallback', 'containerd, podman: ask those hosts themselves for what the registry lacks')
    .option('--ca <file>', 'images: the certificate authority of the registry, where clients do not know it')
    .option('--username <name>', 'ket: of the registry, where pulling needs one')
    .addHelpText('after', EXAMPLES)
    .action(
      host.run(async (session, name: string | undefined, flags: ClientFlags) => {
        const client = flags.for;
        return client === 'apt' || client === 'yum'
          ? packageClient(session, name, client, flags)
          : imageClient(session, name, client, flags);
      }),
    );
}

async function packageClient(session: Session, name: string | undefined, family: FamilyName, flags: ClientFlags): Promise<Outcome> {
  const { path, namespace, stripHost, fallback, ca, username } = flags;
  if ([path, namespace, stripHost, fallback, ca, username].some((flag) => flag !== undefined))
    throw new MirrorError('USAGE', `some of the options are for images, and not for ${family}`, { hint: 'See `mirror client --help`.' });
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
  const wanted = published.filter((publication) => (name === undefined ? publication.family === family : publication.name === name));
  if (wanted.length === 0) {
    throw new MirrorError('NEVER_SYNCED', `nothing is published for ${family} yet`, { hint: 'Run `mirror publish NAME` first.' });
  }
  const serverUrl = flags.url ?? serverUrlOf(config);
  const all = wanted.map((publication) => clientInstructions(publication, clientOptions(serverUrl, family, flags)));
  return { value: all, text: all.map(pasteable).join('\n') };
}

async function imageClient(session: Session, name: string | undefined, client: RegistryClientName, flags: ClientFlags): Promise<Outcome> {
  if (name !== undefined) {
    throw new MirrorError('USAGE', `"${name}" names a publication, and ${client} takes images from the registry`, {
      hint: 'Leave it out.',
    });
  }
  if (flags.oneLine !== undefined || flags.priority !== undefined)
    throw new MirrorError('USAGE', '--one-line and --priority are for apt clients');
  const [{ config }, { clientRegistry }, { registryClientInstructions, yamlFragment }, { pasteable }] = await Promise.all([
    session.config(),
    import('../../ops/registry-client/client-registry.ts'),
    import('../../ops/registry-client/instructions.ts'),
    import('../../ops/client.ts'),
  ]);
  const { url, path, namespace, stripHost, fallback, ca, username } = flags;
  const repositories = (await session.catalogue())?.registry.repositories({ limit: MAX_REPOSITORIES }) ?? [];
  const options = { url, path, namespaces: namespace, stripHost, fallback, ca, username, cwd: session.io.cwd };
  const instructions = registryClientInstructions(client, await clientRegistry(config, options, repositories));
  const text = client === 'ket' || client === 'mke4' ? yamlFragment(instructions) : pasteable(instructions);
  return { value: instructions, text };
}

/** Looked at for the hosts that they are named after. */
const MAX_REPOSITORIES = 100_000;

function clientOptions(serverUrl: string, family: FamilyName, { oneLine, priority }: ClientFlags): ClientOptions {
  if (family !== 'apt' && priority !== undefined) {
    throw new MirrorError('USAGE', 'a priority is for apt clients', { hint: 'dnf has `priority=` in the .repo file, lower being better.' });
  }
  return { serverUrl, family, oneLine, priority };
}

function priorityNumber(text: string): number {
  if (/^-?[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new MirrorError('USAGE', `"${text}" is no priority`, { hint: 'A whole number such as 500 or 1001; see apt_preferences(5).' });
}

/** The option may be given several times, and with several hosts each time. */
function hosts(text: string, before: readonly string[] = []): readonly string[] {
  const named = text.split(',').map((host) => host.trim());
  return [...before, ...named.filter((host) => host !== '')];
}
