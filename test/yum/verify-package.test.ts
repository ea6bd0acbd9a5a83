import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { readArmor } from '../../src/openpgp/armor.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { openSigner } from '../../src/openpgp/signer.ts';
import type { Keyring, Signer } from '../../src/openpgp/types.ts';
import type { YumCandidate } from '../../src/yum/candidate.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { readPackageHeaders } from '../../src/yum/format/package/package-file.ts';
import { formatEvr } from '../../src/yum/format/version.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { createRig, type Rig } from './rig.ts';
import { withSignature } from './signature-entries.ts';

const data = SHARED_DATA ?? '';
const NOW = new Date('2026-06-01');
const ALL = { verify: [], architectures: ['x86_64', 'aarch64', 'i686', 'src'] };

function keyringOf(path: string): Promise<Keyring> {
  return readKeyring([{ bytes: readFileSync(path), source: path }]);
}

/** `good`, or the code of the error. */
async function outcomeOf(check: Promise<void>): Promise<string> {
  try {
    await check;
    return 'good';
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    return error.code;
  }
}

describeWithTools(['shared data', 'rpmkeys'], 'yum/verify-package', () => {
  let scratch: string;
  let rig: Rig;
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'mirror-verify-'));
    rig = await createRig(join(data, 'rpm'));
  });
  afterAll(async () => {
    await rig.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each([
    ['pgdg-common-el8', 'PGDG-RPM-GPG-KEY-RHEL', 60],
    ['al2023', 'RPM-GPG-KEY', 18],
    ['fedora34', 'gpg/RPM-GPG-KEY-dsalomon', 15],
  ])(
    'accepts from %s what rpmkeys accepts',
    async (name, key, atLeast) => {
      const root = join(data, 'rpm', name);
      const keyring = await keyringOf(join(root, key));
      const upstream = await rig.refresh(ALL, { bases: [`${rig.server.url}${name}/`] });
      const present = (await rig.load(ALL, upstream)).filter((candidate) => existsSync(join(root, candidate.location))).slice(0, 80);
      expect(present.length).toBeGreaterThanOrEqual(atLeast);

      const database = join(scratch, name);
      mkdirSync(database);
      execFileSync('rpmkeys', ['--dbpath', database, '--import', join(root, key)]);
      const files = present.map((candidate) => join(root, candidate.location));
      const answers = spawnSync('rpmkeys', ['--dbpath', database, '-K', ...files], { encoding: 'utf8' }).stdout;
      const wrong: string[] = [];
      for (const [index, candidate] of present.entries()) {
        const file = files[index] ?? '';
        const blob = await rig.add(readFileSync(file));
        const outcome = await outcomeOf(yumFamily.verifyPackage(candidate, blob, rig.blobs, keyring, NOW));
        const accepted = answers.includes(`${file}: digests signatures OK`);
        if ((outcome === 'good') !== accepted) wrong.push(`${file}: ${outcome}, rpmkeys ${accepted}`);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  const packages = join(data, 'fixtures/createrepo_c/packages');
  const rpmTests = join(data, 'fixtures/rpm-tests');

  /** A candidate as metadata without a mistake would have it. */
  function candidateOf(bytes: Buffer, change: Partial<YumCandidate> = {}): YumCandidate {
    const headers = readPackageHeaders(bytes, 'a test package');
    return {
      mirror: 'test',
      name: headers.name,
      version: formatEvr(headers),
      architecture: headers.architecture,
      location: 'x.rpm',
      base: undefined,
      size: bytes.length,
      checksums: [{ algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') }],
      element: Buffer.alloc(0),
      filelists: undefined,
      ...change,
    };
  }

  /** Checks bytes against what the metadata says of the good package, or of another. */
  async function verify(
    bytes: Buffer,
    keyring: Keyring,
    change: Partial<YumCandidate> = {},
    original = candidateOf(good()),
  ): Promise<string> {
    const blob = await rig.add(bytes);
    return outcomeOf(yumFamily.verifyPackage({ ...original, ...change }, blob, rig.blobs, keyring, NOW));
  }

  const pgdg = join(data, 'rpm/pgdg-common-el8');
  const good = (): Buffer => readFileSync(join(pgdg, 'ydiff-1.2-10.rhel8.noarch.rpm'));
  const pgdgKey = (): Promise<Keyring> => keyringOf(join(pgdg, 'PGDG-RPM-GPG-KEY-RHEL'));

  it('refuses a package that is another than the metadata says', async () => {
    const keyring = await pgdgKey();
    expect(await verify(good(), keyring)).toBe('good');
    expect(await verify(good(), keyring, { name: 'sudo' })).toBe('METADATA_INVALID');
    expect(await verify(good(), keyring, { version: '1.2-11.rhel8' })).toBe('METADATA_INVALID');
    expect(await verify(good(), keyring, { version: '1:1.2-10.rhel8' })).toBe('METADATA_INVALID');
    expect(await verify(good(), keyring, { architecture: 'x86_64' })).toBe('METADATA_INVALID');
  });

  it('refuses a package of which any byte of header or payload was changed', async () => {
    const keyring = await pgdgKey();
    const { headerEnd, headerStart } = readPackageHeaders(good(), 'x');
    for (const offset of [headerStart + 3000, headerEnd - 1, headerEnd, good().length - 1]) {
      const bytes = good();
      bytes[offset] = (bytes[offset] ?? 0) ^ 1;
      expect([offset, await verify(bytes, keyring)]).toEqual([offset, 'METADATA_INVALID']);
    }
    expect(await verify(Buffer.concat([good(), Buffer.from('more')]), keyring)).toBe('METADATA_INVALID');
    expect(await verify(good().subarray(0, good().length - 1), keyring)).toBe('METADATA_INVALID');
  });

  it('refuses what is no package', async () => {
    const blob = await rig.add(Buffer.from('<html>Please log in</html>'.repeat(20)));
    const candidate = candidateOf(good());
    expect(await outcomeOf(yumFamily.verifyPackage(candidate, blob, rig.blobs, await pgdgKey(), NOW))).toBe('METADATA_INVALID');
    const short = await rig.add(Buffer.from([0xed, 0xab]));
    expect(await outcomeOf(yumFamily.verifyPackage(candidate, short, rig.blobs, await pgdgKey(), NOW))).toBe('METADATA_INVALID');
  });

  it('refuses unsigned packages and those of other keys', async () => {
    const keyring = await pgdgKey();
    const archer = readFileSync(join(packages, 'Archer-3.4.5-6.x86_64.rpm'));
    expect(await verify(archer, keyring, {}, candidateOf(archer))).toBe('PACKAGE_UNSIGNED');
    expect(await verify(good(), await keyringOf(join(data, 'rpm/al2023/RPM-GPG-KEY')))).toBe('SIGNATURE_INVALID');
  });

  describe('of a package whose header has no digest of its payload', () => {
    const plain = (): Buffer => readFileSync(join(data, 'fixtures/zoo/squirrel-0.1-1.noarch.rpm'));
    let signer: Signer;
    let keyring: Keyring;
    beforeAll(async () => {
      const key = await generateKey({ userId: 'Test', algorithm: 'ed25519', time: new Date('2023-01-01') });
      signer = await openSigner({ armoredSecret: key.armoredSecret });
      keyring = await readKeyring([{ bytes: Buffer.from(key.publicKey), source: 'test' }]);
    });

    const sign = async (bytes: Buffer): Promise<Buffer> => {
      const [block] = readArmor(await signer.signDetached(bytes, new Date('2024-01-01')), { textAround: false });
      return Buffer.from(block?.data ?? []);
    };

    it('takes a signature over header and payload', async () => {
      const { headerStart, integrity } = readPackageHeaders(plain(), 'x');
      expect(integrity.payload).toEqual([]);
      const signed = withSignature(plain(), 1005, await sign(plain().subarray(headerStart)));
      expect(await verify(signed, keyring, {}, candidateOf(plain()))).toBe('good');
      const wrong = withSignature(plain(), 1005, await sign(plain().subarray(headerStart + 1)));
      expect(await verify(wrong, keyring, {}, candidateOf(plain()))).toBe('SIGNATURE_INVALID');
      signed[signed.length - 20] = (signed.at(-20) ?? 0) ^ 1;
      expect(await verify(signed, keyring, {}, candidateOf(plain()))).toBe('METADATA_INVALID');
    });

    it('checks packages of any size, as many at once as a sync does, in little memory', async () => {
      const [size, piece] = [200, Buffer.alloc(1024 * 1024)];
      const { headerBytes } = readPackageHeaders(plain(), 'x');
      const signed = withSignature(plain(), 1005, await sign(Buffer.from('something else')));
      const head = Buffer.from(signed.subarray(0, readPackageHeaders(signed, 'x').headerEnd));
      const md5 = createHash('md5').update(headerBytes);
      for (let count = 0; count < size; count++) md5.update(piece);
      const sizeField = Buffer.alloc(4);
      sizeField.writeUInt32BE(headerBytes.length + size * piece.length);
      overwriteEntry(head, 1000, sizeField);
      overwriteEntry(head, 1004, md5.digest());
      const intake = await rig.blobs.intake('large');
      const file = await intake.add(
        (async function* () {
          yield head;
          for (let count = 0; count < size; count++) yield piece;
        })(),
      );
      await intake.finish();
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }, 5);
      const check = (): Promise<string> => outcomeOf(yumFamily.verifyPackage(candidateOf(plain()), file, rig.blobs, keyring, NOW));
      expect(await Promise.all([check(), check(), check(), check()])).toEqual(Array.from({ length: 4 }, () => 'SIGNATURE_INVALID'));
      clearInterval(watch);
      expect(Math.max(most, process.memoryUsage.rss()) - before).toBeLessThan(150 * 1024 * 1024);
    }, 30_000);

    it('does not take a signature over the header alone, which says nothing of the payload', async () => {
      const signed = withSignature(plain(), 267, await sign(readPackageHeaders(plain(), 'x').headerBytes));
      expect(readPackageHeaders(signed, 'x').integrity.signatures).toMatchObject([{ tag: 'DSA', over: 'header' }]);
      expect(await verify(signed, keyring, {}, candidateOf(plain()))).toBe('PACKAGE_UNSIGNED');
    });
  });

  it('refuses the corrupt packages of the tests of rpm', async () => {
    const keyring = await keyringOf(join(rpmTests, 'keys/rpm.org-rsa-2048-test.pub'));
    const file = readFileSync(join(rpmTests, 'RPMS/hello-2.0-1.x86_64-corrupted.rpm'));
    const candidate = candidateOf(readFileSync(join(rpmTests, 'RPMS/hello-2.0-1.x86_64.rpm')));
    const outcome = await outcomeOf(yumFamily.verifyPackage(candidate, await rig.add(file), rig.blobs, keyring, NOW));
    expect(outcome).not.toBe('good');
  });
});

/** Puts another value of the same length into the signature header. */
function overwriteEntry(head: Buffer, tag: number, value: Buffer): void {
  const entries = head.readUInt32BE(96 + 8);
  for (let index = 0; index < entries; index++) {
    const at = 112 + 16 * index;
    if (head.readUInt32BE(at) === tag) value.copy(head, 112 + 16 * entries + head.readUInt32BE(at + 8));
  }
}
