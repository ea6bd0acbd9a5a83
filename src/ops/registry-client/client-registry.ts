import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import { isRegistryHost, isRepository } from '../../oci/format/reference.ts';
import { parseTarget } from '../registry/target-argument.ts';
import { serverUrlOf } from '../server-url.ts';
import type { ClientAuthority, ClientRegistry } from './registry-address.ts';

/** What is asked for, over what the configuration says. */
export interface ClientRegistryOptions {
  /** Where clients reach the registry. */
  readonly url?: string | undefined;
  readonly path?: string | undefined;
  readonly namespaces?: readonly string[] | undefined;
  /** Whether the host that an image is named after was left out of its repository's name. */
  readonly stripHost?: boolean | undefined;
  readonly fallback?: boolean | undefined;
  /** A file of the certificate authority in PEM. */
  readonly ca?: string | undefined;
  readonly username?: string | undefined;
  /** That `ca` is relative to. */
  readonly cwd: string;
}

/**
 * The registry that clients are pointed at: `registry.target`, or the one of `mirror serve`. Hosts that it stands in for are those that its
 * repositories are named after, where none are asked for.
 * @param repositories of the registry of `mirror serve`.
 * @throws USAGE, FILE_MISSING, KEY_INVALID.
 */
export async function clientRegistry(
  config: Config,
  options: ClientRegistryOptions,
  repositories: readonly string[],
): Promise<ClientRegistry> {
  const { registry: target, path: targetPath } = parseTarget(config.registry?.target);
  const own = serverUrlOf(config);
  const isOwn = target === undefined || target.host === new URL(own).host;
  const address = parseAddress(options.url ?? (isOwn ? own : `${target.scheme ?? schemeFor(target.host)}://${target.host}`));
  const path = (options.path ?? address.path ?? targetPath).replace(/^\/+|\/+$/g, '');
  if (path !== '' && !isRepository(path)) throw new MirrorError('USAGE', `"${path}" cannot stand in front of a repository`);
  const namespaces = options.namespaces ?? (isOwn ? hostsOf(repositories, path) : []);
  for (const namespace of namespaces)
    if (!isRegistryHost(namespace))
      throw new MirrorError('USAGE', `"${namespace}" is no host of a registry`, { hint: 'Write it like docker.io or quay.io.' });
  return {
    url: address.origin,
    path,
    namespaces: [...new Set(namespaces)],
    naming: options.stripHost === true ? 'strip-host' : 'keep-host',
    understandsNamespaces: isOwn,
    fallback: options.fallback ?? false,
    ca: address.origin.startsWith('https:') ? await authorityOf(config, options, isOwn) : undefined,
    username: options.username,
  };
}

function parseAddress(text: string): { readonly origin: string; readonly path: string | undefined } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new MirrorError('USAGE', `"${text}" is no address of a registry`, { hint: 'Write it like https://registry.example.com:8443.' });
  return { origin: url.origin, path: url.pathname === '/' ? undefined : url.pathname };
}

/** As docker and skopeo have it: without TLS only on this machine. */
function schemeFor(host: string): 'http' | 'https' {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(host) ? 'http' : 'https';
}

/** The hosts that repositories are named after, by the convention `keep-host`. */
function hostsOf(repositories: readonly string[], path: string): string[] {
  const hosts = new Set<string>();
  for (const repository of repositories) {
    const name = path === '' ? repository : repository.startsWith(`${path}/`) ? repository.slice(path.length + 1) : '';
    const [first = '', ...rest] = name.split('/');
    if (rest.length > 0 && (first.includes('.') || /^localhost$|_\d+$/.test(first))) hosts.add(first.replace(/_(\d+)$/, ':$1'));
  }
  return [...hosts].sort();
}

/** The authority that is given, or the server's own certificate where nobody else has issued it. */
async function authorityOf(config: Config, { ca, cwd }: ClientRegistryOptions, isOwn: boolean): Promise<ClientAuthority | undefined> {
  const { tls } = config.serve;
  const file = ca === undefined ? (isOwn ? tls?.cert : undefined) : resolve(cwd, ca);
  if (file === undefined) return undefined;
  const certificates = certificatesIn(await textOf(file), file);
  if (ca !== undefined) return { file, pem: certificates.map((certificate) => certificate.toString()).join('') };
  const last = certificates.at(-1);
  return last?.subject === last?.issuer && last !== undefined ? { file, pem: last.toString() } : undefined;
}

function certificatesIn(pem: string, file: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new MirrorError('KEY_INVALID', `${file} holds no certificate in PEM`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new MirrorError('KEY_INVALID', `${file} holds a certificate that cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    throw new MirrorError('FILE_MISSING', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
