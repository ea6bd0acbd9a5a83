import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { splitKeyFile } from '../../src/openpgp/key-file.ts';
import { readKnownKey } from '../../src/openpgp/trusted-key.ts';
import { LENIENT } from '../../src/openpgp/weak-algorithms.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { openGnuPg } from './gnupg.ts';

const NOW = Date.now();
const END_OF_TIME = Date.parse('2200-01-01');

/** Keys and subkeys that may sign now, by fingerprint, and until when, in milliseconds since 1970. */
type Signers = ReadonlyMap<string, number>;

/** What `gpg --show-keys --with-colons` says. */
function gpgSigners(colons: string): Signers {
  const signers = new Map<string, number>();
  let primaryExpires = Number.POSITIVE_INFINITY;
  let signer: { readonly expires: number } | undefined;
  for (const line of colons.split('\n')) {
    const fields = line.split(':');
    const [kind, validity = ''] = fields;
    if (kind === 'pub' || kind === 'sub') {
      const expires = fields[6] ? Number(fields[6]) * 1000 : Number.POSITIVE_INFINITY;
      if (kind === 'pub') primaryExpires = expires;
      const isUsable = (fields[11] ?? '').includes('s') && !/[reid]/.test(validity);
      signer = isUsable ? { expires: Math.min(expires, primaryExpires) } : undefined;
    } else if (kind === 'fpr' && signer !== undefined) {
      signers.set(fields[9] ?? '', signer.expires);
      signer = undefined;
    }
  }
  return signers;
}

/** What is wrong with how the keys of a file are judged. */
function differences(bytes: Buffer, expected: Signers): string[] {
  const parts = splitKeyFile(bytes).flatMap((packets) => readKnownKey(packets, LENIENT.allowed).parts);
  return [...new Set([...parts.map(({ fingerprint }) => fingerprint), ...expected.keys()])].flatMap((fingerprint) => {
    const same = parts.filter((part) => part.fingerprint === fingerprint);
    const signsAt = (time: number): boolean => same.some((part) => part.whyNot(new Date(time)) === undefined);
    const expires = expected.get(fingerprint);
    if (expires === undefined) return signsAt(NOW) ? [`${fingerprint} signs here only`] : [];
    if (!signsAt(NOW)) return [`${fingerprint} signs with gpg only: ${same.map((part) => part.whyNot(new Date(NOW))).join()}`];
    const end = Math.min(expires, END_OF_TIME);
    return signsAt(end - 1) && (end === END_OF_TIME || !signsAt(end)) ? [] : [`${fingerprint} does not expire when it does with gpg`];
  });
}

/** Keys of version 6. */
const NOT_FOR_GPG = /rpm\.org-v6-/;

describeWithTools(['gpg'], 'openpgp/trusted-key', () => {
  const gnupg = openGnuPg();
  afterAll(() => gnupg.close());
  const data = SHARED_DATA ?? '/nonexistent';
  const files = [
    ...globSync(['/usr/share/keyrings/*.{gpg,asc}', '/etc/apt/trusted.gpg.d/*']),
    ...globSync(['rpm/**/*{KEY,key}*', 'fixtures/rpm-tests/keys/*.{asc,pub,pgp}'], { cwd: data }).map((file) => join(data, file)),
  ].filter((file) => existsSync(file) && !file.endsWith('.rpm') && !NOT_FOR_GPG.test(file));

  it('takes for signers what gpg does, of every key at hand', () => {
    const wrong = files.flatMap((file) => {
      const colons = gnupg.gpg(['--show-keys', '--with-colons', '--with-subkey-fingerprint', file]).toString();
      return differences(readFileSync(file), gpgSigners(colons)).map((difference) => `${file}: ${difference}`);
    });
    expect(wrong).toEqual([]);
  }, 30_000);

  it('takes for signers what gpg does, of keys that have been changed in every way', () => {
    const key = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: cert', 'Name-Real: Changing', 'Expire-Date: 2y']);
    const judged = (): number => {
      const colons = gnupg.gpg(['--show-keys', '--with-colons', '--with-subkey-fingerprint'], gnupg.gpg(['--export', key])).toString();
      const expected = gpgSigners(colons);
      expect(differences(gnupg.gpg(['--export', key]), expected)).toEqual([]);
      return expected.size;
    };
    judged();
    for (const [kind, expires] of [
      ['ed25519', '1y'],
      ['ed25519', '3y'],
      ['dsa2048', 'never'],
      ['ed25519', '10'],
    ] as const) {
      gnupg.gpg(['--quick-add-key', key, kind, 'sign', expires]);
      judged();
    }
    gnupg.gpg(['--quick-add-key', key, 'rsa2048', 'encrypt']);
    gnupg.gpg(['--quick-set-expire', key, '1m']);
    judged();
    gnupg.gpg(['--quick-set-expire', key, '6y']);
    judged();
    gnupg.gpg(['--quick-set-expire', key, '4y', '*']);
    judged();
    gnupg.gpg(['--quick-add-uid', key, 'Second']);
    gnupg.gpg(['--quick-set-primary-uid', key, 'Second']);
    judged();
    gnupg.gpg(['--quick-revoke-uid', key, 'Changing']);
    judged();
    const signers = judged();
    gnupg.gpg(['--command-fd', '0', '--edit-key', key], 'key 2\nrevkey\ny\n0\n\ny\nsave\n');
    expect(judged()).toBe(signers - 1);
  }, 30_000);
});
