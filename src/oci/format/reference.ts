import { MirrorError } from '../../core/errors.ts';
import { isDigest } from './digest.ts';

/** Names an image: `host/repository:tag@digest`, most parts of which can be missing. */
export interface ImageReference {
  /** With its port. Undefined where the text names none; clients then mean Docker Hub. */
  readonly host: string | undefined;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST =
  /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]{1,5})?$/;
/** Of host and repository together, as clients have it. */
const MAX_NAME = 255;

/** What Docker Hub is called in references, and where its registry answers. */
export const DOCKER_HUB = { host: 'docker.io', registry: 'registry-1.docker.io' } as const;

/** What Docker Hub was called before; references still have it. */
const FORMER_HUB = 'index.docker.io';

/** Whether the text is the name of a repository (distribution specification, "Pulling manifests"), of any depth. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_NAME && REPOSITORY.test(text);
}

/** Whether the text is a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether the text is a registry's host, perhaps with a port. */
export function isRegistryHost(text: string): boolean {
  return text.length <= MAX_NAME && HOST.test(text);
}

/**
 * Reads a reference as docker and skopeo do, but adds nothing: without a tag there is no tag, and `nginx` stays `nginx`. The first component is a host
 * where it has a dot or a port, or is `localhost`. Throws REFERENCE_INVALID, which quotes the text.
 */
export function parseReference(text: string): ImageReference {
  const invalid = (why: string): MirrorError =>
    new MirrorError('REFERENCE_INVALID', `"${text}" names no image: ${why}`, { hint: 'Write it like registry.example.com/team/app:v1.' });
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw invalid('it has more than one @');
  if (digest !== undefined && !isDigest(digest)) throw invalid(`"${digest}" is no sha256 or sha512 digest`);
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const host = slash >= 0 && /[.:]|^localhost$/.test(first) ? first : undefined;
  if (host !== undefined && !isRegistryHost(host)) throw invalid(`"${host}" is no host`);
  const rest = host === undefined ? named : named.slice(slash + 1);
  const colon = rest.indexOf(':');
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!isRepository(repository)) throw invalid(`"${repository}" is no repository`);
  if (tag !== undefined && !isTag(tag)) throw invalid(`"${tag}" is no tag`);
  if (host !== undefined && host.length + 1 + repository.length > MAX_NAME) throw invalid(`it is longer than ${MAX_NAME} characters`);
  return { host, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** As it is written. */
export function formatReference({ host, repository, tag, digest }: ImageReference): string {
  return `${host === undefined ? '' : `${host}/`}${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** What a client without a registry of its own would ask for: Docker Hub for no host, `library/` there for a single name, `latest` for neither tag nor digest. */
export function completeReference(reference: ImageReference): ImageReference & { readonly host: string } {
  const named = reference.host ?? DOCKER_HUB.host;
  const host = named === FORMER_HUB ? DOCKER_HUB.host : named;
  const single = host === DOCKER_HUB.host && !reference.repository.includes('/');
  const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined);
  return {
    host,
    repository: single ? `library/${reference.repository}` : reference.repository,
    ...(tag === undefined ? {} : { tag }),
    ...(reference.digest === undefined ? {} : { digest: reference.digest }),
  };
}
