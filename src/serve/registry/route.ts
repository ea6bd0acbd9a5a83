/** What a request target under /v2 names. */
export type Route =
  | { readonly kind: 'ping' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'token' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string };

export interface RegistryTarget {
  /** Undefined where there is nothing at the address. */
  readonly route: Route | undefined;
  readonly query: URLSearchParams;
}

const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;

const REGISTRY = /^\/v2(?:[/?#]|$)/;

/** Whether a request target, in origin-form, is the registry's. */
export function isRegistryTarget(target: string): boolean {
  return REGISTRY.test(target);
}

/**
 * Reads a request target of the registry (distribution specification, "Endpoints"), percent-decoded exactly once. It is read from its right end, because
 * `manifests`, `blobs`, `uploads`, `tags` and `referrers` can be parts of a repository's name.
 * @param target in origin-form, from `/v2` on.
 * @returns undefined where it is malformed.
 */
export function parseRegistryTarget(target: string): RegistryTarget | undefined {
  const [beforeFragment = ''] = target.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const path = decodeOnce(mark < 0 ? beforeFragment : beforeFragment.slice(0, mark));
  if (path === undefined) return undefined;
  // Media types have a `+` in them, and nothing that is asked for a space.
  const query = new URLSearchParams(mark < 0 ? '' : beforeFragment.slice(mark + 1).replaceAll('+', '%2B'));
  return { route: routeOf(path.split('/').slice(2)), query };
}

function decodeOnce(raw: string): string | undefined {
  if (BROKEN_ESCAPE.test(raw)) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** @param segments of the path, without `v2`. */
function routeOf(segments: readonly string[]): Route | undefined {
  const [first, second] = segments;
  if (first === undefined || (first === '' && second === undefined)) return { kind: 'ping' };
  if (second === undefined && first === '_catalog') return { kind: 'catalog' };
  if (second === undefined && first === 'token') return { kind: 'token' };
  const beginsUpload = uploadsOf(segments);
  if (beginsUpload !== undefined) return beginsUpload;
  const last = segments.at(-1) ?? '';
  const before = segments.at(-2);
  const repository = segments.slice(0, -2).join('/');
  if (last === '' || segments.length < 3) return undefined;
  switch (before) {
    case 'manifests':
      return { kind: 'manifest', repository, reference: last };
    case 'blobs':
      return { kind: 'blob', repository, digest: last };
    case 'referrers':
      return { kind: 'referrers', repository, digest: last };
    case 'tags':
      return last === 'list' ? { kind: 'tags', repository } : undefined;
    case 'uploads':
      return segments.at(-3) === 'blobs' && segments.length > 3
        ? { kind: 'upload', repository: segments.slice(0, -3).join('/'), id: last }
        : undefined;
    default:
      return undefined;
  }
}

/** `NAME/blobs/uploads`, with or without a `/` at its end. */
function uploadsOf(segments: readonly string[]): Route | undefined {
  const path = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  if (path.length < 3 || path.at(-1) !== 'uploads' || path.at(-2) !== 'blobs') return undefined;
  return { kind: 'uploads', repository: path.slice(0, -2).join('/') };
}
