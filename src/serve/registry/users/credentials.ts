/** What a request's Authorization header says about who sends it. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly name: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Of another scheme, or malformed. */
  | { readonly kind: 'unreadable' };

const HEADER = /^([A-Za-z]+) +([A-Za-z0-9+/._~=-]+) *$/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads an Authorization header: Basic (RFC 7617, in UTF-8) and Bearer (RFC 6750). Basic without name and password, which skopeo sends, is none. */
export function parseCredentials(header: string | undefined): Credentials {
  if (header === undefined) return { kind: 'none' };
  const [, scheme = '', value = ''] = HEADER.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', token: value };
    case 'basic':
      return basicCredentials(value);
    default:
      return { kind: 'unreadable' };
  }
}

function basicCredentials(base64: string): Credentials {
  const text = decode(base64);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) return { kind: 'unreadable' };
  if (text === ':') return { kind: 'none' };
  return { kind: 'basic', name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  try {
    return UTF_8.decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
