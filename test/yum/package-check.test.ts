import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMessage, generateKey, type PrivateKey, sign } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import type { Keyring } from '../../src/openpgp/types.ts';
import { readPackageHeaders } from '../../src/yum/format/package/package-file.ts';
import { checkPackage, startPackageCheck } from '../../src/yum/package-check.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { type MadeValue, makeHeader, makeRpm } from './made-rpm.ts';
import { withSignature } from './signature-entries.ts';

const TIME = new Date('2026-01-01T00:00:00Z');
const PAYLOAD = 'the payload';
const digest = (algorithm: string, data: Buffer | string): string => createHash(algorithm).update(data).digest('hex');
const wrong = (text: string): string => `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`;

type Entries = Readonly<Record<number, MadeValue>>;

const BASIC: Entries = { 1000: 'made', 1001: '1.0', 1002: '1', 1022: 'noarch', 1044: 'made-1.0-1.src.rpm' };
const IMMUTABLE_REGION = 63;

function headerOf(entries: Entries): Buffer {
  return makeHeader({ ...BASIC, ...entries }, IMMUTABLE_REGION);
}

/** A package with these entries in its header besides those that every package has, and these in its signature header besides its size. */
function made(entries: Entries, signature: Entries = {}): Buffer {
  const size = headerOf(entries).length + PAYLOAD.length;
  return makeRpm({ entries: { ...BASIC, ...entries }, signature: { 1000: { int32: [size] }, ...signature }, payload: PAYLOAD });
}

/** `good`, or the code and message of the error. */
function outcome(bytes: Buffer, keyring?: Keyring): string {
  try {
    const check = startPackageCheck({ what: 'made', keyring, now: TIME });
    check.update(bytes);
    check.finish();
    return 'good';
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const payloadDigest: Entries = { 5092: [digest('sha256', PAYLOAD)], 5093: { int32: [8] } };

describe('yum/package-check', () => {
  const header = (algorithm: string): string => digest(algorithm, headerOf({}));
  const kinds: readonly (readonly [string, Entries, Entries])[] = [
    ['SHA-1 of its header', {}, { 269: header('sha1') }],
    ['SHA-256 of its header', {}, { 273: header('sha256') }],
    ['SHA3-256 of its header', {}, { 279: header('sha3-256') }],
    ['SHA-256 of its payload', payloadDigest, {}],
    ['SHA-256 of its payload', { 5092: [digest('sha256', PAYLOAD)] }, {}],
    ['SHA-512 of its payload', { 5092: [digest('sha512', PAYLOAD)], 5093: { int32: [10] } }, {}],
    ['SHA-512 of its payload', { 5121: [digest('sha512', PAYLOAD)] }, {}],
    ['SHA3-256 of its payload', { 5123: [digest('sha3-256', PAYLOAD)] }, {}],
  ];
  const changed = (entries: Entries): Entries =>
    Object.fromEntries(
      Object.entries(entries).map(([tag, value]) => {
        if (typeof value === 'string') return [tag, wrong(value)];
        return [tag, Array.isArray(value) ? value.map((one) => wrong(String(one))) : value];
      }),
    );

  it.each(kinds)('checks the %s', (name, entries, signature) => {
    expect(outcome(made(entries, signature))).toBe('good');
    const bad = made(changed(entries), changed(signature));
    expect(outcome(bad)).toBe(`METADATA_INVALID: made is damaged: the ${name} is not what it says itself`);
  });

  it('checks the MD5 and the size of header and payload', () => {
    const md5 = createHash('md5').update(headerOf({})).update(PAYLOAD).digest();
    expect(outcome(withSignature(made({}), 1004, md5))).toBe('good');
    expect(outcome(withSignature(made({}), 1004, md5.reverse()))).toContain('the MD5 of its header and payload');
    expect(outcome(made({}, { 1000: { int32: [17] } }))).toContain('damaged: its size');
    expect(outcome(Buffer.concat([made({}), Buffer.from('more')]))).toContain('damaged: its size');
  });

  it('takes a payload that is not compressed for what it unpacks to', () => {
    const other = digest('sha256', 'compressed');
    expect(outcome(made({ 5092: [other], 5097: [digest('sha256', PAYLOAD)] }))).toBe('good');
    expect(outcome(made({ 5092: [other], 5097: [other] }))).toContain('the SHA-256 of its payload');
  });

  it.each([
    ['a digest that is a number', { 5092: { int32: [1] } }, {}],
    ['a signature that is a text', {}, { 268: 'signed' }],
    ['a signature of rpm 6 that is a number', {}, { 278: { int32: [1] } }],
    ['a signature of rpm 6 that is not base64', {}, { 278: ['?'] }],
    ['an MD5 that is a text', {}, { 1004: 'd41d8cd98f00b204e9800998ecf8427e' }],
  ] satisfies [string, Entries, Entries][])('refuses %s rather than pass over it', (_, entries, signature) => {
    expect(outcome(made(entries, signature))).toMatch(/^METADATA_INVALID: .* is not a valid RPM package/);
  });

  it('finds the same whatever the pieces are that it gets', async () => {
    const bytes = made(payloadDigest, { 273: digest('sha256', headerOf(payloadDigest)) });
    for (const length of [1, 7, 100, 112, 500, bytes.length]) {
      const pieces = async function* (): AsyncGenerator<Buffer> {
        for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
      };
      await expect(checkPackage(pieces(), { what: 'made', keyring: undefined, now: TIME })).resolves.toMatchObject({ name: 'made' });
    }
    for (let length = 0; length < bytes.length; length++) expect(outcome(bytes.subarray(0, length))).toMatch(/^METADATA_INVALID/);
  });
});

describe('yum/package-check, with signatures of rpm 6', () => {
  const keys: PrivateKey[] = [];
  let keyring: Keyring;
  let packets: (key: number, bytes: Uint8Array) => Promise<Buffer>;
  beforeAll(async () => {
    for (const settings of [
      { type: 'curve25519', config: { v6Keys: true } },
      { type: 'rsa', rsaBits: 2048, config: { v6Keys: true } },
      { type: 'ecc', curve: 'nistP256' },
      { type: 'ecc', curve: 'ed25519Legacy' },
    ] as const) {
      const { privateKey } = await generateKey({ ...settings, userIDs: [{ name: 'A' }], date: TIME, format: 'object' });
      keys.push(privateKey);
    }
    // The last one is a stranger.
    const known = keys.slice(0, 3).map((key, index) => ({ bytes: key.toPublic().write(), source: `key ${index}` }));
    keyring = await readKeyring(known);
    packets = async (index, bytes) => {
      const signingKeys = keys.slice(index, index + 1);
      const message = await createMessage({ binary: new Uint8Array(bytes) });
      return Buffer.from(await sign({ message, signingKeys, detached: true, date: TIME, format: 'binary' }));
    };
  });

  /** Signed by several keys, rightly or wrongly. */
  async function signed(entries: Entries, ...signers: readonly (readonly [key: number, right: boolean])[]): Promise<Buffer> {
    const texts: string[] = [];
    for (const [key, right] of signers) texts.push((await packets(key, right ? headerOf(entries) : Buffer.from('x'))).toString('base64'));
    return made(entries, { 278: texts });
  }

  it.each([0, 1, 2])('accepts key %i', async (key) => {
    expect(outcome(await signed(payloadDigest, [key, true]), keyring)).toBe('good');
    expect(outcome(await signed(payloadDigest, [key, false]), keyring)).toMatch(/^SIGNATURE_INVALID: .* does not match the content/);
  });

  it('accepts one good signature among those of strangers, and none beside one that is wrong', async () => {
    expect(outcome(await signed(payloadDigest, [3, true], [0, true]), keyring)).toBe('good');
    expect(outcome(await signed(payloadDigest, [0, true], [1, true], [2, true]), keyring)).toBe('good');
    expect(outcome(await signed(payloadDigest, [3, true]), keyring)).toMatch(
      /^SIGNATURE_INVALID: made is signed by [0-9A-F]{40}, which is not/,
    );
    expect(outcome(await signed(payloadDigest, [0, true], [1, false]), keyring)).toMatch(/^SIGNATURE_INVALID/);
  });

  it('does not take a signed header without a strong digest of the payload for a signed package', async () => {
    const partly = /^PACKAGE_UNSIGNED: made has a signature over its header only/;
    expect(outcome(await signed({}, [0, true]), keyring)).toMatch(partly);
    const weak = { 5092: [digest('sha1', PAYLOAD)], 5093: { int32: [2] } };
    expect(outcome(await signed(weak, [0, true]), keyring)).toMatch(partly);
    expect(outcome(made(payloadDigest), keyring)).toBe('PACKAGE_UNSIGNED: made is not signed');
  });
});

describeWithTools(['shared data'], 'yum/package-check, with packages of rpm 6', () => {
  const fixtures = join(SHARED_DATA ?? '', 'fixtures/rpm-tests');
  const keyringOf = (name: string): Promise<Keyring> => readKeyring([{ bytes: readFileSync(join(fixtures, 'keys', name)), source: name }]);
  const packageOf = (name: string): Buffer => readFileSync(join(fixtures, 'RPMS', `hello-2.0-1.x86_64${name}.rpm`));

  it('passes over a signature by ML-DSA beside a good one, and names the algorithm where there is no other', async () => {
    const bytes = packageOf('-signed-mldsa87');
    expect(outcome(bytes, await keyringOf('rpm.org-rsa-2048-test.pub'))).toBe('good');
    const [mlDsa] = readPackageHeaders(bytes, 'x').integrity.signatures;
    const only = made(payloadDigest, { 278: [mlDsa?.packets.toString('base64') ?? ''] });
    expect(outcome(only, await keyringOf('rpm.org-rsa-2048-test.pub'))).toContain('(with the unknown public-key algorithm 31)');
  });

  it('accepts a subkey that is bound and was unexpired when it signed', async () => {
    const bytes = packageOf('-signed-with-subkey');
    expect(outcome(bytes, await keyringOf('alice.asc'))).toBe('good');
    expect(outcome(bytes, await keyringOf('alice-expired-subkey.asc'))).toMatch(/^SIGNATURE_INVALID: .* expired on 2022-04-12/);
  });
});
