import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { isMirrorError } from '../../core/errors.ts';
import { freePort } from '../free-port.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';
import type { QuickstartSummary } from '../render/quickstart.ts';
import { type ServeOptions, serveUntilStopped } from '../serving.ts';
import type { Outcome, Session } from '../session.ts';
import { defaultUserId } from '../user-id.ts';

interface QuickstartFlags {
  readonly packages?: readonly string[];
  readonly dir: string;
  readonly listen?: string;
  readonly serve: boolean;
}

const HELP = `
What it does: it reads the repositories and keys that apt (or dnf) of this machine uses, writes a configuration for
them to --dir, syncs the packages with all that they depend on, publishes them as a signed repository, serves it and
prints what goes on a client. Nothing outside --dir is changed. Run again, it goes on from what is there.

Only this machine can reach the server, unless --listen opens it to the network: --listen 0.0.0.0:8080
`;

export function addQuickstartCommand(parent: Command, host: Host): void {
  parent
    .command('quickstart')
    .description('a small repository from what this machine itself uses: adopt, sync, publish, serve')
    .option('--packages <names>', 'with commas between them (default: what a Kubernetes node needs)', (text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .option('--dir <directory>', 'where everything is put', 'mirror-quickstart')
    .option('--listen <address:port>', 'where to serve (default: a free port of 127.0.0.1)')
    .option('--no-serve', 'stop before serving')
    .addHelpText('after', HELP)
    .action(host.run(quickstart));
}

async function quickstart(session: Session, flags: QuickstartFlags): Promise<Outcome> {
  const { io, clock } = session;
  const [{ prepareQuickstart, fillQuickstart }, { thisMachine }, { quickstartText, quickstartValue }] = await Promise.all([
    import('../../ops/quickstart.ts'),
    import('../../ops/machine.ts'),
    import('../render/quickstart.ts'),
  ]);
  const { environment } = io;
  const { packages } = flags;
  const listen = flags.listen ?? `127.0.0.1:${await freePort()}`;
  const place = { directory: resolve(io.cwd, flags.dir), userId: defaultUserId(), now: clock.now() };
  const prepared = await prepareQuickstart({ ...place, packages, listen, environment }, thisMachine);
  for (const message of prepared.notices) session.report({ type: 'info', subject: '', message });

  const open = async (loaded: LoadedConfig) => await session.contextFor(loaded);
  const filled = await fillQuickstart(prepared.loaded, { open, environment, optional: packages === undefined && prepared.created });
  if (filled.missing.length > 0) {
    const message = `left out, because no repository of this machine has it: ${filled.missing.join(', ')}`;
    session.report({ type: 'warning', subject: '', message });
  }
  const failure = filled.publish.publications.find((publication) => publication.error !== undefined)?.error;
  if (failure !== undefined) throw failure;

  const exitStatus = partlyDone(filled.sync.mirrors);
  const { config, path } = filled.loaded;
  const summary = (url: string | undefined): QuickstartSummary => ({ config, configPath: path, filled, url });
  if (!flags.serve) return { value: quickstartValue(summary(undefined)), text: quickstartText(summary(undefined)), exitStatus };
  await serve(session, config, {
    listen: flags.listen,
    announce: (url) => ({ text: quickstartText(summary(url)), value: quickstartValue(summary(url)) }),
  });
  return { value: undefined, text: '', exitStatus };
}

/** On the configured address; on another port when that was chosen by an earlier run and is taken now. */
async function serve(
  session: Session,
  config: Config,
  { listen, announce }: { readonly listen: string | undefined; readonly announce: NonNullable<ServeOptions['announce']> },
): Promise<void> {
  try {
    await serveUntilStopped(session, config, { listen: listen ?? config.serve.listen, accessLog: false, announce });
  } catch (error) {
    if (listen !== undefined || !isMirrorError(error, 'LISTEN')) throw error;
    session.report({ type: 'warning', subject: '', message: `${error.message}; another port is used this time` });
    await serveUntilStopped(session, config, { listen: '127.0.0.1:0', accessLog: false, announce });
  }
}
