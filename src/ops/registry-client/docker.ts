import type { ClientFile, ClientParts } from '../client.ts';
import { type ClientRegistry, hostOf, isPlain, placeOf } from './registry-address.ts';

const DAEMON = '/etc/docker/daemon.json';
const HUB = 'docker.io';

/** What Docker's daemon needs: whom it may speak to without TLS, what stands in for Docker Hub, which authority to trust. */
export function dockerClient(registry: ClientRegistry): ClientParts {
  const { url, path, namespaces, ca } = registry;
  const host = hostOf(registry);
  const mirrorsHub = path === '' && (namespaces.length === 0 || namespaces.includes(HUB));
  const settings = {
    ...(isPlain(registry) ? { 'insecure-registries': [host] } : {}),
    ...(mirrorsHub ? { 'registry-mirrors': [url] } : {}),
  };
  const files: ClientFile[] = [];
  if (ca !== undefined) files.push({ path: `/etc/docker/certs.d/${host}/ca.crt`, content: ca.pem, encoding: 'text' });
  const changes = Object.keys(settings).length > 0;
  if (changes) files.push({ path: DAEMON, content: `${JSON.stringify(settings, null, 2)}\n`, encoding: 'text', merge: true });
  const notes = [`Images are at ${placeOf(registry)}/NAME, such as: docker pull ${example(registry)}`];
  if (mirrorsHub) {
    notes.push(
      'For the short names of Docker Hub the daemon asks the registry first (registry-mirrors), by their names there such as library/nginx; for images of other hosts it never does.',
    );
  } else if (path !== '') {
    notes.push(
      'The daemon can use a registry in place of Docker Hub only where its images are not below a path; so images are named in full.',
    );
  }
  if (isPlain(registry)) notes.push(`WARNING: ${url} has no TLS: whoever is between can change what tags stand for.`);
  return { files, commands: changes ? ['systemctl reload docker'] : [], notes };
}

function example(registry: ClientRegistry): string {
  return `${placeOf(registry)}/${registry.naming === 'keep-host' ? `${HUB}/` : ''}library/nginx:1.25`;
}
