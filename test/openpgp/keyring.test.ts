import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { writeArmor } from '../../src/openpgp/armor.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import type { Keyring } from '../../src/openpgp/types.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { type GnuPg, openGnuPg } from './gnupg.ts';
import { certificate, handmadeKey, packet, subkey } from './handmade.ts';
import { headerSignatures } from './rpm-signatures.ts';

const MADE = 1_700_000_000;
const NOW = new Date('2026-11-22T12:00:00Z');
const key = handmadeKey(MADE);
const other = handmadeKey(MADE);
const id = key.fingerprint.toString('hex').toUpperCase();
const otherId = other.fingerprint.toString('hex').toUpperCase();
const binary = certificate(key, MADE);
const armored = writeArmor('PGP PUBLIC KEY BLOCK', binary);

const read = (...files: (string | Uint8Array)[]): Promise<Keyring> =>
  readKeyring(files.map((bytes, index) => ({ bytes: Buffer.from(bytes), source: `key${index}.asc` })));
const readFile = (path: string): Promise<Keyring> => readKeyring([{ bytes: readFileSync(path), source: basename(path) }]);

describe('openpgp/keyring', () => {
  it('reads a key, binary or armored, with or without text around', async () => {
    for (const file of [binary, armored, `My key:\n\n${armored}\nBye.\n`, `\ufeff${armored}`]) {
      const { keys } = await read(file);
      expect(keys).toEqual([
        {
          fingerprint: id,
          userId: 'Handmade <handmade@example.org>',
          algorithm: 'Ed25519',
          expires: undefined,
          armored: expect.any(String),
        },
      ]);
      expect((await read(keys[0]?.armored ?? '')).keys).toEqual(keys);
    }
  });

  it('reads several keys of a file, in one block or several, and of several files, once each', async () => {
    const second = certificate(other, MADE);
    const fingerprints = async (...files: (string | Uint8Array)[]): Promise<string[]> =>
      (await read(...files)).keys.map((entry) => entry.fingerprint);
    expect(await fingerprints(Buffer.concat([binary, second]))).toEqual([id, otherId]);
    expect(await fingerprints(writeArmor('PGP PUBLIC KEY BLOCK', Buffer.concat([binary, second])))).toEqual([id, otherId]);
    expect(await fingerprints(`${armored}text\n${writeArmor('PGP PUBLIC KEY BLOCK', second)}`)).toEqual([id, otherId]);
    expect(await fingerprints(armored, second, binary)).toEqual([id, otherId]);
  });

  it('leaves out unusable keys among usable ones', async () => {
    const unsigned = Buffer.concat([packet(6, other.body), packet(13, Buffer.from('Nobody'))]);
    const { keys } = await read(Buffer.concat([unsigned, binary]));
    expect(keys.map((entry) => entry.fingerprint)).toEqual([id]);
  });

  it.each([
    ['nothing', '', 'holds no OpenPGP key'],
    ['a web page', '<!DOCTYPE html><html>Not found</html>', 'holds no OpenPGP key'],
    ['a signature', writeArmor('PGP SIGNATURE', binary), 'holds no OpenPGP key'],
    ['a key without a self-signature', Buffer.concat([packet(6, key.body), packet(13, Buffer.from('Nobody'))]), `${id} cannot sign`],
    [
      'a key with the self-signature of another',
      Buffer.concat([packet(6, other.body), binary.subarray(6 + key.body.length)]),
      'no usable key',
    ],
    ['a key that is cut short', binary.subarray(0, 100), 'cut short'],
    ['armor that is damaged', armored.replace(/^=.{4}/m, '=AAAA'), 'does not match its checksum'],
    ['packets before the key', Buffer.concat([packet(13, Buffer.from('x')), binary]), 'does not begin with a public key'],
    ['a secret key', writeArmor('PGP PRIVATE KEY BLOCK', packet(5, key.body)), 'a secret key where a public key is wanted'],
    ['a binary secret key', packet(5, key.body), 'a secret key where a public key is wanted'],
    ['a key of an unknown algorithm', packet(6, Buffer.from('046a0000001e00000000', 'hex')), 'public-key algorithm 30'],
    ['a key of version 3', packet(6, Buffer.concat([Buffer.from('033a000000000001', 'hex'), Buffer.alloc(140, 1)])), 'outdated version 3'],
    ['a key of version 5', packet(6, Buffer.concat([Buffer.from([5]), key.body.subarray(1)])), 'unknown version 5'],
    ['a key with something else in it', Buffer.concat([binary, packet(11, Buffer.from('b'))]), 'of type 11 stands in a public key'],
    ['a huge file', Buffer.alloc(LIMITS.keyFile + 1, 0x99), `more than ${LIMITS.keyFile}`],
  ])('refuses %s', async (_, file, message) => {
    const error: unknown = await read(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining('key0.asc') });
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  it('takes self-signatures of version 3 and of SHA-1, and of MD5 where the policy does', async () => {
    for (const fields of [{ isVersion3: true }, { hash: 2 }, { isVersion3: true, hash: 2 }])
      expect((await read(certificate(key, MADE, [], fields))).keys).toMatchObject([{ fingerprint: id }]);
    const md5 = { bytes: certificate(key, MADE, [], { hash: 1, isVersion3: true }), source: 'key' };
    expect((await readKeyring([md5], { allowed: ['md5'] })).keys).toMatchObject([{ fingerprint: id }]);
    await expect(readKeyring([md5], { allowed: ['sha1'], setting: 'mirrors.old.allowWeak' })).rejects.toMatchObject({
      message: expect.stringContaining('has a self-signature that uses MD5'),
      hint: expect.stringContaining('mirrors.old.allowWeak: [md5, sha1]'),
    });
  });

  it('never fails with anything but KEY_INVALID, whatever byte of a key is changed or missing', async () => {
    const whole = certificate(key, MADE, [subkey(key, other, { binder: key, created: MADE, crossSigned: true })]);
    const outcome = async (bytes: Buffer): Promise<number> => {
      try {
        return (await read(bytes)).keys.length;
      } catch (error) {
        if (isMirrorError(error, 'KEY_INVALID')) return 0;
        throw error;
      }
    };
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      if ((await outcome(changed)) === 0) refused++;
      await outcome(whole.subarray(0, at));
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('says how to export keys from a keybox', async () => {
    const keybox = Buffer.concat([Buffer.from([0, 0, 0, 32, 1, 1, 0, 2]), Buffer.from('KBXf'), Buffer.alloc(20)]);
    await expect(read(keybox)).rejects.toMatchObject({ code: 'KEY_INVALID', hint: expect.stringContaining('--export') });
  });

  it('refuses a file of keys if one of several files has no usable key', async () => {
    await expect(read(armored, 'nothing')).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining('key1.asc') });
  });
});

describeWithTools(['gpg', 'gpgv'], 'openpgp/keyring, with gpg', () => {
  const gnupg: GnuPg = openGnuPg();
  afterAll(() => gnupg.close());
  const text = 'Origin: A\n- dash \n\n-----BEGIN PGP MESSAGE-----\nFrom b\n';
  const document = gnupg.file('document', text);
  const exported = (fingerprint: string): Buffer => gnupg.gpg(['--export', fingerprint]);
  const detached = (fingerprint: string, ...options: string[]): Buffer =>
    gnupg.gpg(['-u', fingerprint, ...options, '--output', '-', '--detach-sign', document]);

  const kinds = [
    ['RSA 2048', ['SHA256', 'SHA384', 'SHA512'], ['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign']],
    ['Ed25519', ['SHA256', 'SHA384', 'SHA512'], ['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: sign']],
    ['ECDSA P-256', ['SHA256', 'SHA384', 'SHA512'], ['Key-Type: ECDSA', 'Key-Curve: NIST P-256', 'Key-Usage: sign']],
    ['ECDSA P-384', ['SHA384', 'SHA512'], ['Key-Type: ECDSA', 'Key-Curve: NIST P-384', 'Key-Usage: sign']],
    ['ECDSA P-521', ['SHA512'], ['Key-Type: ECDSA', 'Key-Curve: NIST P-521', 'Key-Usage: sign']],
  ] as const;

  it.each(kinds)(
    'verifies what %s signs, detached and cleartext, with every strong hash that gpg lets it',
    async (algorithm, hashes, lines) => {
      const fingerprint = gnupg.makeKey([...lines, `Name-Real: ${algorithm}`]);
      const ring = await read(exported(fingerprint));
      expect(ring.keys[0]).toMatchObject({ fingerprint, algorithm, userId: algorithm });
      const now = new Date();
      for (const hash of hashes) {
        const binarySignature = detached(fingerprint, '--digest-algo', hash);
        expect(await ring.verifyDetached(Buffer.from(text), binarySignature, 'document', now)).toMatchObject({ fingerprint });
        const textSignature = detached(fingerprint, '--digest-algo', hash, '--textmode', '--armor');
        expect(await ring.verifyDetached(Buffer.from(text), textSignature, 'document', now)).toMatchObject({ fingerprint });
      }
      const cleartext = gnupg.gpg(['-u', fingerprint, '--output', '-', '--clear-sign', document]);
      const { bytes } = await ring.verifyCleartext(cleartext, 'document', now);
      expect(bytes.toString()).toBe(text.replace('dash ', 'dash'));
    },
  );

  it('calls SHA-1, DSA and short RSA keys too weak, and accepts what the policy does', async () => {
    const strong = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Strong']);
    const rsa = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Name-Real: RSA']);
    const short = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 1024', 'Name-Real: Short']);
    const dsa = gnupg.makeKey(['Key-Type: DSA', 'Key-Length: 2048', 'Name-Real: DSA']);
    const files = [exported(strong), Buffer.concat([exported(rsa), exported(short), exported(dsa)])];
    const ring = await read(...files);
    const old = { allowed: ['sha1', 'dsa'], setting: 'mirrors.old.allowWeak' } as const;
    const lax = await readKeyring(
      files.map((bytes) => ({ bytes, source: 'keys' })),
      old,
    );
    expect(ring.keys.map((entry) => entry.fingerprint)).toEqual([strong, rsa]);
    expect(lax.keys.map((entry) => [entry.fingerprint, entry.algorithm])).toEqual([
      [strong, 'Ed25519'],
      [rsa, 'RSA 2048'],
      [dsa, 'DSA 2048'],
    ]);
    for (const [signature, why, accepted] of [
      [detached(rsa, '--digest-algo', 'SHA1'), 'uses SHA-1', rsa],
      [detached(short), 'is an RSA key of only 1024 bits', undefined],
      [detached(dsa), 'is a DSA key', dsa],
      [detached(dsa, '--digest-algo', 'SHA512', '--textmode'), 'is a DSA key', dsa],
    ] as const) {
      const refusal = { code: 'SIGNATURE_WEAK', message: expect.stringContaining(why) };
      await expect(ring.verifyDetached(Buffer.from(text), signature, 'document', new Date())).rejects.toMatchObject(refusal);
      const verified = lax.verifyDetached(Buffer.from(text), signature, 'document', new Date());
      if (accepted === undefined) await expect(verified).rejects.toMatchObject(refusal);
      else await expect(verified).resolves.toMatchObject({ fingerprint: accepted });
      await expect(lax.verifyDetached(Buffer.from('other'), signature, 'document', new Date())).rejects.toMatchObject({
        code: accepted === undefined ? 'SIGNATURE_WEAK' : 'SIGNATURE_INVALID',
      });
    }
    const sha224 = detached(rsa, '--digest-algo', 'SHA224');
    await expect(ring.verifyDetached(Buffer.from(text), sha224, 'document', new Date())).resolves.toMatchObject({ fingerprint: rsa });
    await expect(read(exported(short))).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining('1024 bits') });
    const refused = readKeyring([{ bytes: exported(dsa), source: 'keys' }], { ...old, allowed: ['sha1'] });
    await expect(refused).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('is a DSA key'),
      hint: expect.stringContaining('set mirrors.old.allowWeak: [sha1, dsa].'),
    });
  });

  it.each([1024, 2048, 3072])(
    'verifies what DSA keys of %i bits sign, with hashes shorter and longer than their numbers',
    async (length) => {
      const fingerprint = gnupg.makeKey(['Key-Type: DSA', `Key-Length: ${length}`, `Name-Real: DSA ${length}`]);
      const policy = { allowed: ['sha1', 'dsa'] } as const;
      const ring = await readKeyring([{ bytes: exported(fingerprint), source: 'key' }], policy);
      // gpg itself uses no hash that is shorter than the key's numbers.
      const hashes = length === 1024 ? ['SHA1', 'SHA224', 'SHA256', 'SHA512'] : ['SHA256', 'SHA512'];
      for (const hash of hashes) {
        const signature = detached(fingerprint, '--digest-algo', hash);
        await expect(ring.verifyDetached(Buffer.from(text), signature, 'document', new Date())).resolves.toMatchObject({ fingerprint });
      }
    },
  );

  it('refuses a key that is expired now, also for what it signed before', async () => {
    const then = ['--faked-system-time', '20240101T000000!'];
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Expire-Date: 30d', 'Name-Real: Expired'], then);
    const signature = detached(fingerprint, ...then);
    const ring = await read(exported(fingerprint));
    expect(ring.keys[0]?.expires).toBe(Date.parse('2024-01-31T00:00:00Z'));
    const verify = (now: string): Promise<unknown> => ring.verifyDetached(Buffer.from(text), signature, 'document', new Date(now));
    await expect(verify('2024-01-02T00:00:00Z')).resolves.toMatchObject({ fingerprint });
    await expect(verify('2024-01-30T23:59:59Z')).resolves.toMatchObject({ fingerprint });
    await expect(verify('2024-01-31T00:00:00Z')).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(`${fingerprint} expired on 2024-01-31`),
    });
  });

  it('refuses a revoked key, also when another file has it unrevoked', async () => {
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Revoked']);
    const good = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Good']);
    const before = exported(fingerprint);
    const signature = detached(fingerprint);
    const revocation = readFileSync(join(gnupg.home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8').replace(
      ':-----BEGIN',
      '-----BEGIN',
    );
    gnupg.gpg(['--import'], revocation);
    await expect(read(exported(fingerprint))).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('is revoked'),
    });
    const ring = await read(before, Buffer.concat([exported(fingerprint), exported(good)]));
    expect(ring.keys.map((entry) => entry.fingerprint)).toEqual([good]);
    await expect(ring.verifyDetached(Buffer.from(text), signature, 'document', new Date())).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(`${fingerprint} is revoked`),
    });
  });

  it('refuses a key whose flags do not allow signing', async () => {
    const fingerprint = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: cert', 'Name-Real: Certifies']);
    await expect(read(exported(fingerprint))).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('cannot sign'),
    });
  });

  it('is narrowed down to primary keys with their subkeys, or to single ones', async () => {
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: cert,sign', 'Name-Real: Narrow']);
    gnupg.gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign', 'never']);
    const subkey = /^sub:(?:.*\n)fpr:+([0-9A-F]{40})/m.exec(gnupg.gpg(['--with-colons', '--list-keys', fingerprint]).toString())?.[1] ?? '';
    const stranger = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Stranger']);
    const ring = await read(Buffer.concat([exported(fingerprint), exported(stranger)]));
    const accepts = async (entry: string, signer: string): Promise<boolean> => {
      const verifying = ring.limitedTo([entry]).verifyDetached(Buffer.from(text), detached(signer), 'document', new Date());
      return verifying.then(
        () => true,
        () => false,
      );
    };
    const bySubkey = `${subkey}!`;
    const byPrimary = `${fingerprint}!`;
    expect(await Promise.all([fingerprint, subkey, bySubkey, byPrimary, stranger].map((entry) => accepts(entry, bySubkey)))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(await Promise.all([fingerprint, subkey, byPrimary, bySubkey].map((entry) => accepts(entry, byPrimary)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(ring.limitedTo([subkey]).keys.map((entry) => entry.fingerprint)).toEqual([fingerprint]);
    expect(ring.limitedTo(['0'.repeat(40)]).keys).toEqual([]);
  });

  it('accepts a signing subkey', async () => {
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: cert', 'Name-Real: Subkey']);
    gnupg.gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign']);
    const ring = await read(exported(fingerprint));
    const result = await ring.verifyDetached(Buffer.from(text), detached(fingerprint), 'document', new Date());
    expect(result.fingerprint).toBe(fingerprint);
    expect(result.signer).not.toBe(fingerprint);
  });

  it('accepts a cleartext document of two signers who sign at once, as Debian has', async () => {
    const signers = ['First', 'Second'].map((name) => gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', `Name-Real: ${name}`]));
    const [first = '', second = ''] = signers;
    const cleartext = gnupg.gpg(['-u', first, '-u', second, '--output', '-', '--clear-sign', document]);
    for (const fingerprint of signers) {
      const ring = await read(exported(fingerprint));
      expect((await ring.verifyCleartext(cleartext, 'document', new Date())).signature).toMatchObject({ fingerprint });
    }
  });
});

const DEBIAN = '/usr/share/keyrings/debian-archive-keyring.gpg';
describe.skipIf(!existsSync(DEBIAN))("openpgp/keyring, with the machine's own archive", () => {
  it('verifies the InRelease files that apt has, in far less than a second', async () => {
    const ring = await readFile(DEBIAN);
    const lists = globSync('/var/lib/apt/lists/*debian*_dists_*_InRelease');
    for (const list of lists) {
      const started = performance.now();
      const { bytes } = await ring.verifyCleartext(readFileSync(list), list, new Date());
      expect(performance.now() - started).toBeLessThan(1000);
      expect(bytes.toString()).toMatch(/^Origin: Debian\n/m);
    }
  });

  it('reads every keyring and key of the machine', async () => {
    for (const path of globSync(['/usr/share/keyrings/debian-*.gpg', '/etc/apt/trusted.gpg.d/*.asc']))
      expect((await readFile(path)).keys.length).toBeGreaterThan(0);
  });
});

describeWithTools(['shared data'], 'openpgp/keyring, with real repositories', () => {
  const data = SHARED_DATA ?? '';
  const keys = join(data, 'fixtures/rpm-tests/keys');
  const packages = join(data, 'fixtures/rpm-tests/RPMS');

  it.each([
    ['pgdg-common-el8', 'PGDG-RPM-GPG-KEY-RHEL', 'repodata'],
    ['opensuse-zst', 'outtathebox5319-rpm-signing-key.asc', 'x86_64/repodata'],
  ])('verifies repomd.xml of %s', async (repository, keyFile, repodata) => {
    const folder = join(data, 'rpm', repository);
    const ring = await readFile(join(folder, keyFile));
    const repomd = readFileSync(join(folder, repodata, 'repomd.xml'));
    const signature = readFileSync(join(folder, repodata, 'repomd.xml.asc'));
    await expect(ring.verifyDetached(repomd, signature, 'repomd.xml', NOW)).resolves.toMatchObject({
      fingerprint: ring.keys[0]?.fingerprint,
    });
    await expect(ring.verifyDetached(repomd.subarray(1), signature, 'repomd.xml', NOW)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  it('calls the SHA-1 signature of an old repository too weak', async () => {
    const folder = join(data, 'rpm/lzma-sha1/repodata');
    const ring = await readFile(join(folder, 'repomd.xml.key'));
    const signature = readFileSync(join(folder, 'repomd.xml.asc'));
    const verified = ring.verifyDetached(readFileSync(join(folder, 'repomd.xml')), signature, 'repomd.xml', NOW);
    await expect(verified).rejects.toMatchObject({ code: 'SIGNATURE_WEAK' });
    const lax = await readKeyring([{ bytes: readFileSync(join(folder, 'repomd.xml.key')), source: 'key' }], { allowed: ['sha1'] });
    const accepted = lax.verifyDetached(readFileSync(join(folder, 'repomd.xml')), signature, 'repomd.xml', NOW);
    await expect(accepted).resolves.toMatchObject({ fingerprint: lax.keys[0]?.fingerprint });
  });

  it.each([
    ['rpm.org-rsa-2048-test.pub', 'hello-2.0-1.x86_64-signed.rpm', undefined],
    ['rpm.org-rsa-2048-test.pub', 'hello-2.0-1.x86_64-v3-signed.rpm', undefined],
    ['rpm.org-rsa-2048-add-subkey.asc', 'hello-2.0-1.x86_64-signed-with-new-subkey.rpm', undefined],
    ['rpm.org-rsa-2048-test.pub', 'hello-2.0-1.x86_64-signed-with-new-subkey.rpm', 'SIGNATURE_INVALID'],
    ['alice.asc', 'hello-2.0-1.x86_64-signed-with-subkey.rpm', undefined],
    ['alice-expired-subkey.asc', 'hello-2.0-1.x86_64-signed-with-subkey.rpm', 'SIGNATURE_INVALID'],
  ])('with %s, the header signature of %s gives %s', async (keyFile, file, code) => {
    const ring = await readFile(join(keys, keyFile));
    const { header, signatures } = headerSignatures(readFileSync(join(packages, file)));
    expect(signatures.length).toBeGreaterThan(0);
    for (const signature of signatures) {
      const verified = ring.verifyDetached(header, signature, file, NOW);
      if (code === undefined) await expect(verified).resolves.toBeDefined();
      else await expect(verified).rejects.toMatchObject({ code });
    }
  });

  it('refuses a key whose only signing subkey is revoked', async () => {
    await expect(readFile(join(keys, 'alice-revoked-subkey.asc'))).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('tells keys with the same key id apart by fingerprint', async () => {
    const first = await readFile(join(keys, 'keyidcollision1.pub'));
    const second = await readFile(join(keys, 'keyidcollision2.pub'));
    expect(first.keys[0]?.fingerprint.slice(-16)).toBe(second.keys[0]?.fingerprint.slice(-16));
    expect(first.keys[0]?.fingerprint).not.toBe(second.keys[0]?.fingerprint);
  });

  it('verifies EdDSA packages', async () => {
    const folder = join(data, 'rpm/al2023');
    const ring = await readFile(join(folder, 'RPM-GPG-KEY'));
    const [file] = globSync(join(folder, '**/*.rpm'));
    const { header, signatures } = headerSignatures(readFileSync(file ?? ''));
    await expect(ring.verifyDetached(header, signatures[0] ?? Buffer.alloc(0), 'package', NOW)).resolves.toBeDefined();
  });
});
