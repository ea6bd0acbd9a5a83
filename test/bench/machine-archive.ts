import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { xz } from '../../src/codec/compress.ts';
import { openGnuPg } from '../openpgp/gnupg.ts';
import { largestMachineIndex } from '../support/machine-index.ts';
import { serveByNginx } from './upstreams.ts';

/** An APT archive with the largest Packages index that this machine's apt has, on loopback. */
export interface Archive {
  readonly url: string;
  readonly key: string;
  readonly packages: number;
  /** The unpacked index. */
  readonly index: string;
  close(): Promise<void>;
}

/** Signs and serves it. Every package file of it is one and the same small file. Needs gpg and nginx. */
export async function makeArchive(root: string): Promise<Archive> {
  const files = join(root, 'archive');
  const folder = join(files, 'dists/stable/main/binary-amd64');
  mkdirSync(folder, { recursive: true });
  const content = Buffer.from('not really a package');
  writeFileSync(join(files, 'one.deb'), content);
  const digest = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');
  const index = largestMachineIndex();
  if (index === undefined) throw new Error('apt of this machine has no Packages index');
  const text = index.bytes
    .toString('utf8')
    .replace(/^Size: .*$/gm, `Size: ${content.length}`)
    .replace(/^MD5sum: .*$/gm, `MD5sum: ${digest('md5', content)}`)
    .replace(/^SHA256: .*$/gm, `SHA256: ${digest('sha256', content)}`)
    .replace(/^(?:SHA1|SHA512): .*\n/gm, '');
  const plain = Buffer.from(text);
  const forms = { Packages: plain, 'Packages.gz': gzipSync(plain), 'Packages.xz': await xz(plain) };
  const lines = Object.entries(forms).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return ` ${digest('sha256', bytes)} ${bytes.length} main/binary-amd64/${name}\n`;
  });
  const head = `Origin: Benchmark\nSuite: stable\nCodename: stable\nDate: ${new Date().toUTCString()}\nArchitectures: amd64\nComponents: main\nSHA256:\n`;
  const gnupg = openGnuPg();
  const signer = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 3072', 'Key-Usage: sign', 'Name-Real: Benchmark']);
  writeFileSync(join(files, 'dists/stable/InRelease'), gnupg.gpg(['--local-user', signer, '--clearsign'], `${head}${lines.join('')}`));
  const key = join(files, 'key.asc');
  writeFileSync(key, gnupg.gpg(['--armor', '--export', signer]));
  gnupg.close();
  const locations = `location /pool/ { root ${files}; try_files /one.deb =404; }`;
  const { url, close } = await serveByNginx(join(root, 'nginx'), files, { probe: 'key.asc', locations });
  return { url, key, packages: text.match(/^Package: /gm)?.length ?? 0, index: join(folder, 'Packages'), close };
}
