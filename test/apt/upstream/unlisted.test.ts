import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadCandidates } from '../../../src/apt/upstream/load.ts';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import { xz } from '../../../src/codec/compress.ts';
import { contextOf, makeKey, NOW, putArchive, stanza, Upstream } from '../archive.ts';

const TEXT = `${stanza('a', { Filename: './a.deb' })}\n`;
const PACKED = await xz(Buffer.from(TEXT));

function flat(files: Readonly<Record<string, Buffer | string>>): Upstream {
  const upstream = new Upstream();
  for (const [path, content] of Object.entries(files)) upstream.files.set(path, Buffer.from(content));
  return upstream;
}

describe('apt/upstream/unlisted', () => {
  it.each([
    ['Packages.xz', PACKED],
    ['Packages.gz', gzipSync(TEXT)],
    ['Packages', Buffer.from(TEXT)],
  ])('reads %s of a flat repository that has no Release', async (path, bytes) => {
    for (const [suite, directory] of [
      ['/', ''],
      ['./', ''],
      ['sub/dir/', 'sub/dir/'],
    ] as const) {
      const upstream = flat({ [`${directory}${path}`]: bytes });
      const context = contextOf(upstream, undefined, { suite });
      const state = await refreshUpstream(context, undefined);
      expect(state).toMatchObject({ indexes: [{ path }], date: 0, verification: { metadata: false } });
      const loaded = await loadCandidates({
        name: 'test',
        config: context.config,
        upstream: state,
        blobs: upstream.blobs,
        report: () => undefined,
      });
      expect(loaded.map(({ name, location }) => [name, location])).toEqual([['a', './a.deb']]);
    }
  });

  it('takes one whose Release does not list its indexes, and sources where they are asked for', async () => {
    const files = {
      Release: `Origin: Vendor\nDate: ${NOW.toUTCString().replace('GMT', 'UTC')}\n`,
      'Packages.gz': gzipSync(TEXT),
      Sources: '',
    };
    const state = await refreshUpstream(contextOf(flat(files), undefined, { suite: './', sources: true }), undefined);
    expect(state).toMatchObject({
      date: NOW.getTime(),
      indexes: [{ path: 'Packages.gz' }, { path: 'Sources' }],
      particulars: { origin: 'Vendor' },
    });
  });

  it('gives back what it had when the index is the same', async () => {
    const upstream = flat({ Packages: TEXT });
    const context = contextOf(upstream, undefined, { suite: './' });
    const first = JSON.parse(JSON.stringify(await refreshUpstream(context, undefined)));
    expect(await refreshUpstream(context, first)).toBe(first);
    upstream.files.set('Packages', Buffer.from(`${TEXT}\n${stanza('b')}\n`));
    const second = await refreshUpstream(context, first);
    expect(second.revision).not.toBe(first.revision);
  });

  it('is refused where signatures are to be checked, where there is no index either, and where the suite is not flat', async () => {
    const { keyring, signer } = await makeKey();
    const attempt = (files: Readonly<Record<string, string>>, config: Record<string, unknown>, verified = true) =>
      refreshUpstream(contextOf(flat(files), verified ? keyring : undefined, config), undefined);
    await expect(attempt({ Packages: TEXT }, { suite: './' })).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
    await expect(attempt({ 'dists/stable/Packages': TEXT }, {}, false)).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
    await expect(attempt({}, { suite: './' }, false)).rejects.toMatchObject({
      code: 'FETCH_NOT_FOUND',
      message: expect.stringContaining('no Release and no Packages'),
    });
    const upstream = new Upstream();
    await putArchive(upstream, { suite: './', indexes: {}, signer });
    upstream.files.set('Packages', Buffer.from(TEXT));
    await expect(refreshUpstream(contextOf(upstream, keyring, { suite: './' }), undefined)).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('lists no Packages index'),
    });
  });
});
