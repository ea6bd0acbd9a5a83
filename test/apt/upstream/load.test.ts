import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packageSubject } from '../../../src/apt/subject.ts';
import { loadCandidates } from '../../../src/apt/upstream/load.ts';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import type { MirrorEvent } from '../../../src/core/events.ts';
import type { UpstreamState } from '../../../src/store/catalogue.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { aptConfig, contextOf, putArchive, sha256, stanza, Upstream } from '../archive.ts';

const INDEX = 'main/binary-amd64/Packages';

async function load(indexes: Readonly<Record<string, string>>, config: Record<string, unknown> = {}) {
  const upstream = new Upstream();
  await putArchive(upstream, { indexes });
  const context = contextOf(upstream, undefined, config);
  const state = await refreshUpstream(context, undefined);
  const events: MirrorEvent[] = [];
  const source = {
    name: 'test',
    config: context.config,
    upstream: state,
    blobs: upstream.blobs,
    report: (event: MirrorEvent) => events.push(event),
  };
  return { candidates: await loadCandidates(source), events };
}

describe('apt/upstream/load', () => {
  it('reads the packages for the wanted architectures, with their exact text', async () => {
    const text = stanza('b', { Version: '2:1.0~rc1+b1', Architecture: 'all', 'X-Odd': ' kept  ' });
    const { candidates } = await load({ [INDEX]: `${text}\n\n${stanza('a', { Architecture: 'i386' })}\n` });
    expect(candidates.map(({ checksums, provides, ...rest }) => ({ ...rest, checksums }))).toEqual([
      {
        mirror: 'test',
        component: 'main',
        name: 'b',
        version: '2:1.0~rc1+b1',
        architecture: 'all',
        location: 'pool/main/b/b/b_2:1.0~rc1+b1_all.deb',
        size: 1000,
        checksums: [{ algorithm: 'sha256', value: sha256(Buffer.from('b 2:1.0~rc1+b1 all')) }],
        stanza: Buffer.from(text),
      },
    ]);
  });

  it('takes a package that is listed twice once, and says so when the files differ', async () => {
    const all = stanza('doc', { Architecture: 'all' });
    const indexes = {
      [INDEX]: `${all}\n\n${stanza('a')}\n\n${stanza('a', { SHA256: sha256(Buffer.from('other')) })}\n`,
      'main/binary-arm64/Packages': `${all}\n`,
    };
    const { candidates, events } = await load(indexes, { architectures: ['amd64', 'arm64'] });
    expect(candidates.map((candidate) => [candidate.name, candidate.checksums[0]?.value])).toEqual([
      ['doc', sha256(Buffer.from('doc 1.0-1 all'))],
      ['a', sha256(Buffer.from('a 1.0-1 amd64'))],
    ]);
    expect(events).toEqual([expect.objectContaining({ type: 'warning', message: expect.stringMatching(/: a_1\.0-1_amd64$/) })]);
  });

  it.each([
    ['no name', { Package: undefined }, /no usable name/],
    ['a name that is a path', { Package: '../a' }, /no usable name/],
    ['no version', { Version: '' }, /no usable Version/],
    ['a version with a blank', { Version: '1 2' }, /no usable Version/],
    ['an architecture that is a path', { Architecture: '../amd64' }, /no usable Architecture/],
    ['no file name', { Filename: undefined }, /no Filename/],
    ['a size that is no number', { Size: '1e3' }, /no usable Size/],
    ['a size over the ceiling', { Size: '99999999999999' }, /over the \d+ bytes/],
    ['a malformed checksum', { SHA256: 'abc' }, /malformed SHA256/],
    ['weak checksums only', { SHA256: undefined, MD5sum: 'd41d8cd98f00b204e9800998ecf8427e' }, /too weak/],
    ['a field twice', { size: '5' }, /states its Size twice/],
    ['a checksum on a line of its own', { SHA256: `\n\t\n ${'a'.repeat(64)}` }, /on several lines/],
    ['a version that goes on', { Version: '1.0\n .' }, /on several lines/],
  ])('refuses a package with %s', async (_name, fields, message) => {
    await expect(load({ [INDEX]: `${stanza('first')}\n\n${stanza('a', fields)}\n` })).rejects.toMatchObject({
      code: 'METADATA_INVALID',
      message: expect.stringMatching(message),
    });
    await expect(load({ [INDEX]: `${stanza('first')}\n\n${stanza('a', fields)}\n` })).rejects.toThrow(
      /main\/binary-amd64\/Packages\.xz, line 8/,
    );
  });

  it('refuses an index that does not unpack to what the Release says', async () => {
    const upstream = new Upstream();
    const packed = upstream.store(gzipSync(`${stanza('a')}\n`));
    const state = (unpacked: { size: number; value: string }): UpstreamState => ({
      revision: 'x',
      date: 0,
      supplements: [],
      indexes: [{ path: `${INDEX}.gz`, ...packed }],
      verification: { metadata: false, packages: false },
      particulars: {
        selection: { suite: 'stable', architectures: ['amd64'] },
        components: ['main'],
        indexes: {
          [`${INDEX}.gz`]: {
            component: 'main',
            unpacked: { size: unpacked.size, checksums: [{ algorithm: 'sha256', value: unpacked.value }] },
          },
        },
      },
    });
    const attempt = (unpacked: { size: number; value: string }) =>
      loadCandidates({ name: 'test', config: aptConfig(), upstream: state(unpacked), blobs: upstream.blobs, report: () => undefined });
    const text = Buffer.from(`${stanza('a')}\n`);
    const value = sha256(text);
    expect(await attempt({ size: text.length, value })).toHaveLength(1);
    await expect(attempt({ size: text.length, value: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(attempt({ size: text.length + 1, value })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(attempt({ size: text.length - 1, value })).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
  });

  it('refuses a stored state that is not that of an APT upstream', async () => {
    const upstream = {
      revision: '',
      date: 0,
      supplements: [],
      indexes: [],
      verification: { metadata: false, packages: false },
      particulars: { repomd: 1 },
    };
    const source = { name: 'test', config: aptConfig(), upstream, blobs: new Upstream().blobs, report: () => undefined };
    await expect(loadCandidates(source)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('takes 60,000 versions of one package, each once, in about the time of as many packages', async () => {
    const text = Array.from({ length: 60_000 }, (_, index) => stanza('a', { Version: `${index}` })).join('\n\n');
    const before = process.cpuUsage();
    const { candidates, events } = await load({ [INDEX]: `${text}\n\n${text}\n` });
    expect(candidates).toHaveLength(60_000);
    expect(events).not.toContainEqual(expect.objectContaining({ type: 'warning' }));
    expect(process.cpuUsage(before).user).toBeLessThan(8_000_000);
  }, 60_000);

  it('loads 20,000 packages quickly', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => stanza(`package-${index}`, { Description: 'x'.repeat(300) })).join('\n\n');
    const started = performance.now();
    const { candidates } = await load({ [INDEX]: text });
    expect(candidates).toHaveLength(20_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describeWithTools(['xz', 'gzip', 'bzip2', 'zstd'], 'apt/upstream/load, with the tools that pack indexes', () => {
  it.each([
    ['.xz', 'xz', []],
    ['.gz', 'gzip', []],
    ['.bz2', 'bzip2', []],
    ['.zst', 'zstd', ['--quiet']],
    ['.lzma', 'xz', ['--format=lzma']],
    ['', 'cat', []],
  ] as const)('reads an index that is kept as Packages%s alone', async (extension, tool, options) => {
    const text = Array.from({ length: 500 }, (_, index) => stanza(`package-${index}`)).join('\n\n');
    const packed = execFileSync(tool, options, { input: text });
    const upstream = new Upstream();
    // The Release lists the plain form and the one that is there, as most do.
    await putArchive(upstream, { indexes: { [INDEX]: text }, compressions: [''] });
    const release = upstream.files.get('dists/stable/Release')?.toString() ?? '';
    if (extension !== '') upstream.files.delete(`dists/stable/${INDEX}`);
    upstream.files.set(`dists/stable/${INDEX}${extension}`, packed);
    upstream.files.set('dists/stable/Release', Buffer.from(`${release} ${sha256(packed)} ${packed.length} ${INDEX}${extension}\n`));
    const context = contextOf(upstream, undefined);
    const state = await refreshUpstream(context, undefined);
    expect(state.indexes.map(({ path }) => path)).toEqual([`${INDEX}${extension}`]);
    const source = { name: 'test', config: context.config, upstream: state, blobs: upstream.blobs, report: () => undefined };
    expect((await loadCandidates(source)).map(({ name }) => name)).toEqual(Array.from({ length: 500 }, (_, index) => `package-${index}`));
  });
});

describe('apt/upstream/load, of source packages', () => {
  const source = `Package: src\nVersion: 1.0-1\nArchitecture: any\nDirectory: pool/main/s/src\nChecksums-Sha256:\n ${'a'.repeat(64)} 10 src_1.0-1.dsc\n ${'b'.repeat(64)} 20 src_1.0.orig.tar.xz\n`;
  const installer = stanza('boot-udeb', { Filename: 'pool/main/b/boot/boot-udeb_1.0-1_amd64.udeb' });
  const indexes = {
    [INDEX]: `${stanza('a')}\n\n${stanza('odd', { Architecture: 'source' })}\n`,
    'main/source/Sources': source,
    'main/debian-installer/binary-amd64/Packages': installer,
  };

  it('reads sources and packages of the installer where they are asked for, and takes no binary package for a source', async () => {
    const labels = async (config: Record<string, unknown>) =>
      (await load(indexes, config)).candidates.map(
        ({ name, architecture, location }) => `${name} ${architecture} ${location.replace(/.*\//, '')}`,
      );
    const binary = 'a amd64 a_1.0-1_amd64.deb';
    expect(await labels({})).toEqual([binary]);
    expect(await labels({ sources: true })).toEqual([binary, 'src source src_1.0-1.dsc']);
    expect(await labels({ udebs: true })).toEqual([binary, 'boot-udeb amd64 boot-udeb_1.0-1_amd64.udeb']);
  });

  it('says what kind each is to queries', async () => {
    const { candidates } = await load(indexes, { sources: true, udebs: true });
    expect(candidates.map((candidate) => packageSubject(candidate).field('$PackageType'))).toEqual(['deb', 'source', 'udeb']);
  });
});
