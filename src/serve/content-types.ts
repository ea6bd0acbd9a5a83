const TEXT = 'text/plain; charset=utf-8';
const SIGNATURE = 'application/pgp-signature';
const KEY = 'application/pgp-keys';
const BYTES = 'application/octet-stream';

/** `.html` and `.svg` of an upstream are given as bytes, so that they do not run as pages of this server. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  deb: 'application/vnd.debian.binary-package',
  udeb: 'application/vnd.debian.binary-package',
  ddeb: 'application/vnd.debian.binary-package',
  rpm: 'application/x-rpm',
  drpm: 'application/x-rpm',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  xz: 'application/x-xz',
  bz2: 'application/x-bzip2',
  zst: 'application/zstd',
  tar: 'application/x-tar',
  xml: 'application/xml',
  json: 'application/json',
  sig: SIGNATURE,
  key: KEY,
  asc: KEY,
  gpg: KEY,
  dsc: TEXT,
  txt: TEXT,
};

/** Names of signed documents, whose `.asc` or `.gpg` is a signature and not a key. */
const SIGNED_DOCUMENT = /(?:^Release|\.xml|\.dsc)\.(?:asc|gpg)$/;
const TEXT_NAME = /^(?:InRelease|Release|Packages|Sources|Index|Contents-.*|Translation-[^.]*|\.treeinfo|README)$/;

/** The Content-Type of a published file, from its name alone. Nothing is ever sent with a Content-Encoding: `.gz` is what is wanted. */
export function contentType(name: string): string {
  if (SIGNED_DOCUMENT.test(name)) return SIGNATURE;
  const dot = name.lastIndexOf('.');
  const known = dot < 0 ? undefined : BY_EXTENSION[name.slice(dot + 1).toLowerCase()];
  if (known !== undefined) return known;
  return TEXT_NAME.test(name) ? TEXT : BYTES;
}
