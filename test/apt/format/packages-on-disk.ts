import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archive, member } from '../../codec/ar-archive.ts';
import { tarArchive, tarEntry } from '../../codec/tar-archive.ts';

export const CONTROL = [
  'Package: hello-world',
  'Source: hello (1.0)',
  'Version: 1:1.0-1',
  'Architecture: amd64',
  'Maintainer: Jörg Example <joerg@example.org>',
  'Installed-Size: 12',
  'Depends: libc6 (>= 2.3), foo | bar:any',
  'Section: misc',
  'Priority: optional',
  'X-Custom-Field: yes',
  'Tag: one::two,',
  ' three::four',
  'Description: a thing',
  ' that is long',
  ' .',
  ' and has paragraphs',
  '',
].join('\n');

/** Writes the tree of a package with files, links and names of every kind, ready for dpkg-deb. */
export function writeTree(folder: string, control = CONTROL): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('DEBIAN/control', control);
  write('DEBIAN/conffiles', '/etc/hello.conf\n');
  write('etc/hello.conf', 'x\n');
  write('usr/share/doc/hello/copyright', 'free\n');
  write('usr/share/doc/hello/with space', 'free\n');
  write('usr/share/doc/hello/ünï', '');
  write(`usr/share/${'long/'.repeat(30)}${'name'.repeat(40)}`, 'x'.repeat(100_000));
  write('lib/systemd/system/dev-x\\x2dy.service', '');
  mkdirSync(join(folder, 'var/empty'), { recursive: true });
  linkSync(join(folder, 'etc/hello.conf'), join(folder, 'usr/share/doc/hello/hard'));
  symlinkSync('../../../../etc/hello.conf', join(folder, 'usr/share/doc/hello/soft'));
}

/** Builds a .deb of the tree; `bzip2` and `lzma`, which dpkg-deb reads but does not write any more, by hand. */
export function buildPackage(tree: string, path: string, compression: string): void {
  const native = ['none', 'gzip', 'xz', 'zstd'].includes(compression);
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${native ? compression : 'none'}`, '--build', tree, path], { stdio: 'ignore' });
  if (native) return;
  const part = (name: string): Buffer => execFileSync('dpkg-deb', [`--${name}-tarfile`, path], { maxBuffer: 1 << 28 });
  const [extension, command] = compression === 'bzip2' ? ['bz2', ['bzip2']] : ['lzma', ['xz', '--format=lzma']];
  const [program = '', ...rest] = command;
  const data = execFileSync(program, [...rest, '-c'], { input: part('fsys'), maxBuffer: 1 << 28 });
  writeFileSync(
    path,
    archive(member('debian-binary', '2.0\n'), member('control.tar', part('ctrl')), member(`data.tar.${extension}`, data)),
  );
}

/** A package made of these parts, as dpkg-deb would put them together. */
export function packageOf(parts: { readonly control?: string; readonly data?: Uint8Array }): Buffer {
  const control = tarArchive(tarEntry({ path: './', type: '5' }), tarEntry({ path: './control', content: parts.control ?? CONTROL }));
  return archive(member('debian-binary', '2.0\n'), member('control.tar', control), member('data.tar', parts.data ?? tarArchive()));
}

/** Size and checksums of a file as an index states them. */
export function statedOf(path: string): { size: number; md5: string; sha1: string; sha256: string } {
  const bytes = readFileSync(path);
  const hex = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return { size: bytes.length, md5: hex('md5'), sha1: hex('sha1'), sha256: hex('sha256') };
}
