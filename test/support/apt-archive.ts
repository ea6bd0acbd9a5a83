import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { GnuPg } from '../openpgp/gnupg.ts';
import { succeed } from './program.ts';

/** A package to build: control fields, of which Version, Architecture and others have defaults. */
export interface DebSpec {
  readonly Package: string;
  readonly [field: string]: string;
}

/** Builds a real .deb with dpkg-deb and gives its path. */
export async function buildDeb(folder: string, spec: DebSpec): Promise<string> {
  const fields = {
    Version: '1.0-1',
    Architecture: 'amd64',
    Maintainer: 'Example <example@example.com>',
    Description: `the ${spec.Package} package\n of a test`,
    ...spec,
  };
  const work = join(folder, 'build');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'DEBIAN'), { recursive: true });
  mkdirSync(join(work, 'usr/share/doc', spec.Package), { recursive: true });
  writeFileSync(join(work, 'usr/share/doc', spec.Package, 'copyright'), `${spec.Package} ${fields.Version}\n`);
  const control = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
  writeFileSync(join(work, 'DEBIAN/control'), control.join(''));
  const name = `${spec.Package}_${fields.Version.replace(/^\d+:/, '')}_${fields.Architecture}.deb`;
  const path = join(folder, name);
  await succeed('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', work, path]);
  rmSync(work, { recursive: true });
  return path;
}

/** A package file of an archive, with what the index says of it besides its path, size and checksum. */
export interface ArchiveFile {
  readonly control: string;
  readonly content: Buffer;
  /** Without folder. */
  readonly name: string;
}

/** A .deb as a file of an archive. */
async function archiveFile(deb: string): Promise<ArchiveFile> {
  return { control: await succeed('dpkg-deb', ['--field', deb]), content: readFileSync(deb), name: basename(deb) };
}

/** A file that only looks like a package: its size and checksum are right, and nothing can be installed from it. */
export function imitationPackage(name: string, size: number): ArchiveFile {
  const content = Buffer.concat([Buffer.from('!<arch>\ndebian-binary   '), randomBytes(size)]);
  return {
    control: `Package: ${name}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.com>\n`,
    content,
    name: `${name}_1.0_amd64.deb`,
  };
}

export interface AptArchive {
  /** The root: dists/ and pool/ are below it. */
  readonly root: string;
  /** The armored public key that signs it. */
  readonly key: string;
  /** Of that key. */
  readonly fingerprint: string;
  /** Writes the indexes of the packages again, and signs them. `release` changes or adds fields of Release; every package is said to be
   * at `filename` where that is given. */
  publish(debs: readonly (string | ArchiveFile)[], release?: Readonly<Record<string, string>>, filename?: string): Promise<void>;
}

export interface AptArchiveOptions {
  readonly suite?: string;
  /** The packages are in the first; the others are empty. */
  readonly components?: readonly [string, ...string[]];
}

/** An archive with one suite, by default `stable` with the component `main`, for amd64, made with dpkg-deb and gpg alone. */
export function createAptArchive(root: string, gnupg: GnuPg, options: AptArchiveOptions = {}): AptArchive {
  const { suite = 'stable', components = ['main'] } = options;
  const signer = gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Test archive']);
  const key = join(root, 'key.asc');
  mkdirSync(root, { recursive: true });
  writeFileSync(key, gnupg.gpg(['--armor', '--export', signer]));
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  return {
    root,
    key,
    fingerprint: signer,
    async publish(debs, release = {}, filename = undefined) {
      const stanzas: string[] = [];
      for (const deb of debs) {
        const { control, content, name } = typeof deb === 'string' ? await archiveFile(deb) : deb;
        const path = `pool/main/${name}`;
        write(path, content);
        const sha256 = createHash('sha256').update(content).digest('hex');
        stanzas.push(`${control.trimEnd()}\nFilename: ${filename ?? path}\nSize: ${content.length}\nSHA256: ${sha256}\n`);
      }
      const packages = Buffer.from(stanzas.join('\n'));
      const lines = components.flatMap((component, index) =>
        (['', '.gz'] as const).map((extension) => {
          const plain = index === 0 ? packages : Buffer.alloc(0);
          const content = extension === '' ? plain : gzipSync(plain);
          const path = `${component}/binary-amd64/Packages${extension}`;
          write(`dists/${suite}/${path}`, content);
          return ` ${createHash('sha256').update(content).digest('hex')} ${content.length} ${path}`;
        }),
      );
      const fields = {
        Origin: 'Test',
        Suite: suite,
        Codename: suite,
        Date: new Date().toUTCString(),
        Architectures: 'amd64',
        Components: components.join(' '),
        ...release,
      };
      const text = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
      const unsigned = `${text.join('')}SHA256:\n${lines.join('\n')}\n`;
      write(`dists/${suite}/Release`, unsigned);
      write(`dists/${suite}/InRelease`, gnupg.gpg(['--local-user', signer, '--clearsign'], unsigned));
      write(`dists/${suite}/Release.gpg`, gnupg.gpg(['--local-user', signer, '--armor', '--detach-sign'], unsigned));
    },
  };
}
