import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { MirrorEvent } from '../../src/core/events.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { openSigner } from '../../src/openpgp/signer.ts';
import type { WeakAlgorithm } from '../../src/openpgp/weak-algorithms.ts';
import { checkPinnedKeys, loadKeyring, type MirrorKeys, refreshPinnedKey } from '../../src/ops/trusted-keys.ts';
import { openCatalogue } from '../../src/store/state.ts';
import { startFetcher, startServer, type TestServer } from '../fetch/servers.ts';
import { openGnuPg } from '../openpgp/gnupg.ts';
import { certificate, handmadeKey, subkey } from '../openpgp/handmade.ts';
import { describeWithTools } from '../support/requirements.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');
const first = await generateKey({ userId: 'First', algorithm: 'ed25519', time: MADE });
const second = await generateKey({ userId: 'Second', algorithm: 'ed25519', time: MADE });

interface Site extends Omit<MirrorKeys, 'config'> {
  readonly server: TestServer;
  readonly events: MirrorEvent[];
  readonly directory: string;
  /** What the server answers; undefined for an error. */
  answer: string | Uint8Array | undefined;
  keys(...keys: string[]): MirrorKeys;
}

async function startSite(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'mirror-keys-'));
  const catalogue = openCatalogue(directory);
  onTestFinished(async () => {
    catalogue.close();
    await rm(directory, { recursive: true, force: true });
  });
  const events: MirrorEvent[] = [];
  const server = await startServer((_, response) => {
    if (site.answer === undefined) response.writeHead(500).end();
    else response.end(site.answer);
  });
  const site: Site = {
    name: 'docker',
    directory,
    catalogue,
    fetcher: await startFetcher({ retries: 0 }),
    clock: { now: () => NOW },
    report: (event) => events.push(event),
    server,
    events,
    answer: first.publicKey,
    keys: (...keys) => ({ ...site, config: { keys, keyserver: server.url } }),
  };
  return site;
}

const messages = (site: Site): string[] =>
  site.events.map((event) => ('message' in event ? `${event.type}: ${event.message}` : event.type));

describe('ops/trusted-keys', () => {
  it('loads keys from files, which vouch for what they sign', async () => {
    const site = await startSite();
    const paths = [join(site.directory, 'first.asc'), join(site.directory, 'second.asc')];
    await writeFile(paths[0] ?? '', first.publicKey);
    await writeFile(paths[1] ?? '', second.publicKey);
    const ring = await loadKeyring(site.keys(...paths));
    expect(ring.keys.map((key) => key.fingerprint)).toEqual([first.fingerprint, second.fingerprint]);
    const signer = await openSigner(second);
    const signature = Buffer.from(await signer.signDetached(Buffer.from('a'), NOW));
    await expect(ring.verifyDetached(Buffer.from('a'), signature, 'a', NOW)).resolves.toMatchObject({ fingerprint: second.fingerprint });
    expect(site.events).toEqual([]);
  });

  it('refuses no keys at all, a file that is not there, and one that is none', async () => {
    const site = await startSite();
    await expect(loadKeyring(site.keys())).rejects.toMatchObject({
      code: 'KEY_MISSING',
      hint: expect.stringContaining('mirrors.docker.keys'),
    });
    await expect(loadKeyring(site.keys(join(site.directory, 'none')))).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await expect(loadKeyring(site.keys(site.directory))).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await writeFile(join(site.directory, 'text'), 'text');
    await expect(loadKeyring(site.keys(join(site.directory, 'text')))).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('pins the key at a URL at its first use, says so, and fetches nothing from then on', async () => {
    const site = await startSite();
    const url = `${site.server.url}/gpg`;
    const keys = site.keys(url);
    for (let time = 0; time < 3; time++) {
      const ring = await loadKeyring(keys);
      expect(ring.keys.map((key) => key.fingerprint)).toEqual([first.fingerprint]);
      site.answer = second.publicKey;
    }
    expect(site.server.requests).toHaveLength(1);
    expect(messages(site)).toEqual([
      `info: trusting ${first.fingerprint} (First) from ${url} from now on: compare the fingerprint with what the publisher says`,
    ]);
    expect(site.events[0]).toMatchObject({ subject: 'docker' });
    expect(site.catalogue.pinnedKey(url)).toMatchObject({ fingerprints: [first.fingerprint], pinnedAt: NOW.getTime() });
  });

  it('pins nothing when the URL has no key', async () => {
    const site = await startSite();
    const url = `${site.server.url}/gpg`;
    site.answer = '<html>Please log in</html>';
    await expect(loadKeyring(site.keys(url))).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(url) });
    site.answer = undefined;
    await expect(loadKeyring(site.keys(url))).rejects.toMatchObject({ code: expect.stringMatching(/^FETCH_/) });
    expect(site.catalogue.pinnedKey(url)).toBeUndefined();
    expect(site.events).toEqual([]);
  });

  it('does not show a password of the URL', async () => {
    const site = await startSite();
    const url = `${site.server.url.replace('//', '//user:password@')}/gpg`;
    await loadKeyring(site.keys(url));
    expect(messages(site).join()).not.toContain('password');
  });

  it('notices another key at the URL, keeps the pinned one, and takes the other when told so', async () => {
    const site = await startSite();
    const url = `${site.server.url}/gpg`;
    await loadKeyring(site.keys(url));
    expect(await checkPinnedKeys(site.keys(url))).toBe(false);

    site.answer = first.publicKey + second.publicKey;
    const changed = { code: 'KEY_CHANGED', hint: expect.stringContaining(`mirror key import ${url} --accept`) };
    await expect(checkPinnedKeys(site.keys(url))).rejects.toMatchObject(changed);
    await expect(refreshPinnedKey(url, { ...site, accept: false })).rejects.toMatchObject(changed);
    expect((await loadKeyring(site.keys(url))).keys.map((key) => key.fingerprint)).toEqual([first.fingerprint]);

    expect(await refreshPinnedKey(url, { ...site, accept: true })).toMatchObject({ status: 'replaced' });
    expect((await loadKeyring(site.keys(url))).keys.map((key) => key.fingerprint).sort()).toEqual(
      [first.fingerprint, second.fingerprint].sort(),
    );
    expect(await refreshPinnedKey(url, { ...site, accept: false })).toMatchObject({ status: 'unchanged' });
  });

  it('accepts by itself that a key is gone, or that the same key has another subkey', async () => {
    const site = await startSite();
    const url = `${site.server.url}/gpg`;
    const key = handmadeKey(1_700_000_000);
    const extended = certificate(key, 1_700_000_000, [
      subkey(key, handmadeKey(1_700_000_000), { binder: key, created: 1_700_000_000, crossSigned: true }),
    ]);
    site.answer = Buffer.concat([certificate(key, 1_700_000_000)]);
    await loadKeyring(site.keys(url));
    site.answer = extended;
    expect(await checkPinnedKeys(site.keys(url))).toBe(true);
    expect(await checkPinnedKeys(site.keys(url))).toBe(false);

    const other = `${site.server.url}/both`;
    site.answer = first.publicKey + second.publicKey;
    expect(await refreshPinnedKey(other, { ...site, accept: false })).toMatchObject({ status: 'pinned' });
    site.answer = second.publicKey;
    expect(await refreshPinnedKey(other, { ...site, accept: false })).toMatchObject({ status: 'updated' });
    site.answer = first.publicKey + second.publicKey;
    await expect(refreshPinnedKey(other, { ...site, accept: false })).rejects.toMatchObject({ code: 'KEY_CHANGED' });
  });

  it('only warns when the upstream cannot be asked for a new key', async () => {
    const site = await startSite();
    const url = `${site.server.url}/gpg`;
    await loadKeyring(site.keys(url));
    site.answer = undefined;
    expect(await checkPinnedKeys(site.keys(url))).toBe(false);
    expect(messages(site).at(-1)).toContain(`warning: ${url} could not be checked`);
  });

  it('looks a fingerprint up at the keyserver, once, and takes exactly that key', async () => {
    const site = await startSite();
    site.answer = second.publicKey + first.publicKey;
    const spaced = `0x${first.fingerprint.toLowerCase().replace(/(.{4})/g, '$1 ')}`;
    for (let time = 0; time < 2; time++) {
      const ring = await loadKeyring(site.keys(spaced));
      expect(ring.keys.map((key) => key.fingerprint)).toEqual([first.fingerprint]);
    }
    expect(site.server.requests.map((request) => request.url)).toEqual([`/pks/lookup?op=get&options=mr&search=0x${first.fingerprint}`]);
    expect(messages(site)).toEqual([`info: trusting ${first.fingerprint} (First) from ${first.fingerprint} from now on`]);
  });

  it('refuses another key than the fingerprint, and a fingerprint without a keyserver', async () => {
    const site = await startSite();
    await expect(loadKeyring(site.keys(second.fingerprint))).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining(`not with ${second.fingerprint}`),
    });
    const keys = { ...site, config: { keys: [second.fingerprint], keyserver: undefined } };
    await expect(loadKeyring(keys)).rejects.toMatchObject({ code: 'KEY_MISSING', hint: expect.stringContaining('keyserver') });
  });
});

describeWithTools(['gpg'], 'ops/trusted-keys, with keys of a keyserver that change', () => {
  const gnupg = openGnuPg();
  afterAll(() => gnupg.close());
  const made = ['--faked-system-time', '20260101T000000!'];
  const exported = (fingerprint: string): Buffer => gnupg.gpg(['--armor', '--export', fingerprint]);

  it('refuses what an expired key signed, and takes the key again when its owner has prolonged it', async () => {
    const site = await startSite();
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Expire-Date: 20d', 'Name-Real: Expires'], made);
    const signature = gnupg.gpg(['--faked-system-time', '20260102T000000!', '--local-user', fingerprint, '--detach-sign'], 'a');
    const verify = async (): Promise<unknown> =>
      (await loadKeyring(site.keys(fingerprint))).verifyDetached(Buffer.from('a'), signature, 'a', NOW);
    site.answer = exported(fingerprint);
    await expect(verify()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', message: expect.stringContaining('expired on 2026-01-21') });
    expect(await checkPinnedKeys(site.keys(fingerprint))).toBe(false);
    gnupg.gpg(['--faked-system-time', '20260110T000000!', '--quick-set-expire', fingerprint, '60d']);
    site.answer = exported(fingerprint);
    expect(await checkPinnedKeys(site.keys(fingerprint))).toBe(true);
    await expect(verify()).resolves.toMatchObject({ fingerprint });
  });

  it('refuses a revoked key at its first use, and says so when a pinned one turns out to be revoked', async () => {
    const site = await startSite();
    const fingerprint = gnupg.makeKey(['Key-Type: EDDSA', 'Key-Curve: ed25519', 'Name-Real: Revoked'], made);
    site.answer = exported(fingerprint);
    const pinned = await startSite();
    pinned.answer = site.answer;
    await loadKeyring(pinned.keys(fingerprint));
    const revocation = readFileSync(join(gnupg.home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
    gnupg.gpg(['--import'], revocation.replace(':-----BEGIN', '-----BEGIN'));
    for (const each of [site, pinned]) each.answer = exported(fingerprint);
    const revoked = { code: 'KEY_INVALID', message: expect.stringContaining('is revoked') };
    await expect(loadKeyring(site.keys(fingerprint))).rejects.toMatchObject(revoked);
    expect(site.catalogue.pinnedKey(fingerprint)).toBeUndefined();
    await expect(checkPinnedKeys(pinned.keys(fingerprint))).rejects.toMatchObject(revoked);
  });

  it('pins a DSA key, and takes what it signs where the mirror accepts that', async () => {
    const site = await startSite();
    const fingerprint = gnupg.makeKey(['Key-Type: DSA', 'Key-Length: 1024', 'Name-Real: Old'], made);
    const signature = gnupg.gpg(['--faked-system-time', '20260102T000000!', '-u', fingerprint, '--digest-algo', 'SHA1', '-b'], 'a');
    site.answer = exported(fingerprint);
    const verify = async (allowWeak: readonly WeakAlgorithm[] | undefined): Promise<unknown> => {
      const { config, ...keys } = site.keys(fingerprint);
      return (await loadKeyring({ ...keys, config: { ...config, allowWeak } })).verifyDetached(Buffer.from('a'), signature, 'a', NOW);
    };
    const refused = { code: 'KEY_INVALID', message: expect.stringContaining('is a DSA key') };
    await expect(verify([])).rejects.toMatchObject({ ...refused, hint: expect.stringContaining('set mirrors.docker.allowWeak: [dsa].') });
    await expect(verify(undefined)).rejects.toMatchObject({ ...refused, hint: undefined });
    await expect(verify(['dsa'])).rejects.toMatchObject({
      code: 'SIGNATURE_WEAK',
      hint: expect.stringContaining('set mirrors.docker.allowWeak: [sha1, dsa].'),
    });
    await expect(verify(['dsa', 'sha1'])).resolves.toMatchObject({ fingerprint });
  });
});
