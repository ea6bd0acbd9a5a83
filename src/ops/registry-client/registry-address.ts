/** A registry as clients see it. */
export interface ClientRegistry {
  /** `http://` or `https://`, host and perhaps a port; nothing after it. */
  readonly url: string;
  /** In front of every repository, without `/` at its ends; empty for nothing. */
  readonly path: string;
  /** Hosts that images are named after, and that clients are to ask this registry instead of. Empty for all, where a client can do that. */
  readonly namespaces: readonly string[];
  /** Whether the host that an image is named after is a part of its repository's name (`keep-host`), or was left out. */
  readonly naming: 'keep-host' | 'strip-host';
  /** Whether it understands `ns`, as the registry of `mirror serve` does, and finds images under either kind of name. */
  readonly understandsNamespaces: boolean;
  /** Whether clients ask the hosts themselves for what this registry lacks. */
  readonly fallback: boolean;
  /** The certificate authority that has issued its certificate, where clients do not know it. */
  readonly ca?: ClientAuthority | undefined;
  /** Where pulling needs a user. */
  readonly username?: string | undefined;
}

export interface ClientAuthority {
  /** The file that it is in, on this machine. */
  readonly file: string;
  /** In PEM, ending in a line break. */
  readonly pem: string;
}

/** Host and port. */
export function hostOf({ url }: Pick<ClientRegistry, 'url'>): string {
  return new URL(url).host;
}

/** Whether it is spoken to without TLS. */
export function isPlain({ url }: Pick<ClientRegistry, 'url'>): boolean {
  return url.startsWith('http:');
}

/** Host, port and path, as it stands in front of an image's name. */
export function placeOf(registry: Pick<ClientRegistry, 'url' | 'path'>): string {
  return registry.path === '' ? hostOf(registry) : `${hostOf(registry)}/${registry.path}`;
}

/** The path of the images that are named after a host. */
export function pathFor({ path, naming }: Pick<ClientRegistry, 'path' | 'naming'>, namespace: string): string {
  return [path, naming === 'keep-host' ? namespace.replace(':', '_') : ''].filter((part) => part !== '').join('/');
}

/** A text in TOML, as in JSON. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
