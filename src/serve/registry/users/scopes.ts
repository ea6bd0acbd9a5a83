import { isRepository } from '../../../oci/format/reference.ts';

/** What may be done with one thing: an entry of a token's `access` (distribution's token specification, "Requesting a Token"). */
export interface Grant {
  readonly type: 'repository' | 'registry';
  readonly name: string;
  readonly actions: readonly string[];
}

/** More than any client asks for at once: what follows is not granted. */
const MAX_SCOPES = 64;
const SCOPE = /^(repository|registry)(?:\(([a-z0-9]+)\))?:(.+):([a-z*]+(?:,[a-z*]+)*)$/;
const ACTIONS = { repository: new Set(['pull', 'push', 'delete', '*']), registry: new Set(['*']) } as const;

/** Reads scopes: `repository:NAME:pull,push`, `registry:catalog:*`. What does not exist here is passed over: granting less than what was asked for is no error. */
export function parseScopes(scopes: readonly string[]): Grant[] {
  return scopes.slice(0, MAX_SCOPES).flatMap((text) => {
    const [, type, , name = '', actions = ''] = SCOPE.exec(text) ?? [];
    if (type !== 'repository' && type !== 'registry') return [];
    if (type === 'repository' ? !isRepository(name) : name !== 'catalog') return [];
    const known = [...new Set(actions.split(','))].filter((action) => ACTIONS[type].has(action));
    return known.length === 0 ? [] : [{ type, name, actions: known }];
  });
}

/** What is granted of what was asked for: everything to a user, reading to anyone else. */
export function granted(wanted: readonly Grant[], isUser: boolean): Grant[] {
  if (isUser) return [...wanted];
  return wanted.flatMap((grant) => {
    if (grant.type === 'registry') return [grant];
    return grant.actions.some((action) => action === 'pull' || action === '*') ? [{ ...grant, actions: ['pull'] }] : [];
  });
}

/** Whether grants allow something with a repository. */
export function allows(grants: readonly Grant[], repository: string, action: 'push' | 'delete'): boolean {
  return grants.some(
    ({ type, name, actions }) => type === 'repository' && name === repository && (actions.includes(action) || actions.includes('*')),
  );
}

/** As clients write them, with a space between. */
export function formatScopes(grants: readonly Grant[]): string {
  return grants.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}
