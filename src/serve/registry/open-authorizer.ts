import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../log.ts';
import { type Authorizer, createAuthorizer } from './authorizer.ts';
import { openUsersAuthorizer } from './users/users-authorizer.ts';

export interface OpenAuthorizerOptions {
  readonly serve: Config['serve'];
  /** The storage directory, absolute. */
  readonly storage: string;
  /** ADDRESS:PORT where the server listens. */
  readonly listen: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenedAuthorizer {
  readonly authorizer: Authorizer;
  close(): Promise<void>;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\]):\d+$/;

/** Who may do what with the embedded registry, as `serve.registry` has it. Throws USERS_INVALID, KEY_PERMISSIONS, STORAGE when the users file cannot be used. */
export async function openAuthorizer({ serve, storage, listen, clock, log }: OpenAuthorizerOptions): Promise<OpenedAuthorizer> {
  const { push, users } = serve.registry;
  if (push !== 'users' || users === undefined) return { authorizer: createAuthorizer(push), close: async () => undefined };
  if (serve.tls === undefined && !LOOPBACK.test(listen))
    log.warn('passwords of the registry travel in the clear: set serve.tls, or listen on 127.0.0.1 behind a proxy that has TLS', {
      listen,
    });
  const authorizer = await openUsersAuthorizer({ file: users, storage, clock, log });
  return { authorizer, close: () => authorizer.close() };
}
