import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCatalogue } from '../../src/store/state.ts';
import { exchange, get } from './raw-http.ts';
import { makeSite, type Site } from './site.ts';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(async () => {
  await site.remove();
});

const fixed = (content: string) => ({ content, permanence: 'fixed' as const });
const text = async (url: string) => {
  const answer = await fetch(url);
  const body = await answer.text();
  return answer.ok ? body : answer.status;
};
const poolFile = (digest: string) => join(site.storage, 'pool/sha256', digest.slice(0, 2), digest);

describe('serve/published', () => {
  it('shows a new generation to the next request after it was published', async () => {
    await site.publish('apt', { Release: '1' });
    const { url } = await site.serve();
    for (let round = 2; round < 12; round++) {
      await site.publish('apt', { Release: String(round) });
      expect(await text(`${url}/apt/Release`)).toBe(String(round));
    }
  });

  it('shows what was published while a request waited for a generation before it', async () => {
    await site.publish('apt', { Release: '1' });
    const { url } = await site.serve();
    for (let round = 2; round < 32; round++) {
      await site.publish('apt', { Release: `${round} at first` });
      const earlier = text(`${url}/apt/Release`);
      await site.publish('apt', { Release: `${round} then` });
      const later = text(`${url}/apt/Release`);
      expect([await earlier, await later]).toEqual([expect.stringMatching(`^${round} `), `${round} then`]);
    }
  });

  it('keeps packages and files named by their hash of earlier generations, but no others', async () => {
    await site.publish('apt', { 'by-hash/1': fixed('1'), 'a.deb': fixed('a'), Old: 'old' });
    await site.publish('apt', { 'by-hash/2': fixed('2'), 'b.deb': fixed('b') });
    const { url } = await site.serve();
    await site.publish('apt', { 'by-hash/3': fixed('3') });
    const names = ['by-hash/1', 'by-hash/2', 'by-hash/3', 'a.deb', 'b.deb', 'Old', 'none'];
    expect(await Promise.all(names.map((name) => text(`${url}/apt/${name}`)))).toEqual(['1', '2', '3', 'a', 'b', 404, 404]);
    expect(await text(`${url}/apt/?format=json`)).not.toContain('a.deb');
  });

  it('answers from three earlier generations, and from all of the last day', async () => {
    const days = (count: number) => ({ now: () => new Date(Date.now() + count * 24 * 60 * 60 * 1000) });
    for (let number = 1; number <= 7; number++) await site.publish('apt', { [`${number}.deb`]: fixed(String(number)) });
    const numbers = [1, 2, 3, 4, 5, 6, 7];
    const today = await site.serve();
    expect(await Promise.all(numbers.map((number) => text(`${today.url}/apt/${number}.deb`)))).toEqual(numbers.map(String));
    const later = await site.serve({ clock: days(2) });
    expect(await Promise.all(numbers.map((number) => text(`${later.url}/apt/${number}.deb`)))).toEqual([404, 404, 404, '4', '5', '6', '7']);
  });

  it('says 404 for a file of an earlier generation that is gone from the pool', async () => {
    await site.publish('apt', { 'a.deb': fixed('a') });
    await site.publish('apt', { 'b.deb': fixed('b') });
    rmSync(poolFile('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'));
    const { url } = await site.serve();
    expect([await text(`${url}/apt/a.deb`), await text(`${url}/apt/b.deb`)]).toEqual([404, 'b']);
  });

  it('follows a pointer back, and still has what was newer', async () => {
    const first = await site.publish('apt', { Release: '1', '1.deb': fixed('1') });
    const { url } = await site.serve();
    const before = site.catalogue.publication('apt');
    await site.publish('apt', { Release: '2', '2.deb': fixed('2') });
    expect(await text(`${url}/apt/Release`)).toBe('2');
    if (before === undefined) throw new Error('not published');
    site.catalogue.publish(before);
    expect(site.catalogue.publication('apt')?.generation.digest).toBe(first.sha256);
    expect(await Promise.all(['Release', '1.deb', '2.deb'].map((name) => text(`${url}/apt/${name}`)))).toEqual(['1', '1', '2']);
  });

  it('goes on serving the last generation while the next cannot be read, and the other publications change', async () => {
    await site.publish('apt', { Release: '1' });
    const { url } = await site.serve();
    const next = await site.publish('apt', { Release: '2' });
    renameSync(poolFile(next.sha256), join(site.storage, 'away'));
    await site.publish('yum', { Release: 'other' });
    expect([await text(`${url}/apt/Release`), await text(`${url}/yum/Release`)]).toEqual(['1', 'other']);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    renameSync(join(site.storage, 'away'), poolFile(next.sha256));
    await expect.poll(() => text(`${url}/apt/Release`)).toBe('2');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(site.logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('lets go of a publication that was dropped, and follows one to another path', async () => {
    await site.publish('apt', { x: '1' });
    await site.publish('yum', { x: '2' });
    const { url } = await site.serve();
    site.catalogue.dropPublication('apt');
    const yum = site.catalogue.publication('yum');
    if (yum === undefined) throw new Error('not published');
    site.catalogue.publish({ ...yum, path: '/moved/here' });
    expect(await Promise.all(['apt', 'yum', 'moved/here'].map((path) => text(`${url}/${path}/x`)))).toEqual([404, 404, '2']);
  });

  it('notices a state database that another was put in the place of', async () => {
    await site.publish('apt', { x: '1' });
    const { url } = await site.serve();
    const other = await makeSite();
    try {
      const map = await site.publish('apt', { x: '2' });
      const state = site.catalogue.publication('apt');
      if (state === undefined) throw new Error('not published');
      const replacement = openCatalogue(other.storage);
      replacement.publish({ ...state, path: '/restored', generation: { ...state.generation, number: 1, digest: map.sha256 } });
      replacement.close();
      for (const suffix of ['-wal', '-shm']) rmSync(join(site.storage, `state.db${suffix}`), { force: true });
      renameSync(join(other.storage, 'state.db'), join(site.storage, 'state.db'));
      await expect.poll(() => text(`${url}/restored/x`), { timeout: 5000 }).toBe('2');
    } finally {
      await other.remove();
    }
  });

  it('looks in every publication at and above a path, the longest path first', async () => {
    await site.publish('root', { 'a/x': 'root', 'a/y': 'root', 'a/b/z': 'root' }, { path: '/' });
    await site.publish('xenial', { 'dists/xenial/Release': 'x', shared: 'from xenial' }, { path: '/a' });
    await site.publish('bionic', { 'dists/bionic/Release': 'b', shared: 'from bionic', y: 'bionic' }, { path: '/a' });
    const { url } = await site.serve();
    const names = ['a/x', 'a/y', 'a/b/z', 'a/dists/xenial/Release', 'a/dists/bionic/Release', 'a/shared', 'ab/x'];
    expect(await Promise.all(names.map((name) => text(`${url}/${name}`)))).toEqual([
      'root',
      'bionic',
      'root',
      'x',
      'b',
      'from bionic',
      404,
    ]);
    const listing = JSON.parse(String(await text(`${url}/a/?format=json`)));
    expect(listing.entries.map(({ name }: { name: string }) => name)).toEqual(['b', 'dists', 'shared', 'x', 'y']);
  });

  it('gives a client the signature of the document that it got, though a generation came between', async () => {
    await site.publish('yum', { 'repodata/repomd.xml': 'one', 'repodata/repomd.xml.asc': 'signature of one' });
    const { url } = await site.serve();
    const ask = async (name: string, agent: string) =>
      (await exchange(url, get(`/yum/repodata/${name}`, `User-Agent: ${agent}`), 1))[0]?.body.toString();
    expect(await ask('repomd.xml', 'dnf')).toBe('one');
    await site.publish('yum', { 'repodata/repomd.xml': 'two', 'repodata/repomd.xml.asc': 'signature of two' });
    expect(await ask('repomd.xml.asc', 'dnf')).toBe('signature of one');
    expect(await ask('repomd.xml.asc', 'another')).toBe('signature of two');
    expect([await ask('repomd.xml', 'dnf'), await ask('repomd.xml.asc', 'dnf')]).toEqual(['two', 'signature of two']);
  });
});
