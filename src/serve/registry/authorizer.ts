import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { Exchange } from '../responses.ts';
import type { OciErrorCode } from './errors.ts';
import { isFromThisMachine } from './loopback.ts';

/** What a request does: `ping` asks for /v2/ itself, `catalog` lists repositories, `push` is every write but a deletion. */
export type RegistryAction = 'ping' | 'pull' | 'push' | 'delete' | 'catalog';

export interface WantedAccess {
  readonly action: RegistryAction;
  /** Of every action but `ping` and `catalog`. */
  readonly repository?: string | undefined;
}

/** Whether a request may do something, and what its client is told where it may not. */
export type Access =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly status: 401 | 403 | 405 | 429;
      readonly code: OciErrorCode;
      readonly message: string;
      /** Such as WWW-Authenticate. */
      readonly headers?: OutgoingHttpHeaders | undefined;
    };

/** Decides who may do what with the embedded registry. */
export interface Authorizer {
  authorize(request: IncomingMessage, wanted: WantedAccess): Access | Promise<Access>;
  /** Answers every request for /v2/token. Without it there is nothing at that address. */
  token?(exchange: Exchange, query: URLSearchParams): Promise<void>;
}

export type PushPolicy = Config['serve']['registry']['push'];

const ALLOWED: Access = { allowed: true };

/** The rules of `serve.registry.push`. Reading is open to everyone. */
export function createAuthorizer(policy: PushPolicy): Authorizer {
  return {
    authorize(request, { action }) {
      if (action !== 'push' && action !== 'delete') return ALLOWED;
      if (policy === 'loopback' && isFromThisMachine(request)) return ALLOWED;
      return refused(policy);
    },
  };
}

function refused(policy: PushPolicy): Access {
  const message =
    policy === 'loopback'
      ? 'Pushing and deleting are possible only from the machine of the server itself (serve.registry.push: loopback).'
      : `Pushing and deleting are turned off (serve.registry.push: ${policy}).`;
  return { allowed: false, status: policy === 'none' ? 405 : 403, code: policy === 'none' ? 'UNSUPPORTED' : 'DENIED', message };
}
