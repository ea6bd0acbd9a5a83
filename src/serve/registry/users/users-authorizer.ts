import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../core/clock.ts';
import { isRepository } from '../../../oci/format/reference.ts';
import type { Log } from '../../log.ts';
import type { Access, Authorizer, WantedAccess } from '../authorizer.ts';
import { clientAddress, ownAddress } from './addresses.ts';
import { type ChallengeOptions, challenges } from './challenges.ts';
import { parseCredentials } from './credentials.ts';
import { createFailedAttempts } from './failed-attempts.ts';
import { createLogins, type Logins } from './logins.ts';
import { createPasswords } from './passwords.ts';
import { tooManyAttempts, wrongPassword } from './refusals.ts';
import { allows, type Grant } from './scopes.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { loadTokenKey } from './token-key.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { openUsers, type Users } from './users.ts';

export interface UsersAuthorizerOptions {
  /** The htpasswd file, absolute. */
  readonly file: string;
  /** The storage directory, absolute. */
  readonly storage: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** An authorizer that has to be closed. */
export interface UsersAuthorizer extends Authorizer {
  close(): Promise<void>;
}

/** Who a request comes from. `grants` limits what a token is good for. */
type Identity =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'user'; readonly grants?: readonly Grant[] }
  /** With a token that says so. */
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly access: Access };

interface Parts {
  readonly users: Users;
  readonly logins: Logins;
  readonly tokens: Tokens;
}

const ALLOWED: Access = { allowed: true };

/**
 * The rules of `serve.registry.push: users`: anyone may read, and users may write, with Basic credentials or with a token that `/v2/token` gives for them.
 * Wrong credentials are refused also where none are needed.
 * @throws USERS_INVALID, KEY_PERMISSIONS, STORAGE when the users file cannot be used.
 */
export async function openUsersAuthorizer({ file, storage, clock, log }: UsersAuthorizerOptions): Promise<UsersAuthorizer> {
  const users = await openUsers(file, log);
  const passwords = createPasswords();
  const logins = createLogins(users, passwords, createFailedAttempts(clock));
  const tokens = createTokens(await loadTokenKey(storage, log), clock);
  return {
    async authorize(request, wanted) {
      const identity = await identify(request, wanted, { users, logins, tokens });
      return identity.kind === 'refused' ? identity.access : decide(request, wanted, identity);
    },
    token: createTokenEndpoint({ users, logins, tokens, clock }),
    close: () => passwords.close(),
  };
}

async function identify(request: IncomingMessage, wanted: WantedAccess, { users, logins, tokens }: Parts): Promise<Identity> {
  const credentials = parseCredentials(request.headers.authorization);
  const address = ownAddress(request);
  const refused = (access: Access): Identity => ({ kind: 'refused', access });
  const wrong = (): Identity => refused({ allowed: false, ...wrongPassword(challenges(address, { scope: scopeOf(wanted) })) });
  switch (credentials.kind) {
    case 'none':
      return { kind: 'nobody' };
    case 'unreadable':
      return wrong();
    case 'bearer': {
      const content = tokens.read(credentials.token, { use: 'access', audience: address.host }, await users.table());
      if (content === undefined) return refused(unauthorized(request, wanted, 'The token is not valid (any more).', 'invalid_token'));
      return content.subject === '' ? { kind: 'anonymous' } : { kind: 'user', grants: content.access };
    }
    case 'basic': {
      const { name, password } = credentials;
      const login = await logins.check({ name, password, address: clientAddress(request) });
      if (login.outcome === 'wrong') return wrong();
      if (login.outcome === 'verified') return { kind: 'user' };
      return refused({ allowed: false, ...tooManyAttempts(login.retryAfterSeconds) });
    }
  }
}

function decide(request: IncomingMessage, wanted: WantedAccess, identity: Exclude<Identity, { kind: 'refused' }>): Access {
  const { action, repository = '' } = wanted;
  // Clients learn from this answer how to log in; docker does so only where it is 401.
  if (action === 'ping') return identity.kind === 'nobody' ? unauthorized(request, wanted, 'Log in, or ask for a token.') : ALLOWED;
  if (action !== 'push' && action !== 'delete') return ALLOWED;
  if (identity.kind !== 'user') {
    const error = identity.kind === 'anonymous' ? 'insufficient_scope' : undefined;
    return unauthorized(request, wanted, 'Pushing and deleting need a user of this registry.', error);
  }
  if (identity.grants === undefined || allows(identity.grants, repository, action)) return ALLOWED;
  return unauthorized(request, wanted, `The token is not for this: it lacks "${scopeOf(wanted)}".`, 'insufficient_scope');
}

function unauthorized(request: IncomingMessage, wanted: WantedAccess, message: string, error?: ChallengeOptions['error']): Access {
  const headers = challenges(ownAddress(request), { scope: scopeOf(wanted), error });
  return { allowed: false, status: 401, code: 'UNAUTHORIZED', message, headers };
}

const SCOPE_ACTIONS = { pull: 'pull', push: 'pull,push', delete: 'pull,delete' } as const;

/** What a token has to be for; undefined where any will do, and for a name that no repository can have. */
function scopeOf({ action, repository }: WantedAccess): string | undefined {
  if (action === 'ping') return undefined;
  if (action === 'catalog') return 'registry:catalog:*';
  return repository !== undefined && isRepository(repository) ? `repository:${repository}:${SCOPE_ACTIONS[action]}` : undefined;
}
