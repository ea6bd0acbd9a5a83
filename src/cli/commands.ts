import type { Command } from 'commander';
import { addAddCommand } from './commands/add.ts';
import { addCheckCommand } from './commands/check.ts';
import { addClientCommand } from './commands/client.ts';
import { addCreaterepoCommand } from './commands/createrepo.ts';
import { addInitCommand } from './commands/init.ts';
import { addKeyCommand } from './commands/key.ts';
import { addListCommand } from './commands/list.ts';
import { addPublishCommand } from './commands/publish.ts';
import { addQueryCommand } from './commands/query.ts';
import { addQuickstartCommand } from './commands/quickstart.ts';
import { addRegistryCommand } from './commands/registry.ts';
import { addRepoCommand } from './commands/repo.ts';
import { addServeCommand } from './commands/serve.ts';
import { addShowCommand } from './commands/show.ts';
import { addSnapshotCommand } from './commands/snapshot.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncCommand } from './commands/sync.ts';
import type { Host } from './host.ts';

/** Attaches every command to the program, in the order of the help. */
export function addCommands(program: Command, host: Host): void {
  program.commandsGroup('To begin:');
  addQuickstartCommand(program, host);
  addInitCommand(program, host);
  addAddCommand(program, host);
  program.commandsGroup('What there is:');
  addListCommand(program, host);
  addShowCommand(program, host);
  addStatusCommand(program, host);
  addQueryCommand(program, host);
  addCheckCommand(program, host);
  program.commandsGroup('Work:');
  addSyncCommand(program, host);
  addRepoCommand(program, host);
  addSnapshotCommand(program, host);
  addPublishCommand(program, host);
  addCreaterepoCommand(program, host);
  addServeCommand(program, host);
  addRegistryCommand(program, host);
  program.commandsGroup('Keys and clients:');
  addKeyCommand(program, host);
  addClientCommand(program, host);
}
