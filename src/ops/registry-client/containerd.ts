import type { ClientFile, ClientParts } from '../client.ts';
import { type ClientRegistry, hostOf, isPlain, pathFor, quoted } from './registry-address.ts';

const DIRECTORY = '/etc/containerd/certs.d';
/** What is taken where no host has a directory of its own. */
const ANY = '_default';

/** hosts.toml for each host that images are named after (containerd, docs/hosts.md), and for the registry itself. */
export function containerdClient(registry: ClientRegistry): ClientParts {
  const { namespaces, ca } = registry;
  const own = hostOf(registry);
  const hosts = namespaces.length === 0 ? [ANY] : namespaces.filter((namespace) => namespace !== own);
  const files: ClientFile[] = ca === undefined ? [] : [{ path: `${DIRECTORY}/${own}-ca.crt`, content: ca.pem, encoding: 'text' }];
  for (const namespace of hosts) files.push(hostsToml(registry, namespace, namespace));
  files.push(hostsToml({ ...registry, path: '', naming: 'strip-host', fallback: false }, own, own));
  const notes = [
    `containerd looks into ${DIRECTORY} where config.toml says so: config_path = "${DIRECTORY}" under [plugins."io.containerd.grpc.v1.cri".registry], in containerd 2 under [plugins."io.containerd.cri.v1.images".registry]. Restart it once after that; later changes need none.`,
    `ctr looks there with --hosts-dir ${DIRECTORY}.`,
  ];
  if (isPlain(registry)) notes.push(`WARNING: ${registry.url} has no TLS: whoever is between can change what tags stand for.`);
  return { files, commands: [], notes };
}

function hostsToml(registry: ClientRegistry, namespace: string, directory: string): ClientFile {
  const { url, ca, fallback } = registry;
  const path = apiPath(registry, namespace);
  const settings = [
    'capabilities = ["pull", "resolve"]',
    ...(path === '' ? [] : ['override_path = true']),
    ...(ca === undefined ? [] : [`ca = ${quoted(`${DIRECTORY}/${hostOf(registry)}-ca.crt`)}`]),
  ];
  const address = quoted(`${url}${path}`);
  const asServer = [`server = ${address}`, ...settings];
  const asHost = ['', `[host.${address}]`, ...settings.map((setting) => `  ${setting}`)];
  // Without a server of its own, containerd asks the host that the image is named after last.
  const lines = fallback ? asHost.slice(1) : [...asServer, ...asHost];
  return { path: `${DIRECTORY}/${directory}/hosts.toml`, content: `${lines.join('\n')}\n`, encoding: 'text' };
}

/** Where the API begins, if not where it usually does. */
function apiPath(registry: ClientRegistry, namespace: string): string {
  const byParameter = registry.understandsNamespaces && registry.path === '';
  if (byParameter || namespace === hostOf(registry)) return '';
  const path = namespace === ANY ? registry.path : pathFor(registry, namespace);
  return path === '' ? '' : `/v2/${path}`;
}
