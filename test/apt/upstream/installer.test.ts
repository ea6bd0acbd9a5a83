import { beforeAll, describe, expect, it } from 'vitest';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import type { Keyring, Signer } from '../../../src/openpgp/types.ts';
import { contextOf, makeKey, NOW, putArchive, sha256, stanza, Upstream } from '../archive.ts';

const FILES = { MANIFEST: 'netboot/mini.iso\n', 'netboot/mini.iso': 'an image' };
const SUMS = Object.entries(FILES)
  .map(([path, text]) => `${sha256(Buffer.from(text))}  ./${path}\n`)
  .join('');

describe('apt/upstream/installer', () => {
  let signer: Signer;
  let keyring: Keyring;
  beforeAll(async () => {
    ({ signer, keyring } = await makeKey());
  });

  const archive = async (place: string, { listed }: { readonly listed: boolean }): Promise<Upstream> => {
    const upstream = new Upstream();
    const directory = `main/installer-amd64/current/${place}`;
    const indexes = { 'main/binary-amd64/Packages': `${stanza('a')}\n`, ...(listed ? { [`${directory}/SHA256SUMS`]: SUMS } : {}) };
    await putArchive(upstream, { indexes, signer, compressions: [''], byHash: true });
    upstream.files.set(`dists/stable/${directory}/SHA256SUMS`, Buffer.from(SUMS));
    for (const [path, text] of Object.entries(FILES)) upstream.files.set(`dists/stable/${directory}/${path}`, Buffer.from(text));
    return upstream;
  };
  const images = async (upstream: Upstream, { verified = true, installer = true } = {}) => {
    const state = await refreshUpstream(contextOf(upstream, verified ? keyring : undefined, { installer }), undefined);
    return state.supplements.filter(({ kind }) => kind === 'installer');
  };

  it.each(['images', 'legacy-images'])('brings every file of %s that the listed checksums name', async (place) => {
    const found = await images(await archive(place, { listed: true }));
    const directory = `main/installer-amd64/current/${place}`;
    expect(found).toEqual(
      Object.entries({ SHA256SUMS: SUMS, ...FILES }).map(([path, text]) => ({
        kind: 'installer',
        mirror: 'test',
        component: 'main',
        path: `${directory}/${path}`,
        sha256: sha256(Buffer.from(text)),
        size: text.length,
      })),
    );
  });

  it('leaves them where they are when nobody asked for them', async () => {
    const upstream = await archive('images', { listed: true });
    expect(await images(upstream, { installer: false })).toEqual([]);
    expect(upstream.asked.filter((path) => path.includes('installer'))).toEqual([]);
  });

  it('takes checksums that the Release does not list only with a good signature of their own', async () => {
    const upstream = await archive('images', { listed: false });
    const path = 'dists/stable/main/installer-amd64/current/images/SHA256SUMS.gpg';
    await expect(images(upstream)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING', message: expect.stringContaining('SHA256SUMS') });
    upstream.files.set(path, Buffer.from(await (await makeKey()).signer.signDetached(Buffer.from(SUMS), NOW)));
    await expect(images(upstream)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    upstream.files.set(path, Buffer.from(await signer.signDetached(Buffer.from(SUMS), NOW)));
    expect((await images(upstream)).map((file) => file.path.replace(/.*images\//, ''))).toEqual([
      'SHA256SUMS',
      'SHA256SUMS.gpg',
      'MANIFEST',
      'netboot/mini.iso',
    ]);
  });

  it('says how far it is', async () => {
    const context = contextOf(await archive('images', { listed: true }), keyring, { installer: true });
    await refreshUpstream(context, undefined);
    const total = Object.values(FILES).join('').length;
    expect(context.events.filter(({ type }) => type === 'progress').at(-1)).toMatchObject({ items: 2, totalItems: 2, bytes: total });
  });

  it('needs no signature where nothing is verified', async () => {
    expect(await images(await archive('images', { listed: false }), { verified: false })).toHaveLength(3);
  });

  it('names every image that is not there, and the architectures that have none', async () => {
    const upstream = await archive('images', { listed: true });
    for (const path of [...upstream.files.keys()]) if (/MANIFEST|mini/.test(path)) upstream.files.delete(path);
    await expect(images(upstream)).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringMatching(/images\/MANIFEST, .*images\/netboot\/mini\.iso/),
    });
    const bare = new Upstream();
    await putArchive(bare, { indexes: { 'main/binary-amd64/Packages': `${stanza('a')}\n` }, signer });
    await expect(images(bare)).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('no installer images for main/installer-amd64'),
    });
  });

  it('refuses a list that is stated to be too large to read', async () => {
    const upstream = await archive('images', { listed: true });
    const path = 'dists/stable/InRelease';
    const release = String(upstream.files.get(path)).replace(/ \d+ (?=main\/installer-amd64)/, ' 99999999 ');
    upstream.files.set(path, Buffer.from(release));
    await expect(images(upstream, { verified: false })).rejects.toMatchObject({
      code: 'METADATA_INVALID',
      message: expect.stringContaining('99999999 bytes for main/installer-amd64/current/images/SHA256SUMS'),
    });
  });

  it('refuses an image that is not what the checksums say', async () => {
    const upstream = await archive('images', { listed: true });
    upstream.files.set('dists/stable/main/installer-amd64/current/images/netboot/mini.iso', Buffer.from('other'));
    await expect(images(upstream)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });
});
