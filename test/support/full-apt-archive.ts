import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { GnuPg } from '../openpgp/gnupg.ts';
import { succeed } from './program.ts';

/** An archive with all that a suite may have: Packages, Sources, the installer's packages, and any other file under dists. */
export interface FullAptArchive {
  readonly root: string;
  /** The armored public key that signs it. */
  readonly key: string;
  /** Adds a .deb or .udeb to the pool and to the index of its kind. Its long description goes into Translation-en alone. */
  addPackage(path: string): Promise<void>;
  /** Builds a source package of one file and adds it. */
  addSource(name: string, version: string): Promise<void>;
  /** A file relative to the Release; one whose name ends in .gz is compressed. */
  addIndex(path: string, content: string): void;
  /** Writes the indexes and signs the Release of everything under the suite. `fields` are added to it. */
  sign(fields?: Readonly<Record<string, string>>): Promise<void>;
}

const ARCHITECTURE = 'amd64';

/** An archive of suite `stable` and component `main`. Needs dpkg-deb, dpkg-source, apt-ftparchive and gpg. */
export function createFullAptArchive(root: string, gnupg: GnuPg): FullAptArchive {
  const signer = gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Full archive']);
  const suite = join(root, 'dists/stable');
  const key = join(root, 'key.asc');
  mkdirSync(suite, { recursive: true });
  writeFileSync(key, gnupg.gpg(['--armor', '--export', signer]));
  const stanzas: Record<string, string[]> = { Packages: [], Installer: [], Sources: [], Translation: [] };
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  const addIndex = (path: string, content: string): void => write(join(suite, path), path.endsWith('.gz') ? gzipSync(content) : content);

  return {
    root,
    key,
    addIndex,
    async addPackage(deb) {
      const bytes = readFileSync(deb);
      const path = `pool/main/${basename(deb)}`;
      write(join(root, path), bytes);
      const control = await succeed('dpkg-deb', ['--field', deb]);
      const [, name = ''] = /^Package: (.*)$/m.exec(control) ?? [];
      const [whole = '', short = '', rest = ''] = /^Description: (.*)((?:\n .*)*)$/m.exec(control) ?? [];
      const md5 = createHash('md5').update(`${short}${rest}\n`).digest('hex');
      const stanza = `${control.replace(whole, `Description: ${short}\nDescription-md5: ${md5}`).trimEnd()}\nFilename: ${path}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
      stanzas[deb.endsWith('.udeb') ? 'Installer' : 'Packages']?.push(stanza);
      if (!deb.endsWith('.udeb'))
        stanzas['Translation']?.push(`Package: ${name}\nDescription-md5: ${md5}\nDescription-en: ${short}${rest}\n`);
    },
    async addSource(name, version) {
      const work = join(root, '..', `source-${name}`);
      rmSync(work, { recursive: true, force: true });
      write(
        join(work, 'tree/debian/control'),
        `Source: ${name}\nMaintainer: Test <test@example.com>\nStandards-Version: 4.6.0\n\nPackage: ${name}\nArchitecture: any\nDescription: a test\n`,
      );
      write(
        join(work, 'tree/debian/changelog'),
        `${name} (${version}) stable; urgency=low\n\n  * A test.\n\n -- Test <test@example.com>  Sat, 08 Jun 2024 09:12:01 +0000\n`,
      );
      write(join(work, 'tree/debian/source/format'), '3.0 (native)\n');
      write(join(work, 'tree/hello'), `${name} ${version}\n`);
      await succeed('dpkg-source', ['--build', 'tree'], { cwd: work });
      const pool = join(root, 'pool/main/source');
      const files = readdirSync(work).filter((file) => file !== 'tree');
      for (const file of files) write(join(pool, file), readFileSync(join(work, file)));
      stanzas['Sources']?.push(await succeed('apt-ftparchive', ['sources', `pool/main/source`], { cwd: root }));
    },
    async sign(fields = {}) {
      const indexes = {
        [`main/binary-${ARCHITECTURE}/Packages`]: 'Packages',
        'main/source/Sources': 'Sources',
        [`main/debian-installer/binary-${ARCHITECTURE}/Packages`]: 'Installer',
        'main/i18n/Translation-en': 'Translation',
      };
      for (const [path, kind] of Object.entries(indexes)) {
        const text = (kind === 'Sources' ? stanzas[kind]?.slice(-1) : stanzas[kind])?.join('\n') ?? '';
        addIndex(path, text);
        addIndex(`${path}.gz`, text);
      }
      for (const name of ['Release', 'InRelease', 'Release.gpg']) rmSync(join(suite, name), { force: true });
      const all = {
        Suite: 'stable',
        Codename: 'test',
        Origin: 'Full',
        Label: 'Full',
        Architectures: ARCHITECTURE,
        Components: 'main',
        'Acquire-By-Hash': 'yes',
        ...fields,
      };
      const head = Object.entries({ Date: new Date().toUTCString(), ...all }).map(([field, value]) => `${field}: ${value}\n`);
      const files = filesBelow(suite).filter((path) => !path.includes('/by-hash/'));
      const sums = (['sha256', 'sha512'] as const).map((algorithm) => {
        const lines = files.map((path) => {
          const bytes = readFileSync(path);
          const sum = createHash(algorithm).update(bytes).digest('hex');
          write(join(dirname(path), 'by-hash', algorithm.toUpperCase(), sum), bytes);
          return ` ${sum} ${bytes.length} ${relative(suite, path)}\n`;
        });
        return `${algorithm.toUpperCase()}:\n${lines.join('')}`;
      });
      const release = [...head, ...sums].join('');
      write(join(suite, 'Release'), release);
      write(join(suite, 'InRelease'), gnupg.gpg(['--local-user', signer, '--clearsign'], release));
      write(join(suite, 'Release.gpg'), gnupg.gpg(['--local-user', signer, '--armor', '--detach-sign'], release));
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
