import { MEDIA_TYPES } from '../../oci/format/media-types.ts';
import { checkDigest } from '../../oci/registry/names.ts';
import { registryProblem } from '../../oci/registry/problem.ts';
import type { ListPage, ListQuery } from '../../oci/registry/registry.ts';
import { type Exchange, sendBytes } from '../responses.ts';
import type { RegistryExchange } from './exchange.ts';
import { repositoriesFor } from './namespaces.ts';

/** GET /v2/_catalog, as Docker's registry has it. */
export function listRepositories({ exchange, registry, query }: RegistryExchange): void {
  const listed = registry.repositories(listQuery(query));
  linkNext(exchange, '/v2/_catalog', query, listed);
  sendJson(exchange, { repositories: listed.entries });
}

/** GET: the tags of a repository, in the order of their bytes. */
export function listTags({ exchange, registry, query }: RegistryExchange, { repository }: { readonly repository: string }): void {
  const wanted = listQuery(query);
  for (const name of repositoriesFor(repository, query.get('ns'))) {
    const listed = registry.tags(name, wanted);
    if (listed === undefined) continue;
    linkNext(exchange, `/v2/${repository}/tags/list`, query, listed);
    sendJson(exchange, { name: repository, tags: listed.entries });
    return;
  }
  throw registryProblem('name-unknown', `there is no repository ${repository}`);
}

/** GET: an index of what refers to a manifest; an empty one where nothing does. */
export function getReferrers(
  { exchange, registry, query }: RegistryExchange,
  { repository, digest }: { readonly repository: string; readonly digest: string },
): void {
  checkDigest(digest);
  const artifactType = query.get('artifactType') ?? undefined;
  const last = query.get('last') ?? undefined;
  const name =
    repositoriesFor(repository, query.get('ns')).find((candidate) => registry.tags(candidate, { n: 0 }) !== undefined) ?? repository;
  const { referrers, more } = registry.referrers(name, digest, { artifactType, last });
  if (artifactType !== undefined) exchange.response.setHeader('OCI-Filters-Applied', 'artifactType');
  const entries = referrers.map((referrer) => referrer.digest);
  linkNext(exchange, `/v2/${repository}/referrers/${digest}`, query, { entries, more });
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: referrers };
  sendBytes(exchange, 200, Buffer.from(JSON.stringify(index)), { 'Content-Type': MEDIA_TYPES.index, 'Cache-Control': 'no-cache' });
}

function listQuery(query: URLSearchParams): ListQuery {
  const n = query.get('n');
  if (n !== null && !/^\d{1,15}$/.test(n)) throw registryProblem('page-invalid', `"${n.slice(0, 50)}" is no number of entries`);
  return { last: query.get('last') ?? undefined, n: n === null ? undefined : Number(n) };
}

/** Says where the list goes on (RFC 8288). */
function linkNext({ response }: Exchange, path: string, query: URLSearchParams, { entries, more }: ListPage): void {
  const last = entries.at(-1);
  if (!more || last === undefined) return;
  const next = new URLSearchParams(query);
  next.set('last', last);
  response.setHeader('Link', `<${path}?${next}>; rel="next"`);
}

function sendJson(exchange: Exchange, value: unknown): void {
  sendBytes(exchange, 200, Buffer.from(`${JSON.stringify(value)}\n`), {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
}
