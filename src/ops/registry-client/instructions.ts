import type { ClientFile, ClientParts } from '../client.ts';
import { containerdClient } from './containerd.ts';
import { dockerClient } from './docker.ts';
import { ketClient } from './ket.ts';
import { mke4Client } from './mke4.ts';
import { podmanClient } from './podman.ts';
import type { ClientRegistry } from './registry-address.ts';

/** What can be pointed at a registry. */
export const REGISTRY_CLIENTS = ['containerd', 'docker', 'podman', 'ket', 'mke4'] as const;
export type RegistryClientName = (typeof REGISTRY_CLIENTS)[number];

/** What to do so that a client takes its images from a registry. */
export interface RegistryClientInstructions extends ClientParts {
  readonly client: RegistryClientName;
  /** Of the registry, without a `/` at its end. */
  readonly url: string;
  /** In front of every repository; empty for nothing. */
  readonly path: string;
}

const WRITERS: Readonly<Record<RegistryClientName, (registry: ClientRegistry) => ClientParts>> = {
  containerd: containerdClient,
  docker: dockerClient,
  podman: podmanClient,
  ket: ketClient,
  mke4: mke4Client,
};

/** Says how a client uses a registry: files for the client, commands, and what a person should know. */
export function registryClientInstructions(client: RegistryClientName, registry: ClientRegistry): RegistryClientInstructions {
  return { client, url: registry.url, path: registry.path, ...WRITERS[client](registry) };
}

/** A part of a larger YAML file, with the notes as comments, to be merged into that by hand. */
export function yamlFragment({ files, notes }: ClientParts): string {
  return [...notes.map((note) => `# ${note}\n`), ...files.map(({ path, content }: ClientFile) => `# ${path}\n${content}`)].join('');
}
