import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { MirrorError } from '../../core/errors.ts';
import { createBandwidth } from '../../fetch/bandwidth.ts';
import type { HttpSettings } from '../../fetch/fetcher.ts';
import { isNearby } from '../../fetch/nearby.ts';
import { openTransport } from '../../fetch/open-transport.ts';
import type { Transport } from '../../fetch/transport.ts';
import { DOCKER_HUB, isRegistryHost } from '../format/reference.ts';
import { type Authorization, createAuthorization, type KnownChallenge } from './authorization.ts';
import { certificateFolders, readCertificates } from './certificates.ts';
import { createCredentialFinder, type Environment } from './credentials.ts';
import { listAt, readPages } from './pages.ts';
import { createSession, isTryFailure, type RegistrySession } from './registry-session.ts';
import { openRepository, type RegistryRepository } from './repository.ts';

export interface OpenRegistryOptions {
  /** As references have it, with a port where it has one. */
  readonly host: string;
  /** Where its address says so; otherwise https, and of this machine http where there is no TLS. */
  readonly scheme?: 'http' | 'https' | undefined;
  readonly http: HttpSettings;
  /** Where credentials and proxies are named. */
  readonly environment: Environment;
  /** Other hosts that this registry may send us to for tokens. */
  readonly allowedRealms: readonly string[];
  readonly signal: AbortSignal;
  /** Where each registry has a directory of certificates; default: those of podman and docker. */
  readonly certificateFolders?: readonly string[] | undefined;
  /** Before the second try of something, in milliseconds; for tests. */
  readonly backoff?: number | undefined;
}

/** A registry that is talked to over HTTP (OCI Distribution Specification 1.1, and Docker's token authentication). */
export interface RegistryClient {
  readonly host: string;
  repository(name: string): RegistryRepository;
  /** Names of its repositories, as far as it tells. */
  repositories(): Promise<string[]>;
  close(): Promise<void>;
}

const BACKOFF = 500;

/** Opens a registry; nothing is asked of it yet, but whether one of this machine speaks TLS. CONFIG_INVALID where a certificate cannot be read, REFERENCE_INVALID where the host is none, ABORTED. */
export async function openRegistry(options: OpenRegistryOptions): Promise<RegistryClient> {
  const { host, http, environment, signal } = options;
  if (!isRegistryHost(host)) throw new MirrorError('REFERENCE_INVALID', `"${host}" is no registry`);
  const { authorities, identity } = await readCertificates(host, options.certificateFolders ?? certificateFolders(environment));
  const { transport } = await openTransport(http, environment, { authorities });
  try {
    const base = await addressOf(options, transport);
    const authorizations = createAuthorizations(options, base, transport);
    const session = createSession({
      base,
      transport,
      bandwidth: createBandwidth(http.bandwidth),
      identity,
      signal,
      retries: http.retries,
      backoff: options.backoff ?? BACKOFF,
      authorizationFor: authorizations,
    });
    return clientOf(host, session, () => transport.close());
  } catch (error) {
    transport.close();
    throw error;
  }
}

function clientOf(host: string, session: RegistrySession, close: () => void): RegistryClient {
  const opened = new Map<string, RegistryRepository>();
  return {
    host,
    repository(name) {
      const repository = opened.get(name) ?? openRepository(session, name);
      opened.set(name, repository);
      return repository;
    },
    async repositories() {
      const request = { target: '/v2/_catalog?n=1000', scope: 'registry:catalog:*', what: `the repositories of ${host}` };
      const found = await readPages(session, request, listAt('repositories', z.string()));
      if (found === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${host} does not tell which repositories it has`);
      return found;
    },
    close: async () => close(),
  };
}

/** Where the registry answers. One of this machine may be without TLS, which is found out; any other is without it only where that is said. */
async function addressOf({ host, scheme, signal }: OpenRegistryOptions, transport: Transport): Promise<URL> {
  const name = host === DOCKER_HUB.host ? DOCKER_HUB.registry : host;
  const secure = new URL(`https://${name}/`);
  if (scheme !== undefined) return new URL(`${scheme}://${name}/`);
  if (!isNearby(secure)) return secure;
  try {
    (await transport.open(new URL('/v2/', secure), { signal })).discard();
    return secure;
  } catch (error) {
    if (signal.aborted) throw new MirrorError('ABORTED', 'talking to a registry was interrupted');
    if (!isTryFailure(error)) throw error;
    // A certificate that is not trusted is no reason to do without one.
    return error.again === 'never' && /certificate/.test(error.message) ? secure : new URL(`http://${name}/`);
  }
}

/** Who this side is, for each repository: credentials may be of one only. */
function createAuthorizations(options: OpenRegistryOptions, base: URL, transport: Transport): (scope: string) => Authorization {
  const { host, environment, allowedRealms, signal } = options;
  const known: KnownChallenge = {};
  const opened = new Map<string, Authorization>();
  const findCredentials = createCredentialFinder(host, environment);
  return (scope) => {
    const repository = /^repository:([^:]+):/.exec(scope)?.[1] ?? '';
    const authorization =
      opened.get(repository) ??
      createAuthorization({
        base,
        credentials: () => findCredentials(repository),
        allowedRealms,
        known,
        ask: (url, ask) => transport.open(url, { ...ask, signal }),
        clock: systemClock,
      });
    opened.set(repository, authorization);
    return authorization;
  };
}
