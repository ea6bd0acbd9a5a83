import { openRegistry, type RegistryClient } from '../../oci/client/registry-client.ts';
import type { OperationContext } from '../context.ts';

/** Where a registry is. */
export interface RegistryPlace {
  readonly host: string;
  /** Where its address says so. */
  readonly scheme?: 'http' | 'https' | undefined;
}

/** The registries that one command talks to, each opened once. */
export interface Registries {
  at(place: RegistryPlace): Promise<RegistryClient>;
  close(): Promise<void>;
}

export interface RegistryAccess {
  /** Hosts whose tokens may be asked for elsewhere than at the registry itself. */
  readonly allowedRealms: readonly string[];
  /** Of the process: where credentials and proxies are named. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function createRegistries({ config, signal }: Pick<OperationContext, 'config' | 'signal'>, access: RegistryAccess): Registries {
  const opened = new Map<string, Promise<RegistryClient>>();
  return {
    at({ host, scheme }) {
      const key = `${scheme ?? ''} ${host}`;
      let client = opened.get(key);
      if (client !== undefined) return client;
      client = openRegistry({ host, scheme, http: config.http, signal, ...access });
      opened.set(key, client);
      return client;
    },
    async close() {
      for (const client of await Promise.allSettled(opened.values())) if (client.status === 'fulfilled') await client.value.close();
    },
  };
}
