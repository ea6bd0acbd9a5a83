import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { createRig, type RefreshOptions, type Rig } from '../rig.ts';

const SHA = 'a'.repeat(64);

interface ElementOptions {
  readonly arch?: string;
  readonly sum?: string;
  readonly type?: string;
  readonly href?: string;
}

function element(name: string, { arch = 'noarch', href = `${name}.rpm`, sum, type = 'sha256' }: ElementOptions = {}): string {
  const value = sum ?? createHash(type).update(name).digest('hex');
  return `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version epoch="1" ver="2" rel="3"/><checksum type="${type}" pkgid="YES">${value}</checksum><size package="3"/><location href="${href}"/></package>`;
}

describe('yum/upstream/load', () => {
  let root: string;
  let rig: Rig;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-load-'));
    mkdirSync(join(root, 'repodata'));
    rig = await createRig(root);
  });
  afterEach(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** Loads what a repository whose only index is a primary with this content offers. */
  async function load(
    content: string,
    settings: Record<string, unknown> = {},
    pack?: readonly [string, ...string[]],
    options: RefreshOptions = {},
  ): Promise<readonly YumCandidate[]> {
    const plain = `<metadata xmlns="http://linux.duke.edu/metadata/common">${content}</metadata>`;
    const name = `primary.xml${pack === undefined ? '' : { gzip: '.gz', xz: '.xz', zstd: '.zst', bzip2: '.bz2' }[pack[0]]}`;
    const bytes = pack === undefined ? Buffer.from(plain) : execFileSync(pack[0], pack.slice(1), { input: plain });
    writeFileSync(join(root, 'repodata', name), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(
      join(root, 'repodata/repomd.xml'),
      `<repomd><data type="primary"><checksum type="sha256">${sum}</checksum><location href="repodata/${name}"/></data></repomd>`,
    );
    const all = { verify: [], ...settings };
    return rig.load(all, await rig.refresh(all, options));
  }

  const labels = (candidates: readonly YumCandidate[]): string[] => candidates.map(({ architecture, name }) => `${name}.${architecture}`);
  const world = [...['x86_64', 'i686', 'noarch', 'src', 'nosrc', 'aarch64'].entries()]
    .map(([index, arch]) => element(`p${index}`, { arch }))
    .join('\n');

  it('takes every architecture but sources where none is asked for, and noarch always', async () => {
    expect(labels(await load(world))).toEqual(['p0.x86_64', 'p1.i686', 'p2.noarch', 'p5.aarch64']);
    expect(labels(await load(world, { architectures: ['x86_64'] }))).toEqual(['p0.x86_64', 'p2.noarch']);
    expect(labels(await load(world, { architectures: ['src'] }))).toEqual(['p2.noarch', 'p3.src', 'p4.nosrc']);
  });

  it('gives what is needed of a package, and its element whole', async () => {
    const text = element('foo');
    const [candidate] = await load(text);
    expect(candidate).toMatchObject({
      mirror: 'test',
      name: 'foo',
      version: '1:2-3',
      architecture: 'noarch',
      location: 'foo.rpm',
      size: 3,
    });
    expect(candidate?.element.toString()).toBe(text);
  });

  it('gives a package that is listed twice once', async () => {
    expect(labels(await load(element('foo', { sum: SHA }) + element('foo', { sum: SHA, href: 'again/foo.rpm' })))).toEqual(['foo.noarch']);
  });

  it('accepts weak checksums only where the configuration does', async () => {
    const weak = element('foo', { type: 'sha1' });
    expect((await load(weak.replace('type="sha1"', 'type="sha"'), { allowWeak: ['sha1'] }))[0]?.checksums[0]?.algorithm).toBe('sha1');
    await expect(load(weak)).rejects.toMatchObject({ code: 'CHECKSUM_WEAK', hint: expect.stringContaining('allowWeak: [sha1]') });
    await expect(load(weak, { allowWeak: ['md5', 'dsa'], verify: ['packages'] })).rejects.toMatchObject({ code: 'CHECKSUM_WEAK' });
    expect(await load(element('foo', { type: 'md5' }), { allowWeak: ['md5'] })).toHaveLength(1);
  });

  it('gives every entry of metadata that is published as it is, and none that is elsewhere', async () => {
    const twice = element('foo', { sum: SHA }) + element('foo', { sum: SHA, href: './again//foo.rpm' });
    const verbatim = { verbatim: true };
    expect(labels(await load(world, { architectures: ['x86_64'] }, undefined, verbatim))).toHaveLength(6);
    expect(labels(await load(twice, {}, undefined, verbatim))).toEqual(['foo.noarch', 'foo.noarch']);
    for (const content of [
      element('foo', { href: '../foo.rpm' }),
      element('foo', { href: '/foo.rpm' }),
      element('foo', { href: 'repodata/foo.rpm' }),
      element('foo', { href: 'foo' }),
      element('foo').replace('<location ', '<location xml:base="http://h/" '),
    ]) {
      await expect(load(content, {}, undefined, verbatim)).rejects.toMatchObject({
        code: 'PATH_UNSAFE',
        hint: expect.stringContaining('regenerate'),
      });
    }
  });

  it.each([
    [element('foo', { href: 'a&#10;b.rpm' }), 'PATH_UNSAFE'],
    [element('foo', { href: '..\\..\\x.rpm' }), 'PATH_UNSAFE'],
    ['<!DOCTYPE x>', 'METADATA_INVALID'],
    [element('foo').replace('foo', '&xxe;'), 'METADATA_INVALID'],
    [element('foo').replace('</name>', ''), 'METADATA_INVALID'],
    [element('../foo'), 'METADATA_INVALID'],
    [element('foo', { arch: '../x' }), 'METADATA_INVALID'],
  ])('refuses %.100j', async (content, code) => {
    await expect(load(content)).rejects.toMatchObject({ code });
  });

  it('keeps a location that leads out of the repository, for fetching', async () => {
    const [candidate] = await load(element('foo', { href: '../../../etc/passwd' }));
    expect(candidate?.location).toBe('../../../etc/passwd');
  });

  describeWithTools(['gzip', 'xz', 'zstd', 'bzip2'], 'compressed', () => {
    it.each(['gzip', 'xz', 'zstd', 'bzip2'])('by %s', async (program) => {
      expect(labels(await load(world, {}, [program, '-c']))).toHaveLength(4);
    });
  });
});
