import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LocalReading } from '../../../src/family/local-packages.ts';
import { readKeyring } from '../../../src/openpgp/keyring.ts';
import type { Keyring } from '../../../src/openpgp/types.ts';
import { localFiles } from '../../../src/ops/local-files.ts';
import { yumPackageFiles } from '../../../src/yum/local/packages.ts';
import { type GnuPg, openGnuPg } from '../../openpgp/gnupg.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';
import { describeWithTools, SHARED_DATA } from '../../support/requirements.ts';
import { buildRpm, signRpms } from '../../support/rpm-repository.ts';
import { makeRpm } from '../made-rpm.ts';

const read = async (path: string, keyring?: Keyring): Promise<LocalReading> => {
  const [file] = await localFiles([path], yumPackageFiles.extensions);
  if (file === undefined) throw new Error(`${path} is no file that can be read`);
  return await yumPackageFiles.read(file, { keyring, now: new Date() });
};

const ENTRIES = { 1000: 'tool', 1001: '1.0', 1002: '2', 1003: { int32: [3] }, 1006: { int32: [1_700_000_000] }, 1022: 'noarch' };

describe('yum/local/package-files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });

  const write = (name: string, bytes: Buffer): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const made = (more: Parameters<typeof makeRpm>[0]['entries'] = {}): Buffer =>
    makeRpm({ entries: { ...ENTRIES, 1044: 'tool-1.0-2.src.rpm', ...more }, signature: { 269: 'x' }, payload: 'x' });
  /** With the digest of its header that a package must state rightly. */
  const digested = (more: Parameters<typeof makeRpm>[0]['entries'] = {}): Buffer => {
    const bytes = made(more);
    const header = bytes.subarray(bytes.indexOf(Buffer.from([0x8e, 0xad, 0xe8, 1]), 100), bytes.length - 1);
    const sha1 = createHash('sha1').update(header).digest('hex');
    return makeRpm({ entries: { ...ENTRIES, 1044: 'tool-1.0-2.src.rpm', ...more }, signature: { 269: sha1 }, payload: 'x' });
  };

  it('reads a package, and names it as rpmbuild does', async () => {
    const bytes = digested();
    const path = write('download.rpm', bytes);
    const { packages, notices } = await read(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const location = 'Packages/t/tool-1.0-2.noarch.rpm';
    expect(packages).toMatchObject([
      { record: { name: 'tool', version: '3:1.0-2', architecture: 'noarch', sha256, size: bytes.length, location }, files: [{ path }] },
    ]);
    const text = packages[0]?.record.record.toString();
    expect(text).toContain(`<location href="${location}"/>`);
    expect(text).toContain('<time file="1700000000" build="1700000000"/>');
    expect(packages[0]?.extras.map(({ kind, data }) => [kind, data.includes(`pkgid="${sha256}"`)])).toEqual([
      ['filelists', true],
      ['other', true],
    ]);
    expect(notices).toEqual([]);
  });

  it('tells source packages, and those without their sources by the name of the file', async () => {
    const source = digested({ 1106: { int32: [1] } });
    const places = async (name: string): Promise<string | undefined> => (await read(write(name, source))).packages[0]?.record.location;
    expect(await places('a.rpm')).toBe('Packages/t/tool-1.0-2.src.rpm');
    expect(await places('a.nosrc.rpm')).toBe('Packages/t/tool-1.0-2.nosrc.rpm');
  });

  it('refuses what is no package, is cut off, or says of itself what is not so', async () => {
    const refused = async (bytes: Buffer): Promise<unknown> => {
      const path = write('x.rpm', bytes);
      return await read(path).catch((error: unknown) => error);
    };
    const problem = (text: string) => ({ code: 'METADATA_INVALID', message: expect.stringContaining(text) });
    expect(await refused(Buffer.from('!<arch>\n'.repeat(100)))).toMatchObject(problem('is not an RPM package'));
    expect(await refused(Buffer.alloc(0))).toMatchObject(problem('x.rpm is no RPM package: it ends after 0 bytes'));
    expect(await refused(digested().subarray(0, 300))).toMatchObject(problem('it ends after 300 bytes'));
    expect(await refused(made())).toMatchObject(problem('the SHA-1 of its header'));
    expect(await refused(digested({ 1000: 'a name' }))).toMatchObject(problem('with a name that no package can have'));
    expect(await refused(digested({ 1001: '../1' }))).toMatchObject(problem('with the impossible version'));
  });

  describeWithTools(['rpmbuild', 'rpmsign', 'gpg'], 'with keys', () => {
    let gnupg: GnuPg;
    beforeAll(() => {
      gnupg = openGnuPg();
    });
    afterAll(() => gnupg.close());

    it('takes what is signed by one of them, and nothing else', { timeout: 30_000 }, async () => {
      const [signer, other] = ['Packager', 'Stranger'].map((name) =>
        gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', `Name-Real: ${name}`]),
      );
      const keyringOf = async (key = ''): Promise<Keyring> =>
        await readKeyring([{ bytes: Buffer.from(gnupg.gpg(['--armor', '--export', key])), source: 'x' }]);
      const packages = join(folder, 'packages');
      mkdirSync(packages);
      await buildRpm(packages, { name: 'tool' });
      const path = join(packages, readdirSync(packages)[0] ?? '');
      const keyring = await keyringOf(signer);
      await expect(read(path, keyring)).rejects.toMatchObject({ code: 'PACKAGE_UNSIGNED', hint: expect.stringContaining('rpmsign') });
      await signRpms(packages, gnupg, signer ?? '');
      expect((await read(path, keyring)).packages).toHaveLength(1);
      await expect(read(path, await keyringOf(other))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
      const bytes = readFileSync(path);
      bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
      const changed = join(folder, 'changed.rpm');
      writeFileSync(changed, bytes);
      await expect(read(changed)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    });
  });

  describeWithTools(['shared data'], 'real packages', () => {
    it('reads them', async () => {
      const root = join(SHARED_DATA ?? '', 'rpm/rpm6');
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rpm'));
      expect(files.length).toBeGreaterThan(5);
      for (const file of files) expect((await read(join(root, file))).packages).toHaveLength(1);
    });
  });
});
