import { beforeAll, describe, expect, it } from 'vitest';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import type { Keyring, Signer } from '../../../src/openpgp/types.ts';
import type { Supplement } from '../../../src/store/catalogue.ts';
import { contextOf, makeKey, putArchive, sha256, stanza, Upstream } from '../archive.ts';

const INDEX = 'main/binary-amd64/Packages';
const ENGLISH = 'main/i18n/Translation-en';
const CONTENTS = 'main/Contents-amd64';

describe('apt/upstream/acquire-indexes', () => {
  let signer: Signer;
  let keyring: Keyring;
  beforeAll(async () => {
    ({ signer, keyring } = await makeKey());
  });

  const archive = async (options: Partial<Parameters<typeof putArchive>[1]> = {}): Promise<Upstream> => {
    const upstream = new Upstream();
    const indexes = {
      [INDEX]: `${stanza('a')}\n`,
      [ENGLISH]: 'Package: a\n',
      [CONTENTS]: 'usr/bin/a a\n',
      'main/binary-amd64/Release': 'Archive: x\n',
    };
    await putArchive(upstream, { indexes, signer, ...options });
    return upstream;
  };
  const listed = (supplements: readonly Supplement[]): string[] => supplements.map(({ kind, path }) => `${kind} ${path}`);

  it('keeps the signed document as it was served, and the best form of what is wanted besides packages', async () => {
    const upstream = await archive();
    const context = contextOf(upstream, keyring, { contents: true });
    const state = await refreshUpstream(context, undefined);
    expect(listed(state.supplements)).toEqual(['release InRelease', `translation ${ENGLISH}.xz`, `contents ${CONTENTS}.xz`]);
    expect(state.supplements[1]).toEqual({
      kind: 'translation',
      mirror: 'test',
      component: 'main',
      path: `${ENGLISH}.xz`,
      sha256: sha256(upstream.files.get(`dists/stable/${ENGLISH}.xz`) ?? Buffer.alloc(0)),
      size: upstream.files.get(`dists/stable/${ENGLISH}.xz`)?.length,
    });
    expect(state.supplements[0]?.sha256).toBe(sha256(upstream.files.get('dists/stable/InRelease') ?? Buffer.alloc(0)));
    expect(context.events.filter(({ type }) => type === 'warning')).toEqual([]);
    const bare = await refreshUpstream(contextOf(await archive({ detached: true }), keyring, { translations: [] }), undefined);
    expect(listed(bare.supplements)).toEqual(['release Release', 'release Release.gpg']);
  });

  it('fetches nothing again when nothing has changed, and what is wanted now though nothing has', async () => {
    const upstream = await archive();
    const previous = await refreshUpstream(contextOf(upstream, keyring), undefined);
    upstream.asked.length = 0;
    expect(await refreshUpstream(contextOf(upstream, keyring), previous)).toBe(previous);
    expect(upstream.asked).toEqual(['dists/stable/InRelease']);
    const more = await refreshUpstream(contextOf(upstream, keyring, { contents: true }), previous);
    expect(listed(more.supplements)).toContain(`contents ${CONTENTS}.xz`);
    const less = await refreshUpstream(contextOf(upstream, keyring, { translations: [] }), more);
    expect(listed(less.supplements)).toEqual(['release InRelease']);
    upstream.forget(more.supplements[2]?.sha256 ?? '');
    expect(await refreshUpstream(contextOf(upstream, keyring, { contents: true }), more)).not.toBe(more);
  });

  it('does without what is listed and not there, with one warning', async () => {
    const upstream = await archive();
    for (const path of [...upstream.files.keys()]) if (/i18n|Contents/.test(path)) upstream.files.delete(path);
    const context = contextOf(upstream, keyring, { contents: true });
    const state = await refreshUpstream(context, undefined);
    expect(listed(state.supplements)).toEqual(['release InRelease']);
    const warnings = context.events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining(`lists ${ENGLISH}, ${CONTENTS}, but`) })]);
    expect(await refreshUpstream(contextOf(upstream, keyring, { contents: true }), state)).toBe(state);
  });

  it('takes a wrong one for a changed upstream, and refuses it when it stays wrong', async () => {
    const upstream = await archive();
    upstream.files.set(`dists/stable/${ENGLISH}.xz`, Buffer.from('other'));
    await expect(refreshUpstream(contextOf(upstream, keyring), undefined)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  it('fetches every form that is there for a copy that is to be the same, by its hash first', async () => {
    const upstream = await archive({ byHash: true });
    for (const path of [...upstream.files.keys()]) if (path.endsWith(`${CONTENTS}.gz`)) upstream.files.delete(path);
    const plain = upstream.files.get('dists/stable/main/binary-amd64/Packages') ?? Buffer.alloc(0);
    upstream.files.delete(`dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(plain)}`);
    upstream.files.delete('dists/stable/main/binary-amd64/Packages');
    upstream.files.delete(`dists/stable/main/i18n/by-hash/SHA256/${sha256(Buffer.from('Package: a\n'))}`);
    const context = contextOf(upstream, keyring, { contents: true, verbatim: true });
    const state = await refreshUpstream(context, undefined);
    expect(state.indexes.map(({ path }) => path)).toEqual([`${INDEX}.xz`]);
    expect(listed(state.supplements)).toEqual([
      'release InRelease',
      `translation ${ENGLISH}.xz`,
      `contents ${CONTENTS}.xz`,
      ...[`${INDEX}.xz`, `${INDEX}.gz`, `${ENGLISH}.xz`, `${ENGLISH}.gz`, ENGLISH].map((path) => `index ${path}`),
      ...[`${CONTENTS}.xz`, `${CONTENTS}.gz`, CONTENTS].map((path) => `index ${path}`),
      'index main/binary-amd64/Release.xz',
      'index main/binary-amd64/Release.gz',
      'index main/binary-amd64/Release',
    ]);
    expect(upstream.asked.filter((path) => path === `dists/stable/${ENGLISH}`)).toHaveLength(1);
    expect(await refreshUpstream(contextOf(upstream, keyring, { contents: true, verbatim: true }), state)).toBe(state);
    expect(await refreshUpstream(contextOf(upstream, keyring, { contents: true }), state)).not.toBe(state);
  });

  it('has the Release in both forms for such a copy, where they say the same', async () => {
    const upstream = await archive();
    const detached = await archive({ detached: true });
    for (const name of ['Release', 'Release.gpg'])
      upstream.files.set(`dists/stable/${name}`, detached.files.get(`dists/stable/${name}`) ?? Buffer.alloc(0));
    const documents = async (): Promise<string[]> => {
      const { supplements } = await refreshUpstream(contextOf(upstream, keyring, { verbatim: true }), undefined);
      return supplements.filter(({ kind }) => kind === 'release').map(({ path }) => path);
    };
    expect(await documents()).toEqual(['InRelease', 'Release', 'Release.gpg']);
    const stranger = await archive({ detached: true, signer: (await makeKey()).signer });
    upstream.files.set('dists/stable/Release.gpg', stranger.files.get('dists/stable/Release.gpg') ?? Buffer.alloc(0));
    await expect(documents()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    upstream.files.set('dists/stable/Release', Buffer.from('Suite: newer\n'));
    expect(await documents()).toEqual(['InRelease']);
  });

  it('reads an index in whichever form there is', async () => {
    for (const form of ['.xz', '.gz', ''] as const) {
      const upstream = await archive({ compressions: [form] });
      const state = await refreshUpstream(contextOf(upstream, keyring, { translations: [] }), undefined);
      expect(state.indexes.map(({ path }) => path)).toEqual([`${INDEX}${form}`]);
    }
  });
});
