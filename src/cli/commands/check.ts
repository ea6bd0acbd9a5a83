import { resolve } from 'node:path';
import type { Command } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { collect } from '../repeatable.ts';

const EXAMPLES = `
Examples:
  mirror check ubuntu --install nginx,postgresql
  mirror check ubuntu --install 'nginx (>= 1.24), redis=5:7.0.15-1' --installed /var/lib/dpkg/status
  mirror check bookworm bookworm-updates bookworm-security --all

Each package is proved alone, and all together. Exit status: 0 when everything can be installed, 1 when not.
`;

interface Flags {
  readonly install: readonly string[];
  readonly installed?: string;
  readonly all?: boolean;
  readonly recommends?: boolean;
  readonly architecture?: string;
}

export function addCheckCommand(parent: Command, host: Host): void {
  parent
    .command('check')
    .description('prove that packages can be installed from a mirror, repo, snapshot or publication, or say why not')
    .argument(
      '<names...>',
      'of mirrors (also such as were synced with --metadata-only), repos, snapshots or publications; packages may come from any',
    )
    .option('--install <packages>', 'names, name=version or queries, with commas between them; may be repeated', collect, [])
    .option('--installed <file>', 'what the machine has already: a dpkg status file, or a list with one package a line')
    .option('--all', 'every package, each alone')
    .option('--recommends', 'with everything that is recommended, as far as it is there')
    .option('--architecture <names>', 'of the machine, then others that it takes packages of; default: each there is, alone')
    .addHelpText('after', EXAMPLES)
    .action(
      host.run(async (session, names: string[], flags: Flags) => {
        const all = flags.all === true;
        if (flags.install.length === 0 && !all) {
          throw new MirrorError('USAGE', 'there is nothing to check', { hint: 'Name packages with --install, or give --all.' });
        }
        const [{ check }, { checkText }] = await Promise.all([import('../../ops/check.ts'), import('../render/check.ts')]);
        const report = await check(
          {
            names,
            install: flags.install,
            all,
            recommends: flags.recommends === true,
            installed: flags.installed === undefined ? undefined : resolve(session.io.cwd, flags.installed),
            architectures: flags.architecture?.split(',').map((architecture) => architecture.trim()),
          },
          await session.context(),
        );
        return { value: report, text: checkText(report), exitStatus: report.installable ? 0 : 1 };
      }),
    );
}
