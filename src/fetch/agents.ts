import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import tls from 'node:tls';
import { MirrorError, reasonOf } from '../core/errors.ts';
import { http, https } from './node-http.ts';
import type { ClientIdentity } from './place.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AgentSettings {
  readonly proxy: string | null;
  /** PEM of further certificate authorities. */
  readonly ca: string | undefined;
}

/** The proxy variables in the form that Node's agents take; undefined where no proxy is wanted. A configured proxy wins over the environment. CONFIG_INVALID when one is no http(s) URL. */
export function proxyVariables(proxy: string | null, environment: Environment): Record<string, string> | undefined {
  const either = (name: string): string | undefined => environment[name] || environment[name.toUpperCase()];
  // HTTP_PROXY in upper case can be set by a client of a CGI program; like curl, only the lower-case form of it is heeded.
  const plain = proxy ?? environment['http_proxy'];
  const secure = proxy ?? either('https_proxy');
  const variables: Record<string, string> = {};
  if (plain) variables['http_proxy'] = proxyUrl(plain, proxy === null ? 'http_proxy in the environment' : 'http.proxy');
  if (secure) variables['https_proxy'] = proxyUrl(secure, proxy === null ? 'https_proxy in the environment' : 'http.proxy');
  if (Object.keys(variables).length === 0) return undefined;
  const except = either('no_proxy');
  if (except) variables['no_proxy'] = except;
  return variables;
}

/** The environment often has only host and port. The address may hold a password, so an error names only where it is from. */
function proxyUrl(text: string, source: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  if (!/^https?:/i.test(url) || !URL.canParse(url))
    throw new MirrorError('CONFIG_INVALID', `the proxy in ${source} is not an http or https address`, {
      hint: 'Write it like http://proxy.example:3128.',
    });
  return url;
}

/** The first Node of each line whose agents know proxies. */
export function agentsKnowProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}

/** Reads the certificates in a PEM file. CONFIG_INVALID when it cannot be read or holds none that can be used. */
export async function readAuthorities(path: string): Promise<string> {
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    throw new MirrorError('CONFIG_INVALID', `cannot read the certificate authorities in ${path}: ${reasonOf(error)}`, { cause: error });
  }
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new MirrorError('CONFIG_INVALID', `${path} has no certificate in it`, {
      hint: 'http.ca wants a file of certificates in PEM form.',
    });
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch (error) {
    throw new MirrorError('CONFIG_INVALID', `${path} has a damaged certificate: ${reasonOf(error)}`, { cause: error });
  }
  return blocks.join('\n');
}

/** Checks that a client certificate and key belong together. Throws what OpenSSL says, which quotes neither. */
export function checkIdentity(identity: ClientIdentity): void {
  tls.createSecureContext({ cert: identity.cert, key: identity.key });
}

function contextFor(ca: string[], identity: ClientIdentity | undefined): tls.SecureContext {
  try {
    return tls.createSecureContext({ ca, ...identity });
  } catch (error) {
    throw new MirrorError('CONFIG_INVALID', `the TLS certificates cannot be used: ${reasonOf(error)}`, { cause: error });
  }
}

/** Everything that is trusted without being configured: Node's own list, NODE_EXTRA_CA_CERTS and the operating system's store. */
function usualAuthorities(): string[] {
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}

/**
 * Makes agents that keep connections, one for http and one for https and each client identity. Those for https are made when first needed:
 * reading the operating system's certificates takes time.
 */
export function createAgents(
  settings: AgentSettings,
  environment: Environment,
): {
  plain(): Agent;
  secure(identity: ClientIdentity | undefined): SecureAgent;
  destroy(): void;
} {
  const proxyEnv = proxyVariables(settings.proxy, environment);
  if (proxyEnv !== undefined && !agentsKnowProxies(process.version))
    throw new MirrorError('NOT_AVAILABLE', `a proxy is configured, and Node ${process.version} cannot use one`, {
      hint: 'Start mirror with the Node that comes with it (npx mirror), or with 22.21, 24.5 or newer.',
    });
  const common = { keepAlive: true, ...(proxyEnv === undefined ? {} : { proxyEnv }) };
  const plain = new http.Agent(common);
  const secure = new Map<string, SecureAgent>();
  let authorities: string[] | undefined;
  return {
    plain: () => plain,
    secure(identity) {
      const key = identity === undefined ? '' : `${identity.cert}\0${identity.key}`;
      let agent = secure.get(key);
      if (agent === undefined) {
        authorities ??= settings.ca === undefined ? usualAuthorities() : [...usualAuthorities(), settings.ca];
        // One context for all connections: a list of authorities in the options would be parsed, and made part of the pool's key, for each request.
        agent = new https.Agent({ ...common, secureContext: contextFor(authorities, identity) });
        secure.set(key, agent);
      }
      return agent;
    },
    destroy() {
      plain.destroy();
      for (const agent of secure.values()) agent.destroy();
    },
  };
}
