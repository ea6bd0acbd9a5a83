import { execFile, execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { runAll } from '../../src/core/run-all.ts';
import { readArmor, writeArmor } from '../../src/openpgp/armor.ts';
import { readKeyring } from '../../src/openpgp/keyring.ts';
import type { Keyring } from '../../src/openpgp/types.ts';
import { LENIENT } from '../../src/openpgp/weak-algorithms.ts';
import { readPackageHeaders } from '../../src/yum/format/package/package-file.ts';
import { startPackageCheck } from '../../src/yum/package-check.ts';
import { openGnuPg } from '../openpgp/gnupg.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { withSignature } from './signature-entries.ts';

const run = promisify(execFile);
const data = SHARED_DATA ?? '';

type Verdict = 'good' | 'bad' | 'no key' | 'unsigned';

/** Where we mean to differ: our verdict, and why. */
interface Difference {
  readonly ours: Verdict;
  readonly because: string;
}

/** What rpmkeys -Kv says of one package: one line for each digest and signature. */
function rpmVerdict(lines: readonly string[]): Verdict {
  if (lines.some((line) => !/: (OK|NOKEY)( \(.*\))?$/.test(line))) return 'bad';
  if (lines.some((line) => line.includes(': NOKEY'))) return 'no key';
  return lines.some((line) => line.includes('ignature, key ID')) ? 'good' : 'unsigned';
}

function ourVerdict(file: string, keyring: Keyring): { readonly verdict: Verdict; readonly message: string } {
  try {
    const check = startPackageCheck({ what: basename(file), keyring, now: new Date() });
    check.update(readFileSync(file));
    check.finish();
    return { verdict: 'good', message: '' };
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    const { code, message } = error;
    if (code === 'PACKAGE_UNSIGNED') return { verdict: 'unsigned', message };
    return { verdict: message.includes('which is not among the trusted keys') ? 'no key' : 'bad', message };
  }
}

describeWithTools(['shared data', 'rpmkeys', 'rpmsign', 'gpg'], 'yum/verify-package, against rpmkeys', () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'mirror-rpmkeys-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** What rpmkeys with these keys says of each file; undefined when it does not take a key. */
  async function rpmVerdicts(database: string, keys: readonly string[], files: readonly string[]): Promise<Verdict[] | undefined> {
    const options = ['--dbpath', join(scratch, database)];
    for (const [index, key] of keys.entries()) {
      // It wants armor with a checksum, and nothing else.
      const [block] = readArmor(key, { textAround: true });
      const path = join(scratch, `${database}-${index}.asc`);
      writeFileSync(path, writeArmor('PGP PUBLIC KEY BLOCK', block?.data ?? Buffer.alloc(0)));
      if ((await run('rpmkeys', [...options, '--import', path]).catch(() => undefined)) === undefined) return undefined;
    }
    const answer = await run('rpmkeys', [...options, '-Kv', ...files], { maxBuffer: 64 << 20 }).catch((error: { stdout: string }) => error);
    const found = new Map<string, string[]>();
    let lines: string[] = [];
    for (const line of answer.stdout.split('\n')) {
      if (line.startsWith(' ')) {
        lines.push(line);
      } else {
        lines = [];
        found.set(line.replace(/:$/, ''), lines);
      }
    }
    return files.map((file) => rpmVerdict(found.get(file) ?? ['refused']));
  }

  const real = globSync('{rpm,fixtures}/**/*.rpm', { cwd: data })
    .map((file) => join(data, file))
    .sort();
  // rpm 4.18 takes none of the others of the fixtures: these are keys with subkeys, of version 6, on NIST curves, or forged.
  const keyFiles = [
    'rpm/al2023/RPM-GPG-KEY',
    'rpm/fedora34/gpg/RPM-GPG-KEY-dsalomon',
    'rpm/lzma-sha1/repodata/repomd.xml.key',
    'rpm/opensuse-zst/outtathebox5319-rpm-signing-key.asc',
    'rpm/pgdg-common-el8/PGDG-RPM-GPG-KEY-RHEL',
    'fixtures/rpm-tests/keys/different-creation-times.asc',
    'fixtures/rpm-tests/keys/keyidcollision1.pub',
    'fixtures/rpm-tests/keys/keyidcollision2.pub',
    'fixtures/rpm-tests/keys/rpm.org-ed25519-test.pub',
    'fixtures/rpm-tests/keys/rpm.org-rsa-2048-test.pub',
  ];

  it('says of every real package, with every key, what it says', async () => {
    expect(real.length).toBeGreaterThan(500);
    const wrong: string[] = [];
    const counts: Record<Verdict, number> = { good: 0, bad: 0, 'no key': 0, unsigned: 0 };
    await runAll(
      keyFiles.map((keyFile, index) => async () => {
        const key = readFileSync(join(data, keyFile), 'utf8');
        const theirs = await rpmVerdicts(`key${index}`, [key], real);
        const keyring = await readKeyring([{ bytes: Buffer.from(key), source: keyFile }], LENIENT);
        for (const [at, file] of real.entries()) {
          const { message, verdict } = ourVerdict(file, keyring);
          counts[verdict]++;
          if (verdict !== theirs?.[at]) wrong.push(`${keyFile} ${file}: ${verdict} (${message}), rpmkeys ${theirs?.[at]}`);
        }
      }),
      2,
    );
    expect(wrong).toEqual([]);
    expect(counts.good).toBeGreaterThan(320);
    expect(counts['no key']).toBeGreaterThan(1000);
    expect(counts.unsigned).toBeGreaterThan(1000);
    expect(counts.bad).toBeGreaterThan(0);
  }, 60_000);

  describe('with packages that were signed for it', () => {
    const gnupg = openGnuPg();
    afterAll(() => gnupg.close());
    const gpgPath = execFileSync('sh', ['-c', 'command -v gpg'], { encoding: 'utf8' }).trim();
    const read = (path: string): Buffer => readFileSync(join(data, path));
    const modern = read('fixtures/rpm-tests/RPMS/hello-2.0-1.x86_64.rpm');
    const old = read('fixtures/zoo/squirrel-0.1-1.noarch.rpm');
    const headerOf = (bytes: Buffer): Buffer => readPackageHeaders(bytes, 'x').headerBytes;
    const wholeOf = (bytes: Buffer): Buffer => bytes.subarray(readPackageHeaders(bytes, 'x').headerStart);
    const rsa = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Name-Real: RSA']);
    const dsa = gnupg.makeKey(['Key-Type: DSA', 'Key-Length: 2048', 'Name-Real: DSA']);
    const ed25519 = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Ed25519']);
    const other = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 3072', 'Name-Real: Other']);
    const exported = (...fingerprints: string[]): string => gnupg.gpg(['--armor', '--export', ...fingerprints]).toString();
    const by = (fingerprint: string, bytes: Buffer, ...options: string[]): Buffer =>
      gnupg.gpg(['-u', fingerprint, ...options, '-b'], bytes);
    const broken = (bytes: Buffer, at: number): Buffer => {
      const changed = Buffer.from(bytes);
      changed[changed.length - at] = (changed.at(-at) ?? 0) ^ 1;
      return changed;
    };
    const [HEADER_DSA, HEADER_RSA, WHOLE_PGP, WHOLE_GPG] = [267, 268, 1002, 1005];

    it('says what it says of what rpmsign signs', async () => {
      const files: string[] = [];
      for (const [index, fingerprint] of [rsa, dsa, ed25519].entries()) {
        for (const [name, bytes] of Object.entries({ modern, old })) {
          const file = gnupg.file(`${name}-${index}.rpm`, bytes);
          const macros = ['--define', `_gpg_name ${fingerprint}`, '--define', `__gpg ${gpgPath}`];
          await run('rpmsign', [...macros, '--addsign', file], {
            env: { ...process.env, GNUPGHOME: gnupg.home },
          });
          files.push(file, gnupg.file(`broken-${name}-${index}.rpm`, broken(readFileSync(file), 3)));
        }
      }
      const keys = [rsa, dsa, ed25519].map((fingerprint) => exported(fingerprint));
      const theirs = await rpmVerdicts('rpmsign', keys, files);
      const keyring = await readKeyring(
        keys.map((bytes) => ({ bytes: Buffer.from(bytes), source: 'key' })),
        LENIENT,
      );
      expect(files.map((file) => ourVerdict(file, keyring).verdict)).toEqual(theirs);
      expect(theirs).toEqual(files.map((file) => (basename(file).startsWith('broken') ? 'bad' : 'good')));
    });

    it('says what it says of good and bad signatures in every place, but where it is stricter', async () => {
      const header = headerOf(modern);
      const whole = wholeOf(modern);
      const signed = (...entries: (readonly [number, Buffer])[]): Buffer =>
        entries.reduce((bytes, [tag, packet]) => withSignature(bytes, tag, packet), modern);
      const unsigned: Difference = { ours: 'unsigned', because: 'nothing that was signed says what the payload is' };
      const misplaced: Difference = { ours: 'bad', because: 'no signer writes that: it is an entry for keys of another kind' };
      const future: Difference = { ours: 'bad', because: 'a clock is wrong, or somebody wants to outlive a key' };
      const tomorrow = new Date(Date.now() + 3 * 86_400_000).toISOString().replace(/[-:]|\..*/g, '');
      const cases: Readonly<Record<string, readonly [Buffer, Verdict, Difference?]>> = {
        'header by RSA': [signed([HEADER_RSA, by(rsa, header)]), 'good'],
        'header by RSA with SHA-1': [signed([HEADER_RSA, by(rsa, header, '--digest-algo', 'SHA1')]), 'good'],
        'header by RSA with SHA-224': [signed([HEADER_RSA, by(rsa, header, '--digest-algo', 'SHA224')]), 'good'],
        'header by DSA': [signed([HEADER_DSA, by(dsa, header)]), 'good'],
        'header by Ed25519': [signed([HEADER_DSA, by(ed25519, header)]), 'good'],
        'whole by RSA': [signed([WHOLE_PGP, by(rsa, whole)]), 'good'],
        'whole by DSA': [signed([WHOLE_GPG, by(dsa, whole)]), 'good'],
        'both by RSA': [signed([HEADER_RSA, by(rsa, header)], [WHOLE_PGP, by(rsa, whole)]), 'good'],
        'header by an unknown key': [signed([HEADER_RSA, by(other, header)]), 'no key'],
        'header good, whole by an unknown key': [signed([HEADER_RSA, by(rsa, header)], [WHOLE_PGP, by(other, whole)]), 'no key'],
        'header good, whole bad': [signed([HEADER_RSA, by(rsa, header)], [WHOLE_PGP, by(rsa, header)]), 'bad'],
        'header bad, whole good': [signed([HEADER_RSA, by(rsa, whole)], [WHOLE_PGP, by(rsa, whole)]), 'bad'],
        'a number changed': [signed([HEADER_RSA, broken(by(rsa, header), 5)]), 'bad'],
        'cut short': [signed([HEADER_RSA, by(rsa, header).subarray(0, 100)]), 'bad'],
        'no OpenPGP packet': [signed([HEADER_RSA, Buffer.from('signed, truly')]), 'bad'],
        'a key': [signed([HEADER_RSA, gnupg.gpg(['--export', rsa])]), 'bad'],
        'old, both': [withSignature(withSignature(old, HEADER_DSA, by(dsa, headerOf(old))), WHOLE_GPG, by(dsa, wholeOf(old))), 'good'],
        'old, whole': [withSignature(old, WHOLE_GPG, by(dsa, wholeOf(old))), 'good'],
        'old, header only': [withSignature(old, HEADER_DSA, by(dsa, headerOf(old))), 'bad', unsigned],
        'RSA in the tag of DSA': [signed([HEADER_DSA, by(rsa, header)]), 'good', misplaced],
        'DSA in the tag of RSA': [signed([HEADER_RSA, by(dsa, header)]), 'good', misplaced],
        'RSA in the tag of DSA, whole': [signed([WHOLE_GPG, by(rsa, whole)]), 'good', misplaced],
        'two in one tag': [signed([HEADER_RSA, Buffer.concat([by(rsa, header), by(rsa, header)])]), 'bad'],
        'of a text': [signed([HEADER_RSA, by(rsa, header, '--textmode')]), 'bad'],
        'from the future': [signed([HEADER_RSA, by(rsa, header, '--faked-system-time', `${tomorrow}!`)]), 'good', future],
        'more after the end': [Buffer.concat([signed([HEADER_RSA, by(rsa, header)]), Buffer.from('x')]), 'bad'],
      };
      const files = Object.entries(cases).map(([name, [bytes]]) => gnupg.file(`${name}.rpm`, bytes));
      const keys = [exported(rsa), exported(dsa), exported(ed25519)];
      const theirs = await rpmVerdicts('made', keys, files);
      const keyring = await readKeyring(
        keys.map((bytes) => ({ bytes: Buffer.from(bytes), source: 'key' })),
        LENIENT,
      );
      expect(theirs).toEqual(Object.values(cases).map(([, verdict]) => verdict));
      const wanted = Object.values(cases).map(([, verdict, difference]) => difference?.ours ?? verdict);
      expect(files.map((file) => ourVerdict(file, keyring).verdict)).toEqual(wanted);
    });
  });
});
