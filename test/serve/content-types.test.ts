import { describe, expect, it } from 'vitest';
import { contentType } from '../../src/serve/content-types.ts';

describe('serve/content-types', () => {
  it.each([
    ['socat_1.7.4.4-2_amd64.deb', 'application/vnd.debian.binary-package'],
    ['foo-1.0~rc1^git-2.noarch.rpm', 'application/x-rpm'],
    ['Packages.gz', 'application/gzip'],
    ['Packages.xz', 'application/x-xz'],
    ['abc-primary.xml.zst', 'application/zstd'],
    ['repomd.xml', 'application/xml'],
    ['repomd.xml.asc', 'application/pgp-signature'],
    ['repomd.xml.key', 'application/pgp-keys'],
    ['Release.gpg', 'application/pgp-signature'],
    ['docker.asc', 'application/pgp-keys'],
    ['InRelease', 'text/plain; charset=utf-8'],
    ['Release', 'text/plain; charset=utf-8'],
    ['Packages', 'text/plain; charset=utf-8'],
    ['Translation-en', 'text/plain; charset=utf-8'],
    ['a'.repeat(64), 'application/octet-stream'],
    ['index.html', 'application/octet-stream'],
    ['image.svg', 'application/octet-stream'],
  ])('%s is %s', (name, type) => {
    expect(contentType(name)).toBe(type);
  });
});
