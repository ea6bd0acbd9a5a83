import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { MirrorEvent } from '../../src/core/events.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { checkPinnedKeys, loadKeyring, type MirrorKeys, refreshPinnedKey } from '../../src/ops/trusted-keys.ts';
import { openCatalogue } from '../../src/store/state.ts';
import { startFetcher } from '../fetch/servers.ts';
import { serveInternet } from '../support/internet.ts';
import { describeWithTools } from '../support/requirements.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');
const RESOURCE = '/1.0/~gluster/+archive/ubuntu/glusterfs-3.8';
const KEY = `${RESOURCE}?ws.op=getSigningKeyData`;

describeWithTools(['openssl'], 'ops/launchpad', () => {
  /** A mirror of a PPA, whose Launchpad is behind a proxy that stands in for the internet. */
  async function startSite(answers: Record<string, unknown>) {
    const directory = mkdtempSync(join(tmpdir(), 'mirror-launchpad-'));
    const internet = await serveInternet(directory, {
      'api.launchpad.net': (path) => (answers[path] === undefined ? undefined : Buffer.from(JSON.stringify(answers[path]))),
    });
    const catalogue = openCatalogue(directory);
    onTestFinished(async () => {
      catalogue.close();
      await internet.close();
      rmSync(directory, { recursive: true });
    });
    const events: MirrorEvent[] = [];
    const mirror: MirrorKeys = {
      name: 'gluster',
      config: { keys: [], ppa: 'gluster/glusterfs-3.8' },
      fetcher: await startFetcher({ retries: 0, proxy: internet.proxy, ca: internet.authority }),
      catalogue,
      report: (event) => events.push(event),
      clock: { now: () => NOW },
    };
    return { mirror, internet, events };
  }
  const makeKey = (userId: string) => generateKey({ userId, algorithm: 'ed25519', time: MADE });

  it('trusts the key that Launchpad states for a PPA, pins it at first use and says its fingerprint', async () => {
    const [key, other] = [await makeKey('Launchpad PPA for Gluster'), await makeKey('Other')];
    const answers: Record<string, unknown> = {
      [RESOURCE]: { name: 'glusterfs-3.8', signing_key_fingerprint: key.fingerprint },
      [KEY]: other.publicKey + key.publicKey,
    };
    const { mirror, internet, events } = await startSite(answers);
    for (let time = 0; time < 2; time += 1)
      expect((await loadKeyring(mirror)).keys.map(({ fingerprint }) => fingerprint)).toEqual([key.fingerprint]);
    expect(internet.requests).toEqual([`https://api.launchpad.net${RESOURCE}`, `https://api.launchpad.net${KEY}`]);
    expect(events).toEqual([
      expect.objectContaining({
        type: 'info',
        message: expect.stringContaining(
          `trusting ${key.fingerprint} (Launchpad PPA for Gluster) from ppa:gluster/glusterfs-3.8 from now on`,
        ),
      }),
    ]);

    answers[RESOURCE] = { signing_key_fingerprint: other.fingerprint };
    await expect(checkPinnedKeys(mirror)).rejects.toMatchObject({
      code: 'KEY_CHANGED',
      hint: expect.stringContaining('mirror key import ppa:gluster/glusterfs-3.8 --accept'),
    });
    expect((await loadKeyring(mirror)).keys.map(({ fingerprint }) => fingerprint)).toEqual([key.fingerprint]);
    await refreshPinnedKey('ppa:gluster/glusterfs-3.8', { ...mirror, accept: true });
    expect((await loadKeyring(mirror)).keys.map(({ fingerprint }) => fingerprint)).toEqual([other.fingerprint]);
  });

  it('asks nobody where keys are configured', async () => {
    const { mirror, internet } = await startSite({});
    await expect(loadKeyring({ ...mirror, config: { ...mirror.config, keys: ['/nowhere/key.asc'] } })).rejects.toMatchObject({
      code: 'KEY_MISSING',
    });
    expect(internet.requests).toEqual([]);
  });

  it('refuses answers that do not fit together, and says what is missing', async () => {
    const [key, other] = [await makeKey('PPA'), await makeKey('Other')];
    const attempt = async (answers: Record<string, unknown>) => loadKeyring((await startSite(answers)).mirror);
    const resource = { signing_key_fingerprint: key.fingerprint };
    await expect(attempt({ [RESOURCE]: resource, [KEY]: other.publicKey })).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining(`not with ${key.fingerprint}`),
    });
    await expect(attempt({ [RESOURCE]: { signing_key_fingerprint: null } })).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await expect(attempt({ [RESOURCE]: { error: 'x' } })).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await expect(attempt({ [RESOURCE]: resource, [KEY]: 5 })).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await expect(attempt({ [RESOURCE]: resource, [KEY]: 'no key' })).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await expect(attempt({})).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
  });
});
