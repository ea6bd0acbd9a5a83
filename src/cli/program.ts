import { Command, CommanderError } from 'commander';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { addCommands } from './commands.ts';
import type { Host } from './host.ts';
import { describeError } from './render/renderer.ts';
import { type CommandIo, createSession, type GlobalOptions, type Outcome, type Session } from './session.ts';
import { programVersion } from './version.ts';

/** The exit status of a command that a signal has ended; the shell's for Ctrl-C. */
export const INTERRUPTED = 130;

const EXAMPLES = `
Examples:
  mirror quickstart                      a small repository from what this machine uses, served at once
  mirror init                            a configuration to start from, and a signing key
  mirror add apt ubuntu http://archive.ubuntu.com/ubuntu noble main --key /usr/share/keyrings/ubuntu-archive-keyring.gpg
  mirror sync && mirror publish ubuntu   bring everything up to date, then publish it
  mirror serve                           serve what is published

Exit status: 0 done; 1 failed; 2 wrong usage or configuration; 3 partly done; 130 interrupted.
`;

/** Runs one command line (without the program's own name) and gives the exit status. Never throws. */
export async function runMirror(argv: readonly string[], io: CommandIo): Promise<number> {
  let status = 0;
  let current: { readonly name: string; readonly session: Session } | undefined;
  let called = 'mirror';
  const program = createProgram(io);
  const host: Host = {
    run:
      (handler) =>
      async (...parameters) => {
        const command = parameters.at(-1) as Command;
        const session = createSession(io, command.optsWithGlobals<GlobalOptions>());
        current = { name: commandName(command), session };
        const outcome = await handler(session, ...(parameters.slice(0, -1) as never));
        await session.endProgress();
        writeOutcome(outcome, session);
        status = outcome.exitStatus ?? 0;
      },
  };
  addCommands(program, host);
  followSubcommands(program, (command) => {
    called = commandName(command);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    await current?.session.endProgress();
    const json = current?.session.options.json === true || argv.includes('--json');
    status = showError(error, { io, json, name: current?.name ?? called });
  }
  try {
    await current?.session.close();
  } catch (error) {
    status = Math.max(status, showError(error, { io, json: false, name: current?.name ?? 'mirror' }));
  }
  return status;
}

function createProgram(io: CommandIo): Command {
  return new Command('mirror')
    .description('Keeps a disconnected site installable: mirrors, verifies, publishes and serves RPM and Debian repositories.')
    .option('--config <file>', 'the configuration (default: $MIRROR_CONFIG, ./mirror.yaml, /etc/mirror/mirror.yaml)')
    .option('--json', 'one JSON document on standard output instead of text')
    .option('--quiet', 'no progress, only errors')
    .version(programVersion(), '--version', 'print the version')
    .helpOption('--help', 'print what a command does and takes')
    .addHelpCommand(new Command('help').argument('[command]').description('print what a command does and takes').helpGroup('To begin:'))
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
}

function writeOutcome(outcome: Outcome, session: Session): void {
  if (outcome.value === undefined) return;
  if (session.options.json === true) session.print(`${JSON.stringify(outcome.value, null, 2)}\n`);
  else if (outcome.text !== '') session.print(outcome.text);
}

interface ErrorPlace {
  readonly io: CommandIo;
  readonly json: boolean;
  /** The command, for people: `mirror sync`. */
  readonly name: string;
}

/** Says on standard error what went wrong, and with --json also on standard output. Gives the exit status. */
function showError(thrown: unknown, { io, json, name }: ErrorPlace): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  // Help for a command line without a command: it was shown already.
  if (thrown instanceof CommanderError && thrown.code === 'commander.help') {
    if (json) writeError(new MirrorError('USAGE', 'no command was given', { hint: `Run \`${name} --help\`.` }), io);
    return 2;
  }
  const error = thrown instanceof CommanderError ? usageError(thrown, name) : thrown;
  if (!isMirrorError(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.stderr.write(`${name}: an unexpected error, which is a bug in mirror:\n${stack}\n`);
    if (json) io.stdout.write(`${JSON.stringify({ error: { code: 'UNEXPECTED', message: reasonOf(error) } }, null, 2)}\n`);
    return 1;
  }
  io.stderr.write(`${name}: ${describeError(error)}\n`);
  if (json) writeError(error, io);
  return error.code === 'ABORTED' ? INTERRUPTED : error.exitStatus;
}

function writeError({ code, message, hint, details }: MirrorError, io: CommandIo): void {
  io.stdout.write(`${JSON.stringify({ error: { code, message, hint, details } }, null, 2)}\n`);
}

/** Tells which command is called before its arguments are looked at, so that an error of them can name it. */
function followSubcommands(command: Command, called: (command: Command) => void): void {
  command.hook('preSubcommand', (_, subcommand) => called(subcommand));
  for (const subcommand of command.commands) followSubcommands(subcommand, called);
}

function usageError(error: CommanderError, name: string): MirrorError {
  const [message = '', nearest] = error.message.replace(/^error: /, '').split('\n');
  const hint = nearest === undefined ? `Run \`${name} --help\` to see what it takes.` : nearest.replace(/^\((.*)\)$/, '$1');
  return new MirrorError('USAGE', message, { hint });
}

/** `mirror publish list`, as it was called. */
function commandName(command: Command): string {
  const names: string[] = [];
  for (let current: Command | null = command; current !== null; current = current.parent) names.unshift(current.name());
  return names.join(' ');
}
