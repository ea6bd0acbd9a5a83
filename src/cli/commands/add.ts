import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { MirrorInput } from '../../config/edit.ts';
import { MirrorError } from '../../core/errors.ts';
import type { NewMirror } from '../../ops/add.ts';
import type { Host } from '../host.ts';
import { keyEntries } from '../key-flags.ts';
import { collect } from '../repeatable.ts';
import type { Outcome, Session } from '../session.ts';

interface CommonFlags {
  readonly key: readonly string[];
  readonly arch: readonly string[];
  readonly filter?: string;
  readonly withDeps?: boolean;
  readonly publish?: boolean;
}

interface FromFlags {
  readonly from?: string;
  readonly name?: string;
  readonly var: readonly string[];
}

interface YumFlags extends CommonFlags {
  readonly var: readonly string[];
  readonly mirrorlist?: boolean;
  readonly metalink?: boolean;
}

const EXAMPLES = `
Examples:
  mirror add apt ubuntu-main http://archive.ubuntu.com/ubuntu xenial main universe --arch amd64 \\
      --key /usr/share/keyrings/ubuntu-archive-keyring.gpg --filter 'socat | nfs-common' --with-deps
  mirror add apt gluster ppa:gluster/glusterfs-3.8 xenial --arch amd64
  mirror add yum docker 'https://download.docker.com/linux/centos/$releasever/$basearch/stable/' \\
      --var releasever=9 --var basearch=x86_64 --key https://download.docker.com/linux/centos/gpg --publish
  mirror add --from /etc/yum.repos.d/epel.repo
`;

export function addAddCommand(parent: Command, host: Host): void {
  const add = parent
    .command('add')
    .description('add a mirror to the configuration file, keeping its comments')
    .usage('apt NAME URL SUITE [COMPONENT...] | yum NAME URL | --from FILE')
    .option('--from <file>', "take over what another machine's .list, .sources or .repo file describes")
    .option('--name <name>', 'with --from: of the mirror, where the file describes one')
    .option('--var <name=value>', 'with --from: value of a variable of a .repo file, such as releasever=9; may be repeated', collect, [])
    .addHelpText('after', EXAMPLES)
    .action(
      host.run(async (session, flags: FromFlags) => {
        if (flags.from === undefined)
          throw new MirrorError('USAGE', 'say what to add: apt, yum or --from FILE', { hint: 'See mirror add --help.' });
        const { importFile } = await import('../../ops/import-file.ts');
        const loaded = await session.config();
        const { mirrors, notices } = await importFile(resolve(session.io.cwd, flags.from), loaded, {
          name: flags.name,
          vars: variablesOf(flags),
        });
        for (const message of notices) session.report({ type: 'warning', subject: '', message });
        return await addAll(session, mirrors);
      }),
    );

  addApt(add, host);
  addYum(add, host);
}

function addApt(add: Command, host: Host): void {
  common(add.command('apt').description('an APT archive suite, a flat repository (the suite ends in /), or a PPA'))
    .argument('<name>', 'of the new mirror')
    .argument('<url>', 'of the archive, or ppa:OWNER/NAME')
    .argument('<suite>', 'such as bookworm')
    .argument('[components...]', 'such as main; all when left out')
    .action(
      host.run(async (session, name: string, url: string, suite: string, components: string[], flags: CommonFlags) => {
        const where = url.startsWith('ppa:') ? { ppa: url.slice(4) } : { url };
        const value: MirrorInput = {
          type: 'apt',
          ...where,
          suite,
          ...(components.length === 0 ? {} : { components }),
          ...(await commonValues(session, flags)),
        };
        const publication = flags.publish === true ? { from: [name], ...(suite.endsWith('/') ? { distribution: name } : {}) } : undefined;
        return await addAll(session, [{ name, value, publication }]);
      }),
    );
}

function addYum(add: Command, host: Host): void {
  common(add.command('yum').description('a yum repository'))
    .argument('<name>', 'of the new mirror')
    .argument('<url>', 'of the repository; $releasever and the like are filled in from --var')
    .option('--var <name=value>', 'value of a variable in the URL; may be repeated', collect, [])
    .addOption(new Option('--mirrorlist', 'the URL is of a list of mirrors').conflicts('metalink'))
    .option('--metalink', 'the URL is of a metalink')
    .action(
      host.run(async (session, name: string, url: string, flags: YumFlags) => {
        const kind = flags.mirrorlist === true ? 'mirrorlist' : flags.metalink === true ? 'metalink' : 'url';
        // Commander gives an option that a command has, too, to that one.
        const vars = variablesOf({ var: [...add.opts<FromFlags>().var, ...flags.var] });
        const value: MirrorInput = {
          type: 'yum',
          [kind]: url,
          ...(Object.keys(vars).length === 0 ? {} : { vars }),
          ...(await commonValues(session, flags)),
        };
        return await addAll(session, [{ name, value, publication: flags.publish === true ? { from: [name] } : undefined }]);
      }),
    );
}

function common(command: Command): Command {
  return command
    .option('--key <key>', 'trusted key: a file, a URL or a fingerprint; may be repeated', collect, [])
    .option('--arch <architecture>', 'may be repeated', collect, [])
    .option('--filter <query>', 'only these packages')
    .option('--with-deps', 'and what they depend on')
    .option('--publish', 'describe a publication of the same name, too');
}

function variablesOf(flags: { readonly var: readonly string[] }): Record<string, string> {
  return Object.fromEntries(flags.var.map(parseVariable));
}

function parseVariable(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new MirrorError('USAGE', `--var ${text} is not of the form NAME=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

async function commonValues(
  session: Session,
  flags: CommonFlags,
): Promise<Pick<MirrorInput, 'keys' | 'architectures' | 'filter' | 'withDeps'>> {
  const keys = await keyEntries(flags.key, session);
  return {
    ...(keys.length === 0 ? {} : { keys }),
    ...(flags.arch.length === 0 ? {} : { architectures: [...flags.arch] }),
    ...(flags.filter === undefined ? {} : { filter: flags.filter }),
    ...(flags.withDeps === true ? { withDeps: true } : {}),
  };
}

async function addAll(session: Session, mirrors: readonly NewMirror[]): Promise<Outcome> {
  const { addMirrors } = await import('../../ops/add.ts');
  const loaded = await session.config();
  await addMirrors(loaded, mirrors, session.io.environment);
  const names = mirrors.map((mirror) => mirror.name);
  const lines = names.map((name) => `added ${name} to ${loaded.path}\n`);
  for (const { name, value } of mirrors) {
    // `keys: []` was put there by an import, which has said so.
    if (value.keys === undefined && value.verify === undefined && !('ppa' in value && value.ppa !== undefined))
      lines.push(`${name} needs the upstream's keys before it can be synced: name them under mirrors.${name}.keys\n`);
  }
  return { value: { config: loaded.path, added: names }, text: `${lines.join('')}Next: mirror sync ${names.join(' ')}\n` };
}
