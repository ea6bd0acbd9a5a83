import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamState } from '../../../src/store/catalogue.ts';
import { writeRepository } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

const sum = (text: string, algorithm = 'sha256'): string => `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`;

describe('yum/upstream/installer', () => {
  let root: string;
  let rig: Rig;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-tree-'));
    writeRepository(root, [{ name: 'foo' }]);
    rig = await createRig(root);
  });
  afterEach(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  const settings = { verify: ['packages'], installer: true };
  const refresh = (more: Record<string, unknown> = {}, previous?: UpstreamState): Promise<UpstreamState> =>
    rig.refresh({ ...settings, ...more }, { previous });
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const tree = (lines: string, name = '.treeinfo'): void => put(name, `[tree]\narch = x86_64\n${lines}\n`);
  const kept = ({ supplements }: UpstreamState): string[] => supplements.map(({ kind, path }) => `${kind} ${path}`);
  const said = (type: 'warning' | 'info'): string[] => rig.events.flatMap((event) => (event.type === type ? [event.message] : []));

  it('brings the images that a .treeinfo names, each held to its checksum, and says what that is worth', async () => {
    put('images/boot.iso', 'boot');
    put('images/pxeboot/vmlinuz', 'kernel');
    tree(`[checksums]\nimages/boot.iso = ${sum('boot')}\nimages/pxeboot/vmlinuz = ${sum('kernel', 'sha512')}
[images-x86_64]\nkernel = images/pxeboot/vmlinuz\n[variant-AppStream]\nid = AppStream\nrepository = ../../../AppStream/x86_64/os`);
    const state = await refresh();
    expect(kept(state)).toEqual(['treeinfo .treeinfo', 'installer images/boot.iso', 'installer images/pxeboot/vmlinuz']);
    expect(state.supplements[1]).toMatchObject({ mirror: 'test', size: 4, sha256: sum('boot').slice('sha256:'.length) });
    expect(said('warning')).toEqual([expect.stringContaining('came over http')]);
    expect(said('info')).toEqual([expect.stringContaining('AppStream (../../../AppStream/x86_64/os)')]);
    expect(rig.server.requests.some((path) => path.includes('AppStream'))).toBe(false);
    rig.server.requests.length = 0;
    expect(await refresh({}, state)).toBe(state);
    expect(rig.server.requests).toEqual(['/.treeinfo', '/repodata/repomd.xml']);
  });

  it('has nothing of it where it is not asked for, and notices when it is, and when it changes', async () => {
    put('a', 'a');
    put('b', 'b');
    tree(`[checksums]\na = ${sum('a')}`, 'treeinfo');
    const without = await refresh({ installer: false });
    expect(kept(without)).toEqual([]);
    const first = await refresh({}, without);
    expect(kept(first)).toEqual(['treeinfo treeinfo', 'installer a']);
    tree(`[checksums]\na = ${sum('a')}\nb = ${sum('b')}`);
    const second = await refresh({}, first);
    expect(kept(second)).toEqual(['treeinfo .treeinfo', 'installer a', 'installer b']);
    expect(kept(await refresh({ installer: false }, second))).toEqual([]);
  });

  it.each([
    ['404', 404, ''],
    ['403', 403, ''],
    ['a page', 200, '<!DOCTYPE html><html>no</html>'],
  ])('takes %s for none, and says so', async (_what, status, body) => {
    rig.server.intercept = (request, response) => {
      if (request.url?.endsWith('treeinfo') !== true) return false;
      response.writeHead(status, { 'content-length': String(body.length) }).end(body);
      return true;
    };
    const state = await refresh();
    expect(kept(state)).toEqual([]);
    expect(said('warning')).toEqual([expect.stringContaining('no .treeinfo')]);
    expect(await refresh({}, state)).toBe(state);
  });

  it('leaves out what is missing or something else, names it, and looks again the next time', async () => {
    put('images/a', 'other');
    tree(`[checksums]\nimages/a = ${sum('a')}\nimages/b = ${sum('b')}\nimages/c = ${sum('c')}`);
    put('images/c', 'c');
    const state = await refresh();
    expect(kept(state)).toEqual(['treeinfo .treeinfo', 'installer images/c']);
    expect(said('warning').slice(1)).toEqual([
      expect.stringMatching(/images\/a, which is something else/),
      expect.stringMatching(/images\/b, which is not there/),
    ]);
    put('images/a', 'a');
    put('images/b', 'b');
    const later = await refresh({}, state);
    expect(kept(later)).toHaveLength(4);
    expect(await refresh({}, later)).toBe(later);
  });

  it('begins again where the tree has changed while its images were fetched', async () => {
    tree(`[checksums]\na = ${sum('old')}`);
    let changed = false;
    rig.server.intercept = (request, response) => {
      if (changed || request.url !== '/a') return false;
      changed = true;
      put('a', 'new');
      tree(`[checksums]\na = ${sum('new')}`);
      response.writeHead(404, { 'content-length': '0' }).end();
      return true;
    };
    expect(kept(await refresh())).toEqual(['treeinfo .treeinfo', 'installer a']);
    expect(said('warning')).toHaveLength(1);
  });

  it('leaves out what cannot be checked, unless nothing is', async () => {
    put('a', 'a');
    tree('[images-x86_64]\nkernel = a\n[checksums]\nb = crc:1\n');
    expect(kept(await refresh())).toEqual(['treeinfo .treeinfo']);
    expect(said('warning')).toContainEqual(expect.stringMatching(/no checksum that is known of a, b: left out/));
    expect(kept(await refresh({ verify: [] }))).toEqual(['treeinfo .treeinfo', 'installer a']);
  });

  it('takes a weak checksum only where the configuration does', async () => {
    put('a', 'a');
    tree(`[checksums]\na = ${sum('a', 'md5')}`);
    await expect(refresh()).rejects.toMatchObject({ code: 'CHECKSUM_WEAK', hint: expect.stringContaining('allowWeak: [md5]') });
    expect(kept(await refresh({ allowWeak: ['md5'] }))).toEqual(['treeinfo .treeinfo', 'installer a']);
  });

  it('says when the tree is of other packages', async () => {
    tree(`[checksums]\nrepodata/repomd.xml = ${sum('other')}`);
    await refresh();
    expect(said('warning')).toContainEqual(expect.stringContaining('another checksum of repodata/repomd.xml'));
  });

  it('refuses an image that leads out of the tree', async () => {
    tree('[images-x86_64]\nkernel = ../../etc/passwd');
    await expect(refresh()).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  });
});
