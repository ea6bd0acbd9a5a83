import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type GeneratedKey, generateKey } from '../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import { openSigner } from '../../src/openpgp/signer.ts';
import { describeWithTools } from '../support/requirements.ts';
import { type GnuPg, openGnuPg } from './gnupg.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const SIGNED = new Date('2026-02-03T04:05:06.789Z');
const TEXT = 'Origin: A\n- dash \n\n-----BEGIN PGP SIGNATURE-----\nFrom é\u2028-x\n';

const plain = await generateKey({ userId: 'Mirror <mirror@example.org>', algorithm: 'ed25519', time: MADE });
const locked = await generateKey({ userId: 'Locked', algorithm: 'ed25519', time: MADE, passphrase: 'päss word' });
const rsa = await generateKey({ userId: 'RSA', algorithm: 'rsa4096', time: MADE, passphrase: 'secret' });
const kinds: readonly (readonly [string, GeneratedKey, string | undefined])[] = [
  ['ed25519', plain, undefined],
  ['ed25519 with a passphrase', locked, 'päss word'],
  ['rsa4096', rsa, 'secret'],
];

describe('openpgp/signer', () => {
  it.each(kinds)('signs with %s what our own keyring accepts', async (_, key, passphrase) => {
    const signer = await openSigner({ armoredSecret: key.armoredSecret, passphrase });
    expect(signer).toMatchObject({ fingerprint: key.fingerprint, publicKey: key.publicKey });
    const ring = await readKeyring([{ bytes: Buffer.from(signer.publicKey), source: 'own key' }]);
    const good = { fingerprint: key.fingerprint, signer: key.fingerprint, created: Date.parse('2026-02-03T04:05:06Z') };

    const bytes = Buffer.from([0, 13, 10, 255, 10]);
    const detached = Buffer.from(await signer.signDetached(bytes, SIGNED));
    expect(await ring.verifyDetached(bytes, detached, 'bytes', SIGNED)).toEqual(good);
    const cleartext = Buffer.from(await signer.signCleartext(TEXT, SIGNED));
    const verified = await ring.verifyCleartext(cleartext, 'text', SIGNED);
    expect(verified.signature).toEqual(good);
    expect(verified.bytes.toString()).toBe(TEXT.replace('dash ', 'dash'));
  });

  it.each(kinds)('makes equal signatures with %s for equal input and time', async (_, key, passphrase) => {
    const signer = await openSigner({ armoredSecret: key.armoredSecret, passphrase });
    expect(await signer.signDetached(Buffer.from('a'), SIGNED)).toBe(await signer.signDetached(Buffer.from('a'), SIGNED));
    expect(await signer.signCleartext('a\n', SIGNED)).toBe(await signer.signCleartext('a\n', SIGNED));
    expect(await signer.signDetached(Buffer.from('a'), SIGNED)).not.toBe(await signer.signDetached(Buffer.from('b'), SIGNED));
  });

  it('writes checksums, and no blank line before the signature', async () => {
    const signer = await openSigner({ armoredSecret: plain.armoredSecret });
    const cleartext = await signer.signCleartext('a\n', SIGNED);
    expect(cleartext).toMatch(/^-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\na\n-----BEGIN PGP SIGNATURE-----\n\n/);
    for (const armor of [cleartext, await signer.signDetached(Buffer.from('a'), SIGNED), plain.publicKey, plain.armoredSecret])
      expect(armor).toMatch(/\n=[A-Za-z0-9+/]{4}\n-----END PGP [A-Z ]+-----\n$/);
  });

  it('refuses to sign at a time before the key was made, or after it expired', async () => {
    const expiring = await generateKey({ userId: 'Expires', algorithm: 'ed25519', time: MADE, expires: new Date('2026-02-01T00:00:00Z') });
    const signer = await openSigner({ armoredSecret: expiring.armoredSecret });
    await expect(signer.signDetached(Buffer.from('a'), new Date('2026-01-31T23:59:59Z'))).resolves.toContain('BEGIN PGP SIGNATURE');
    for (const time of ['2026-02-01T00:00:00Z', '2025-12-31T23:59:59Z'])
      await expect(signer.signDetached(Buffer.from('a'), new Date(time))).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('refuses to sign text that no verifier would accept', async () => {
    const signer = await openSigner({ armoredSecret: plain.armoredSecret });
    await expect(signer.signCleartext('Origin: a\rb\n', SIGNED)).rejects.toThrow('control character');
  });

  it.each([
    ['no passphrase', undefined, 'none was given'],
    ['an empty passphrase', '', 'none was given'],
    ['a wrong passphrase', 'wrong', 'cannot be unlocked'],
  ])('refuses a protected key with %s', async (_, passphrase, message) => {
    const opened = openSigner({ armoredSecret: locked.armoredSecret, passphrase });
    await expect(opened).rejects.toMatchObject({ code: 'KEY_LOCKED', message: expect.stringContaining(message) });
  });

  it.each([
    ['a public key', plain.publicKey, 'no armored secret key'],
    ['nothing', '', 'no armored secret key'],
    ['two keys', plain.armoredSecret + locked.armoredSecret, 'more than one secret key'],
    ['damaged armor', plain.armoredSecret.replace(/^=.{4}/m, '=AAAA'), 'checksum'],
  ])('refuses %s', async (_, armoredSecret, message) => {
    await expect(openSigner({ armoredSecret })).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(message) });
  });
});

describeWithTools(['gpg', 'gpgv', 'rpmkeys', 'rpm'], 'openpgp/signer, with gpg and rpm', () => {
  const gnupg: GnuPg = openGnuPg();
  afterAll(() => gnupg.close());

  it.each(kinds)('makes signatures with %s that gpgv accepts', async (name, key, passphrase) => {
    const signer = await openSigner({ armoredSecret: key.armoredSecret, passphrase });
    for (const text of [TEXT, '', '\n', 'no line end', '\n\nblank lines around\n\n', ' \t\n']) {
      const cleartext = gnupg.file('clear', await signer.signCleartext(text, SIGNED));
      expect(gnupg.gpgv(signer.publicKey, [cleartext]), JSON.stringify(text)).toContain('Good signature');
      const shown = gnupg.file('shown', text);
      const detached = gnupg.file('detached.asc', await signer.signDetached(Buffer.from(text), SIGNED));
      expect(gnupg.gpgv(signer.publicKey, [detached, shown]), name).toContain('Good signature');
    }
  });

  it.each(kinds)('makes %s so that gpg can use the secret key, and rpm knows the public one', (name, key, passphrase) => {
    gnupg.gpg(['--passphrase', passphrase ?? '', '--import'], key.armoredSecret);
    const document = gnupg.file('document', 'text');
    const signature = gnupg.gpg(['--passphrase', passphrase ?? '', '-u', key.fingerprint, '--output', '-', '--detach-sign', document]);
    expect(gnupg.gpgv(key.publicKey, [gnupg.file('signature', signature), document])).toContain('Good signature');

    const database = join(gnupg.home, `rpm-${name.replaceAll(' ', '-')}`);
    mkdirSync(database);
    execFileSync('rpmkeys', ['--dbpath', database, '--import', gnupg.file('public.asc', key.publicKey)]);
    const known = execFileSync('rpm', ['--dbpath', database, '-q', 'gpg-pubkey', '--qf', '%{VERSION}\n']).toString();
    expect(known.trim().toUpperCase()).toBe(key.fingerprint.slice(-8));
  });

  it('signs with a key that gpg made: with the primary key where it can, else with a subkey', async () => {
    const both = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Both']);
    const certify = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: cert', 'Name-Real: Certify']);
    for (const fingerprint of [both, certify]) {
      gnupg.gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign']);
      const armoredSecret = gnupg.gpg(['--armor', '--export-secret-keys', fingerprint]).toString();
      const signer = await openSigner({ armoredSecret });
      const now = new Date();
      const signature = Buffer.from(await signer.signDetached(Buffer.from('a'), now));
      const ring = await readKeyring([{ bytes: Buffer.from(signer.publicKey), source: 'own key' }]);
      const { fingerprint: primary, signer: part } = await ring.verifyDetached(Buffer.from('a'), signature, 'a', now);
      expect(primary).toBe(fingerprint);
      expect(part === fingerprint).toBe(fingerprint === both);
    }
  });

  it.each(['SHA256', 'SHA384'])('names the hash algorithm %s that a foreign key prefers', async (hash) => {
    const lines = ['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', `Name-Real: ${hash}`, `Preferences: ${hash}`];
    const fingerprint = gnupg.makeKey(lines);
    const armoredSecret = gnupg.gpg(['--armor', '--export-secret-keys', fingerprint]).toString();
    const signer = await openSigner({ armoredSecret });
    const cleartext = await signer.signCleartext('a\n', new Date());
    expect(cleartext).toContain(`Hash: ${hash}\n`);
    expect(gnupg.gpgv(signer.publicKey, [gnupg.file('clear', cleartext)])).toContain('Good signature');
  });

  it('signs with a subkey where the secret part of the primary key is kept elsewhere', async () => {
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Offline']);
    gnupg.gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign']);
    const armoredSecret = gnupg.gpg(['--armor', '--export-secret-subkeys', fingerprint]).toString();
    const signer = await openSigner({ armoredSecret });
    const signature = gnupg.file('subkey.asc', await signer.signDetached(Buffer.from('a'), new Date()));
    expect(readFileSync(signature, 'utf8')).toContain('BEGIN PGP SIGNATURE');
    expect(gnupg.gpgv(signer.publicKey, [signature, gnupg.file('a', 'a')])).toContain('Good signature');
  });
});
