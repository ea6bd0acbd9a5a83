/** A path below a base URL that ends in `/`, or that has a query after it: then the path goes before the query, which may be what gives access. */
export function joinUrl(base: string, path: string): string {
  const query = base.indexOf('?');
  return query === -1 ? base + path : base.slice(0, query) + path + base.slice(query);
}

/** The URL with a `/` at the end of its path. */
export function directoryUrl(url: string): string {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  return path.endsWith('/') ? url : joinUrl(url, '/');
}
