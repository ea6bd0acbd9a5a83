import type { ClientFile, ClientParts } from '../client.ts';
import { type ClientRegistry, hostOf, isPlain, pathFor, placeOf, quoted } from './registry-address.ts';

const FILE = '/etc/containers/registries.conf.d/mirror.conf';

/** A drop-in of containers-registries.conf(5), which podman, buildah, skopeo and CRI-O read. */
export function podmanClient(registry: ClientRegistry): ClientParts {
  const { ca, namespaces, url } = registry;
  const own = hostOf(registry);
  const tables = namespaces.filter((namespace) => namespace !== own).map((namespace) => redirect(registry, namespace));
  tables.push([`[[registry]]`, `location = ${quoted(own)}`, `insecure = ${isPlain(registry)}`].join('\n'));
  const files: ClientFile[] =
    ca === undefined ? [] : [{ path: `/etc/containers/certs.d/${own}/ca.crt`, content: ca.pem, encoding: 'text' }];
  files.push({ path: FILE, content: `${tables.join('\n\n')}\n`, encoding: 'text' });
  const notes =
    namespaces.length === 0
      ? [`Images are named in full, as ${placeOf(registry)}/NAME; name the hosts that the registry is to stand in for with --namespace.`]
      : [`Images of ${namespaces.join(', ')} come from ${placeOf(registry)}, by the names that they always had.`];
  if (isPlain(registry)) notes.push(`WARNING: ${url} has no TLS: whoever is between can change what tags stand for.`);
  return { files, commands: [], notes };
}

/** The registry in place of a host, or in front of it. */
function redirect(registry: ClientRegistry, namespace: string): string {
  const path = pathFor(registry, namespace);
  const location = [
    `location = ${quoted(path === '' ? hostOf(registry) : `${hostOf(registry)}/${path}`)}`,
    `insecure = ${isPlain(registry)}`,
  ];
  const prefix = ['[[registry]]', `prefix = ${quoted(namespace)}`];
  if (!registry.fallback) return [...prefix, ...location].join('\n');
  return [...prefix, `location = ${quoted(namespace)}`, '', '[[registry.mirror]]', ...location].join('\n');
}
