/** What a request target names, in the one form in which paths are looked up. */
export interface RequestPath {
  /** From the first `/`, decoded, without empty or `.` segments and without a last `/` except for the root itself. */
  readonly path: string;
  /** Whether the target ended in `/` (or `/.`), that is, asked for a directory. */
  readonly directory: boolean;
  /** What follows the first `?`, as it was sent; empty where there is none. */
  readonly query: string;
}

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
/** An escaped `/` would make two different names look the same, and NUL is in no file name. */
const REFUSED_ESCAPE = /%(?:2f|00)/i;
const PLAIN = /^[\x21-\x24\x26-\x7e]*$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The path of an HTTP request target (RFC 9112 section 3.2, origin-form or absolute-form), percent-decoded exactly once.
 * `+` is itself, never a space. `//` and `/./` collapse; `..` segments are refused rather than resolved.
 * @param target as Node gives it: one character for each byte that was sent.
 * @returns undefined where the target is malformed, which is answered with 400.
 */
export function parseRequestTarget(target: string): RequestPath | undefined {
  const relative = originForm(target);
  if (relative === undefined) return undefined;
  const [beforeFragment = ''] = relative.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const raw = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark);
  const query = mark < 0 ? '' : beforeFragment.slice(mark + 1);

  const decoded = PLAIN.test(raw) ? raw : decodeOnce(raw);
  if (decoded === undefined) return undefined;
  const segments = decoded.split('/');
  if (segments.includes('..')) return undefined;
  const last = segments.at(-1);
  const directory = last === '' || last === '.';
  return { path: `/${segments.filter((segment) => segment !== '' && segment !== '.').join('/')}`, directory, query };
}

/** A canonical path as it is written in a URL: every byte outside the unreserved ones and `/` is escaped. */
export function escapePath(path: string): string {
  return path.split('/').map(escapeSegment).join('/');
}

/** One segment of a path as it is written in a URL, safe as a relative reference too (a `:` in it would read as a scheme). */
export function escapeSegment(segment: string): string {
  return encodeURIComponent(segment.toWellFormed()).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** A request target from its first `/` on; undefined where it has none, as in `*`. */
export function originForm(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  const origin = ABSOLUTE_FORM.exec(target)?.[0];
  if (origin === undefined) return undefined;
  const rest = target.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function decodeOnce(raw: string): string | undefined {
  if (BROKEN_ESCAPE.test(raw) || REFUSED_ESCAPE.test(raw)) return undefined;
  const bytes = Buffer.from(
    raw.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
