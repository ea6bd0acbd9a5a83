import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { aptPackageFiles } from '../../../src/apt/local/packages.ts';
import type { LocalReading } from '../../../src/family/local-packages.ts';
import { readKeyring } from '../../../src/openpgp/keyring.ts';
import type { Keyring } from '../../../src/openpgp/types.ts';
import { localFiles } from '../../../src/ops/local-files.ts';
import { type GnuPg, openGnuPg } from '../../openpgp/gnupg.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';
import { buildDeb } from '../../support/apt-archive.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { packageOf, statedOf } from '../format/packages-on-disk.ts';
import { buildSource } from '../format/sources-on-disk.ts';

const read = async (path: string, keyring?: Keyring): Promise<LocalReading> => {
  const [file] = await localFiles([path], aptPackageFiles.extensions);
  if (file === undefined) throw new Error(`${path} is no file that can be read`);
  return await aptPackageFiles.read(file, { keyring, now: new Date() });
};

describe('apt/local/package-files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });

  const binary = (name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, packageOf({}));
    return path;
  };

  it.each(['download.deb', 'x.udeb', 'x.ddeb'])('reads %s, and names it as dpkg-name does', async (name) => {
    const path = binary(name);
    const { packages, notices } = await read(path);
    const { size, sha256 } = statedOf(path);
    const location = `hello-world_1.0-1_amd64${name.slice(name.indexOf('.'))}`;
    expect(packages).toMatchObject([
      { record: { name: 'hello-world', version: '1:1.0-1', architecture: 'amd64', sha256, size, location }, files: [{ path }] },
    ]);
    expect(packages[0]?.record.record.toString()).toContain(`\nFilename: ${location}\nSize: ${size}\n`);
    expect(packages[0]?.extras).toEqual([{ kind: 'contents', data: Buffer.alloc(0) }]);
    expect(notices).toEqual([]);
  });

  it('says which file is not sound', async () => {
    const path = binary('x.deb');
    writeFileSync(path, readFileSync(path).subarray(0, 2000));
    await expect(read(path)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining(path) });
  });

  describeWithTools(['dpkg-source', 'dpkg-genchanges', 'dpkg-deb'], 'sources and uploads', () => {
    it('reads a .dsc with its archives', async () => {
      const { dsc } = buildSource(folder, { name: 'hello', version: '1.0' });
      const { packages, notices } = await read(dsc);
      const archive = statedOf(join(folder, 'hello_1.0.tar.xz'));
      expect(packages).toMatchObject([
        {
          record: {
            name: 'hello',
            version: '1.0',
            architecture: 'source',
            sha256: statedOf(dsc).sha256,
            location: 'hello_1.0.dsc',
            files: [{ name: 'hello_1.0.tar.xz', sha256: archive.sha256, size: archive.size }],
          },
          files: [{ path: dsc }, { path: join(folder, 'hello_1.0.tar.xz') }],
        },
      ]);
      expect(notices).toEqual([`${dsc} is not signed`]);
      const [stanza] = [...parseStanzas(packages[0]?.record.record ?? Buffer.alloc(0), 'x')];
      expect(
        stanza
          ?.get('Checksums-Sha256')
          ?.split('\n')
          .map((line) => line.trim()),
      ).toEqual([`${statedOf(dsc).sha256} ${statedOf(dsc).size} hello_1.0.dsc`, `${archive.sha256} ${archive.size} hello_1.0.tar.xz`]);
    });

    it('refuses a .dsc whose archive is changed or not there', async () => {
      const { dsc } = buildSource(folder, { name: 'hello', version: '1.0' });
      const archive = join(folder, 'hello_1.0.tar.xz');
      appendFileSync(archive, 'x');
      await expect(read(dsc)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining(archive) });
      rmSync(archive);
      await expect(read(dsc)).rejects.toMatchObject({
        code: 'FILE_MISSING',
        message: `${dsc} names hello_1.0.tar.xz, which is not beside it`,
      });
    });

    it('reads all that a .changes names, and says what is left out', async () => {
      const { changes } = await upload();
      const { packages, notices } = await read(changes);
      expect(packages.map(({ record }) => record.location)).toEqual(['hello_1.0.dsc', 'hello_1.0_amd64.deb']);
      expect(notices).toEqual([`${changes} is not signed`, `${changes} names what is no package and is left out: hello_1.0.buildinfo`]);
    });

    it('refuses a .changes one of whose files is changed or not there, packages or not', async () => {
      const { changes } = await upload();
      for (const name of ['hello_1.0.buildinfo', 'hello_1.0_amd64.deb', 'hello_1.0.dsc', 'hello_1.0.tar.xz']) {
        const path = join(folder, name);
        const bytes = readFileSync(path);
        appendFileSync(path, 'x');
        await expect(read(changes)).rejects.toMatchObject({ code: expect.stringMatching(/CHECKSUM_MISMATCH|METADATA_INVALID/) });
        writeFileSync(path, bytes);
        renameSync(path, `${path}.away`);
        await expect(read(changes)).rejects.toMatchObject({ code: 'FILE_MISSING', message: expect.stringContaining(name) });
        renameSync(`${path}.away`, path);
      }
      expect((await read(changes)).packages).toHaveLength(2);
    });

    it('refuses a .changes that names packages of another source or version', async () => {
      const { changes, text } = await upload();
      writeFileSync(changes, text.replace('Source: hello', 'Source: other'));
      await expect(read(changes)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining('is of other 1.0') });
      writeFileSync(changes, text.replace('Version: 1.0', 'Version: 1.1'));
      await expect(read(changes)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining('is hello 1.0') });
    });

    describeWithTools(['gpg'], 'signed', () => {
      let gnupg: GnuPg;
      let keyring: Keyring;
      let fingerprint: string;
      let stranger: string;
      beforeAll(async () => {
        gnupg = openGnuPg();
        const key = (name: string): string =>
          gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', `Name-Real: ${name}`]);
        fingerprint = key('Known');
        stranger = key('Stranger');
        keyring = await readKeyring([{ bytes: gnupg.gpg(['--export', fingerprint]), source: 'the keys' }]);
      });
      afterAll(() => gnupg.close());
      const sign = (path: string, by: string): void => {
        writeFileSync(path, gnupg.gpg(['--local-user', by, '--clearsign'], readFileSync(path)));
      };

      it('checks the signature of a .changes, which vouches for all that it names', async () => {
        const { changes } = await upload();
        await expect(read(changes, keyring)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
        sign(changes, fingerprint);
        const { packages, notices } = await read(changes, keyring);
        expect(packages).toHaveLength(2);
        expect(notices[0]).toBe(`${changes} is signed by ${fingerprint}`);
        expect((await read(changes)).notices[0]).toBe(`${changes} is signed, and the repo has no keys to check that with`);
        writeFileSync(changes, readFileSync(changes, 'utf8').replace('Urgency: low', 'Urgency: high'));
        await expect(read(changes, keyring)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
      });

      it('refuses the signature of a stranger', async () => {
        const { changes } = await upload();
        sign(changes, stranger);
        await expect(read(changes, keyring)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
      });

      it('checks the signature of a .dsc, and stores it signed', async () => {
        const { dsc } = buildSource(folder, { name: 'hello', version: '1.0' });
        await expect(read(dsc, keyring)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
        sign(dsc, fingerprint);
        const { packages } = await read(dsc, keyring);
        expect(packages[0]?.record).toMatchObject({ name: 'hello', sha256: statedOf(dsc).sha256 });
        expect(packages[0]?.record.record.toString()).not.toContain('PGP');
        expect((await read(dsc)).packages[0]?.record.record).toEqual(packages[0]?.record.record);
      });

      it('refuses a binary package that no .changes names', async () => {
        await expect(read(binary('x.deb'), keyring)).rejects.toMatchObject({ code: 'PACKAGE_UNSIGNED' });
      });
    });
  });

  /** A source package, a binary one and a .buildinfo, with the .changes that names them. */
  async function upload(): Promise<{ readonly changes: string; readonly text: string }> {
    const { changes } = buildSource(folder, { name: 'hello', version: '1.0' });
    await buildDeb(folder, { Package: 'hello', Version: '1.0' });
    writeFileSync(join(folder, 'hello_1.0.buildinfo'), 'Format: 1.0\n');
    const sums = ['hello_1.0_amd64.deb', 'hello_1.0.buildinfo'].map((name) => {
      const { size, sha256 } = statedOf(join(folder, name));
      return ` ${sha256} ${size} ${name}\n`;
    });
    const text = readFileSync(changes, 'utf8').replace('Checksums-Sha256:\n', (line) => `${line}${sums.join('')}`);
    writeFileSync(changes, text);
    execFileSync('grep', ['-q', 'hello_1.0_amd64.deb', changes]);
    return { changes, text };
  }
});
