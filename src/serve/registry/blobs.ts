import { checkDigest } from '../../oci/registry/names.ts';
import { registryProblem } from '../../oci/registry/problem.ts';
import type { Registry } from '../../oci/registry/registry.ts';
import type { LinkedBlob } from '../../store/registry-tables.ts';
import { openBlob } from '../file-content.ts';
import { sendContent } from '../file-response.ts';
import { ALWAYS } from '../responses.ts';
import { sendOciError } from './errors.ts';
import type { RegistryExchange } from './exchange.ts';
import { repositoriesFor } from './namespaces.ts';

interface BlobRoute {
  readonly repository: string;
  readonly digest: string;
}

/** GET and HEAD, whole or ranges of it. */
export async function getBlob(
  { exchange, registry, blobs, query, log }: RegistryExchange,
  { repository, digest }: BlobRoute,
): Promise<void> {
  checkDigest(digest);
  const blob = findBlob(registry, repositoriesFor(repository, query.get('ns')), digest);
  if (blob === undefined) throw blobUnknown(repository, digest);
  const outcome = await sendContent(exchange, {
    validators: { etag: `"${digest}"`, modified: Math.floor(blob.linkedAt / 1000) },
    size: blob.size,
    type: 'application/octet-stream',
    headers: { 'Docker-Content-Digest': digest, 'Cache-Control': 'public, max-age=31536000, immutable' },
    // The conformance suite of the specification wants it so.
    backwardsRange: 'unsatisfiable',
    open: () => openBlob(blobs, blob),
    refuse: (status, message, headers) => sendOciError(exchange, { status, code: 'SIZE_INVALID', message, headers }),
  });
  if (outcome === 'answered') return;
  log.error('a blob of the registry is missing from the pool or has the wrong size', { repository, digest });
  throw blobUnknown(repository, digest);
}

/** Who asks whether a blob is there may be about to push what needs it. Where that cannot be noted, the storage being read-only, the answer is the same. */
export async function headBlob(context: RegistryExchange, route: BlobRoute): Promise<void> {
  await context.registry.claimBlob(route.repository, route.digest).catch(() => undefined);
  await getBlob(context, route);
}

function findBlob(registry: Registry, repositories: readonly string[], digest: string): LinkedBlob | undefined {
  for (const repository of repositories) {
    const blob = registry.blob(repository, digest);
    if (blob !== undefined) return blob;
  }
  return undefined;
}

export async function deleteBlob({ exchange, registry, log }: RegistryExchange, { repository, digest }: BlobRoute): Promise<void> {
  checkDigest(digest);
  if (!(await registry.deleteBlob(repository, digest))) throw blobUnknown(repository, digest);
  log.info('deleted', { repository, digest });
  exchange.response.writeHead(202, { ...ALWAYS, 'Docker-Content-Digest': digest, 'Content-Length': 0 }).end();
}

function blobUnknown(repository: string, digest: string): Error {
  return registryProblem('blob-unknown', `${repository} has no blob ${digest}`);
}
