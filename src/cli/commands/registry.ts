import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { addRegistryGcCommand } from './registry-gc.ts';
import { addRegistryImageCommands } from './registry-images.ts';
import { addRegistrySeedCommand } from './registry-seed.ts';
import { addRegistryUserCommand } from './registry-user.ts';

export function addRegistryCommand(parent: Command, host: Host): void {
  const registry = parent.command('registry').description('container images and charts: seed a registry, or the one of `mirror serve`');
  addRegistrySeedCommand(registry, host);
  addRegistryImageCommands(registry, host);
  addRegistryGcCommand(registry, host);
  addRegistryUserCommand(registry, host);
}
