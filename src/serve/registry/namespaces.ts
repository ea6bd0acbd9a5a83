import { isRepository } from '../../oci/format/reference.ts';

/**
 * The repositories in which content may be that a client asks for as that of another registry (distribution specification, "Registry Proxying"), best first:
 * images are kept under the name of their host, or without it; those of Docker Hub's own also without `library/`.
 * @param namespace the host that the client would have asked otherwise: `ns` of its request.
 */
export function repositoriesFor(repository: string, namespace: string | null): string[] {
  if (namespace === null) return [repository];
  const single = namespace === 'docker.io' && repository.startsWith('library/') ? [repository.slice('library/'.length)] : [];
  const names = [repository, ...single];
  return [...names.map((name) => `${namespace}/${name}`).filter(isRepository), ...names];
}
