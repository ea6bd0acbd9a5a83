import { MirrorError } from '../../core/errors.ts';
import { isNearby } from '../../fetch/nearby.ts';

/** Where the tokens of Docker Hub are from: the one registry of which everybody knows that it is another host. */
const HUB_REALM = { registry: 'registry-1.docker.io', realm: 'auth.docker.io' } as const;

/**
 * Where tokens are asked for, after a registry said so: what is sent there may be a password, so that it must be a place that the registry's own host vouches for.
 * Throws FETCH_DENIED where it is on another host that was not allowed, is not as safe as the registry, or is an address of this machine or its link.
 * @param allowed hosts, with their ports where they have one.
 */
export function checkRealm(realm: string, registry: URL, allowed: readonly string[]): URL {
  const refuse = (why: string, hint?: string): MirrorError =>
    new MirrorError('FETCH_DENIED', `${registry.host} wants tokens to be asked for at "${realm.slice(0, 200)}", ${why}`, { hint });
  const url = URL.parse(realm);
  if (url === null || !/^https?:$/.test(url.protocol)) throw refuse('which is no http or https address');
  if (url.username !== '' || url.password !== '') throw refuse('an address with a user name in it');
  if (url.protocol === 'http:' && registry.protocol === 'https:') throw refuse('where a password would travel in the clear');
  if (isNearby(url) && !isNearby(registry)) throw refuse('an address of this machine or its own link');
  const isHub = registry.host === HUB_REALM.registry && url.host === HUB_REALM.realm;
  if (url.host !== registry.host && !isHub && !allowed.includes(url.host)) {
    throw refuse('which is another host', `If that is right, allow it with --allow-realm ${url.host}.`);
  }
  url.hash = '';
  return url;
}
