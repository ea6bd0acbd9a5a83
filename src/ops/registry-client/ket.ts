import { stringify } from 'yaml';
import type { ClientParts } from '../client.ts';
import { type ClientRegistry, isPlain, placeOf } from './registry-address.ts';

/** The part of a plan file of KET that has a cluster take its images from the registry, under the names that `seed-registry` gives them. */
export function ketClient(registry: ClientRegistry): ClientParts {
  const plan = {
    cluster: { disconnected_installation: true },
    docker_registry: {
      server: placeOf(registry),
      CA: registry.ca?.file ?? '',
      username: registry.username ?? '',
      password: '',
    },
  };
  const notes = ['The same keys in the plan file of the cluster are to have these values.'];
  if (registry.ca !== undefined) notes.push('CA is a file on the machine that KET runs on, by its whole path.');
  if (registry.username !== undefined) notes.push(`Fill in the password of ${registry.username}.`);
  if (registry.naming !== 'keep-host')
    notes.push('WARNING: KET asks for images by their whole name, with the host: seed them without --strip-host.');
  if (isPlain(registry))
    notes.push(`WARNING: ${registry.url} has no TLS, and the Docker that KET sets up on the nodes asks for it: see serve.tls.`);
  return { files: [{ path: 'kismatic-cluster.yaml', content: stringify(plan), encoding: 'text', merge: true }], commands: [], notes };
}
