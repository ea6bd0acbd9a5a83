import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { addRegistrySeedCommand } from './registry-seed.ts';
import { addRegistryUserCommand } from './registry-user.ts';

export function addRegistryCommand(parent: Command, host: Host): void {
  const registry = parent.command('registry').description('the container registry');
  addRegistrySeedCommand(registry, host);
  addRegistryUserCommand(registry, host);
}
