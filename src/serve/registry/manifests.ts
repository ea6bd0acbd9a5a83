import { isDigest } from '../../oci/format/digest.ts';
import { MAX_MANIFEST } from '../../oci/format/manifest.ts';
import { registryProblem } from '../../oci/registry/problem.ts';
import type { Registry } from '../../oci/registry/registry.ts';
import type { StoredManifest } from '../../store/registry-tables.ts';
import { evaluateConditions } from '../conditions.ts';
import { readWholeBody } from '../request-body.ts';
import { ALWAYS } from '../responses.ts';
import { manifestLocation, type RegistryExchange } from './exchange.ts';
import { repositoriesFor } from './namespaces.ts';

interface ManifestRoute {
  readonly repository: string;
  readonly reference: string;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';

/** GET and HEAD: the stored bytes, whatever the client says that it accepts. */
export function getManifest({ exchange, registry, query }: RegistryExchange, { repository, reference }: ManifestRoute): void {
  const { request, response } = exchange;
  const found = findManifest(registry, repositoriesFor(repository, query.get('ns')), reference);
  if (found === undefined) throw manifestUnknown(registry, repository, reference);
  const { digest, mediaType, size } = found.manifest;
  const headers = {
    ...ALWAYS,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Cache-Control': isDigest(reference) ? IMMUTABLE : 'no-cache',
  };
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  const conditions = {
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
  };
  const precondition = evaluateConditions(conditions, { etag: headers.ETag, modified: 0 });
  if (precondition !== 'proceed') {
    response.writeHead(precondition === 'failed' ? 412 : 304, headers).end();
    return;
  }
  const bytes = request.method === 'HEAD' ? undefined : registry.manifestBytes(found.repository, digest);
  response.writeHead(200, { ...headers, 'Content-Type': mediaType, 'Content-Length': size });
  if (bytes === undefined) response.end();
  else response.end(bytes);
}

/** Who asks whether a manifest is there by its digest may be about to push an index of it. Where that cannot be noted, the answer is the same. */
export async function headManifest(context: RegistryExchange, route: ManifestRoute): Promise<void> {
  if (isDigest(route.reference)) await context.registry.claimManifest(route.repository, route.reference).catch(() => undefined);
  getManifest(context, route);
}

function findManifest(
  registry: Registry,
  repositories: readonly string[],
  reference: string,
): { readonly repository: string; readonly manifest: StoredManifest } | undefined {
  for (const repository of repositories) {
    const manifest = registry.manifest(repository, reference);
    if (manifest !== undefined) return { repository, manifest };
  }
  return undefined;
}

/** The tag or digest is in the path, more tags may be in the query. */
export async function putManifest(
  { exchange, registry, query, log }: RegistryExchange,
  { repository, reference }: ManifestRoute,
): Promise<void> {
  const { request, response } = exchange;
  const bytes = await readWholeBody(exchange, MAX_MANIFEST);
  if (bytes === undefined) throw registryProblem('manifest-too-large', `a manifest may have ${MAX_MANIFEST} bytes`);
  const tags = query.getAll('tag');
  const stored = await registry.putManifest(repository, { reference, tags, mediaType: request.headers['content-type'], bytes });
  const { digest, subject } = stored;
  log.info('pushed', { repository, reference, digest });
  const accepted = stored.tags.filter((tag) => tags.includes(tag));
  response
    .writeHead(201, {
      ...ALWAYS,
      Location: manifestLocation(repository, digest),
      'Docker-Content-Digest': digest,
      'Content-Length': 0,
      ...(subject === undefined ? {} : { 'OCI-Subject': subject }),
      ...(accepted.length === 0 ? {} : { 'OCI-Tag': accepted.join(', ') }),
    })
    .end();
}

/** By a tag, removes the tag alone; by a digest, the manifest with all its tags. */
export async function deleteManifest(
  { exchange, registry, log }: RegistryExchange,
  { repository, reference }: ManifestRoute,
): Promise<void> {
  const removed = isDigest(reference)
    ? await registry.deleteManifest(repository, reference)
    : await registry.deleteTag(repository, reference);
  if (!removed) throw manifestUnknown(registry, repository, reference);
  log.info('deleted', { repository, reference });
  exchange.response.writeHead(202, { ...ALWAYS, 'Content-Length': 0 }).end();
}

function manifestUnknown(registry: Registry, repository: string, reference: string): Error {
  if (reference.includes(':') && !isDigest(reference))
    return registryProblem('digest-invalid', `"${reference.slice(0, 200)}" is no sha256 or sha512 digest`);
  if (registry.tags(repository, { n: 0 }) === undefined) return registryProblem('name-unknown', `there is no repository ${repository}`);
  return registryProblem('manifest-unknown', `${repository} has no manifest ${reference.slice(0, 200)}`);
}
