import { beforeAll, describe, expect, it } from 'vitest';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import { MirrorError } from '../../../src/core/errors.ts';
import type { Keyring, Signer } from '../../../src/openpgp/types.ts';
import { contextOf, makeKey, NOW, putArchive, stanza, Upstream } from '../archive.ts';

const DAY = 86_400_000;
const INDEX = 'main/binary-amd64/Packages';

describe('apt/upstream/refresh', () => {
  let signer: Signer;
  let keyring: Keyring;
  beforeAll(async () => {
    ({ signer, keyring } = await makeKey());
  });

  const archive = async (options: Partial<Parameters<typeof putArchive>[1]> = {}): Promise<Upstream> => {
    const upstream = new Upstream();
    await putArchive(upstream, { indexes: { [INDEX]: `${stanza('a')}\n` }, signer, ...options });
    return upstream;
  };

  it('verifies InRelease and fetches the best packed index, by its hash where that is offered', async () => {
    const upstream = await archive({ byHash: true });
    const state = await refreshUpstream(contextOf(upstream, keyring), undefined);
    expect(upstream.asked).toEqual([
      'dists/stable/InRelease',
      expect.stringMatching(/^dists\/stable\/main\/binary-amd64\/by-hash\/SHA256\//),
    ]);
    expect(state.verification).toEqual({ metadata: true, packages: false, signedBy: signer.fingerprint });
    expect(state.indexes).toEqual([{ path: `${INDEX}.xz`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: expect.any(Number) }]);
    expect(state.date).toBe(NOW.getTime() - 3_600_000);
    expect(JSON.parse(JSON.stringify(state.particulars))).toMatchObject({ origin: 'Test', suite: 'stable', components: ['main'] });
  });

  it('falls back to the plain name, to another compression, and to Release with Release.gpg', async () => {
    const upstream = await archive({ byHash: true, detached: true });
    for (const path of [...upstream.files.keys()]) if (/by-hash|\.xz$/.test(path)) upstream.files.delete(path);
    const state = await refreshUpstream(contextOf(upstream, keyring), undefined);
    expect(state.indexes.map((index) => index.path)).toEqual([`${INDEX}.gz`]);
    expect(upstream.asked).toContain('dists/stable/Release.gpg');
  });

  it('takes a refused InRelease for a missing one, as object stores answer, but not a refused Release', async () => {
    const upstream = await archive({ detached: true });
    const denied = (name: string) => (path: string) => {
      if (path.endsWith(name)) throw new MirrorError('FETCH_DENIED', path);
    };
    upstream.onRequest = denied('InRelease');
    expect(await refreshUpstream(contextOf(upstream, keyring), undefined)).toMatchObject({ verification: { metadata: true } });
    upstream.onRequest = denied('Release');
    await expect(refreshUpstream(contextOf(upstream, keyring), undefined)).rejects.toMatchObject({ code: 'FETCH_DENIED' });
  });

  it('gives back what it had when nothing has changed, having asked for the signed document only', async () => {
    const upstream = await archive();
    const first = await refreshUpstream(contextOf(upstream, keyring), undefined);
    const previous = JSON.parse(JSON.stringify(first));
    upstream.asked.length = 0;
    expect(await refreshUpstream(contextOf(upstream, keyring), previous)).toBe(previous);
    expect(upstream.asked).toEqual(['dists/stable/InRelease']);
  });

  it('does not give back what it had when other packages are asked for, the trust has changed, or an index is gone', async () => {
    const upstream = await archive({ indexes: { [INDEX]: `${stanza('a')}\n`, 'main/binary-arm64/Packages': `${stanza('a')}\n` } });
    const previous = await refreshUpstream(contextOf(upstream, keyring), undefined);
    const more = await refreshUpstream(contextOf(upstream, keyring, { architectures: ['amd64', 'arm64'] }), previous);
    expect(more.indexes).toHaveLength(2);
    expect(await refreshUpstream(contextOf(upstream, keyring, { components: ['main'] }), previous)).not.toBe(previous);
    expect(await refreshUpstream(contextOf(upstream, undefined), previous)).toMatchObject({ verification: { metadata: false } });
    upstream.forget(previous.indexes[0]?.sha256 ?? '');
    expect(await refreshUpstream(contextOf(upstream, keyring), previous)).not.toBe(previous);
  });

  it('takes an unsigned upstream only when nothing is to be verified', async () => {
    const upstream = await archive({ signer: undefined });
    await expect(refreshUpstream(contextOf(upstream, keyring), undefined)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
    const state = await refreshUpstream(contextOf(upstream, undefined), undefined);
    expect(state.verification).toEqual({ metadata: false, packages: false, signedBy: undefined });
    const inline = await archive();
    expect(await refreshUpstream(contextOf(inline, undefined), undefined)).toMatchObject({ verification: { metadata: false } });
  });

  it('refuses a signature by a key that is not trusted, and a document that was changed', async () => {
    const other = await makeKey();
    await expect(refreshUpstream(contextOf(await archive(), other.keyring), undefined)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const upstream = await archive();
    const path = 'dists/stable/InRelease';
    upstream.files.set(path, Buffer.from(String(upstream.files.get(path)).replace('Origin: Test', 'Origin: Evil')));
    await expect(refreshUpstream(contextOf(upstream, keyring), undefined)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(upstream.asked).toEqual([path]);
  });

  it('says so when there is no Release at all', async () => {
    await expect(refreshUpstream(contextOf(new Upstream(), keyring), undefined)).rejects.toMatchObject({
      code: 'FETCH_NOT_FOUND',
      message: expect.stringContaining('http://archive.example/debian/dists/stable/'),
    });
  });

  it('refuses what is expired, older than before, or from the future, unless that is allowed', async () => {
    const expired = { fields: { 'Valid-Until': 'Sat, 08 Jun 2024 09:12:01 UTC' } };
    await expect(refreshUpstream(contextOf(await archive(expired), keyring), undefined)).rejects.toMatchObject({ code: 'RELEASE_EXPIRED' });
    await refreshUpstream(contextOf(await archive(expired), keyring, { allowExpired: true }), undefined);

    const previous = await refreshUpstream(contextOf(await archive(), keyring), undefined);
    for (const old of [{ date: new Date(NOW.getTime() - DAY) }, { fields: { Date: undefined } }]) {
      const upstream = await archive(old);
      // An expired key would be another error, so the signature is as old as the document.
      await expect(refreshUpstream(contextOf(upstream, keyring), previous)).rejects.toMatchObject({ code: 'RELEASE_ROLLBACK' });
      await refreshUpstream(contextOf(upstream, keyring, { allowRollback: true }), previous);
    }

    const ahead = (time: number) => archive({ fields: { Date: new Date(NOW.getTime() + time).toUTCString() } });
    await refreshUpstream(contextOf(await ahead(DAY - 1000), keyring), undefined);
    await expect(refreshUpstream(contextOf(await ahead(DAY + 1000), keyring), undefined)).rejects.toMatchObject({ code: 'RELEASE_FUTURE' });
  });

  it('begins again when the upstream changes while it is read', async () => {
    const upstream = await archive();
    const newer = new Upstream();
    await putArchive(newer, { indexes: { [INDEX]: `${stanza('b')}\n` }, signer, date: NOW });
    upstream.onRequest = (path) => {
      if (path.includes('binary-amd64')) for (const [name, bytes] of newer.files) upstream.files.set(name, bytes);
    };
    const state = await refreshUpstream(contextOf(upstream, keyring), undefined);
    expect(state.date).toBe(NOW.getTime());
    expect(upstream.asked.filter((path) => path.endsWith('InRelease'))).toHaveLength(2);
  });

  it('gives up when an index stays wrong, and after three changes', async () => {
    const wrong = await archive();
    wrong.files.set(`dists/stable/${INDEX}.xz`, Buffer.from('other'));
    await expect(refreshUpstream(contextOf(wrong, keyring), undefined)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(wrong.asked).toHaveLength(3);

    const restless = await archive();
    const releases = await Promise.all(
      [1, 2, 3, 4, 5].map(async (minute) => (await archive({ date: new Date(NOW.getTime() + minute * 60_000) })).files),
    );
    restless.onRequest = (path) => {
      const next = path.endsWith('InRelease') ? releases.shift() : undefined;
      for (const [name, bytes] of next ?? []) restless.files.set(name, name.endsWith('InRelease') ? bytes : Buffer.from('other'));
    };
    await expect(refreshUpstream(contextOf(restless, keyring), undefined)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(restless.asked.filter((path) => path.endsWith('InRelease'))).toHaveLength(3);
  });

  it('names every index that is asked for and not there', async () => {
    const config = { components: ['main', 'contrib'], architectures: ['amd64', 'riscv64'] };
    await expect(refreshUpstream(contextOf(await archive(), keyring, config), undefined)).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('main/binary-riscv64, contrib/binary-amd64, contrib/binary-riscv64'),
      hint: expect.stringContaining('the components main and the architectures amd64, arm64'),
    });
    const upstream = await archive();
    for (const path of [...upstream.files.keys()]) if (path.includes('binary')) upstream.files.delete(path);
    await expect(refreshUpstream(contextOf(upstream, keyring), undefined)).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining(INDEX),
    });
  });

  it('reads a flat repository', async () => {
    for (const [suite, root] of [
      ['./', ''],
      ['/', ''],
      ['deep/er/', 'deep/er/'],
    ] as const) {
      const upstream = await archive({
        suite,
        indexes: { Packages: `${stanza('a')}\n` },
        fields: { Components: undefined, Suite: undefined },
      });
      const state = await refreshUpstream(contextOf(upstream, keyring, { suite }), undefined);
      expect(upstream.asked).toEqual([`${root}InRelease`, `${root}Packages.xz`]);
      expect(state.indexes.map((index) => index.path)).toEqual(['Packages.xz']);
    }
  });

  it('warns when the server hands out another suite than was asked for', async () => {
    const context = contextOf(await archive({ fields: { Suite: 'oldstable', Codename: 'old' } }), keyring);
    await refreshUpstream(context, undefined);
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('not for "stable"') }),
    );
    const right = contextOf(await archive(), keyring);
    await refreshUpstream(right, undefined);
    expect(right.events.filter((event) => event.type === 'warning')).toEqual([]);
  });

  it('refuses another suite in place of the one that it had before, however rightly that is signed', async () => {
    const previous = await refreshUpstream(contextOf(await archive(), keyring), undefined);
    const other = contextOf(await archive({ date: NOW, fields: { Suite: 'oldstable', Codename: 'old' } }), keyring);
    await expect(refreshUpstream(other, previous)).rejects.toMatchObject({
      code: 'METADATA_INVALID',
      message: expect.stringContaining('not for "stable"'),
    });
    const nameless = contextOf(await archive({ date: NOW, fields: { Suite: undefined, Codename: undefined } }), keyring);
    await expect(refreshUpstream(nameless, previous)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    const renamed = contextOf(await archive({ date: NOW, fields: { Suite: 'oldstable', Codename: 'stable' } }), keyring);
    await expect(refreshUpstream(renamed, previous)).resolves.toMatchObject({ particulars: { suite: 'oldstable' } });
  });

  it('does not hold the date of one suite against another that is configured now', async () => {
    const previous = await refreshUpstream(contextOf(await archive({ date: NOW }), keyring), undefined);
    const upstream = new Upstream();
    const earlier = new Date(NOW.getTime() - 60_000);
    await putArchive(upstream, { indexes: { [INDEX]: `${stanza('a')}\n` }, signer, suite: 'testing', date: earlier });
    const state = await refreshUpstream(contextOf(upstream, keyring, { suite: 'testing' }), previous);
    expect(state.date).toBe(earlier.getTime());
  });
});
