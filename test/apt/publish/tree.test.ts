import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRelease } from '../../../src/apt/format/release.ts';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { makeKey, NOW } from '../archive.ts';
import { publish, stored, type Written } from './publish-rig.ts';

describe('apt/publish/tree', () => {
  it('writes every index in its forms, by name and by hash, and a Release that vouches for them', async () => {
    const { tree, files, text, unpacked } = await publish([
      { name: 'main', supplements: [], packages: [stored('a'), stored('b', { Architecture: 'arm64' })] },
    ]);
    expect(tree).toEqual({
      distribution: 'xenial',
      release: { origin: 'test', label: 'test', suite: 'xenial', codename: 'xenial' },
      components: ['main'],
      architectures: ['amd64', 'arm64'],
    });
    const release = parseRelease(Buffer.from(text('dists/xenial/Release')), 'Release');
    expect(release).toMatchObject({
      origin: 'test',
      label: 'test',
      suite: 'xenial',
      codename: 'xenial',
      date: NOW.getTime(),
      validUntil: undefined,
      acquireByHash: true,
      architectures: ['amd64', 'arm64'],
      components: ['main'],
    });
    expect([...release.files.keys()]).toEqual(
      ['amd64', 'arm64'].flatMap((architecture) =>
        ['Packages', 'Packages.gz', 'Packages.xz', 'Packages.zst', 'Release'].map((name) => `main/binary-${architecture}/${name}`),
      ),
    );
    for (const [path, expected] of release.files) {
      const file = files.get(`dists/xenial/${path}`);
      expect([file?.bytes?.length, file?.sha256, file?.permanence]).toEqual([expected.size, expected.checksums[0]?.value, 'current']);
      const byHash = files.get(`dists/xenial/${dirname(path)}/by-hash/SHA256/${file?.sha256}`);
      expect(byHash).toMatchObject({ sha256: file?.sha256, permanence: 'fixed' });
    }
    const plain = files.get('dists/xenial/main/binary-amd64/Packages')?.bytes;
    expect(gunzipSync(files.get('dists/xenial/main/binary-amd64/Packages.gz')?.bytes ?? '')).toEqual(plain);
    expect(await unpacked('dists/xenial/main/binary-amd64/Packages.xz')).toBe(String(plain));
    expect(await unpacked('dists/xenial/main/binary-amd64/Packages.zst')).toBe(String(plain));
    expect(text('dists/xenial/main/binary-arm64/Release')).toBe(
      'Archive: xenial\nComponent: main\nOrigin: test\nLabel: test\nAcquire-By-Hash: yes\nArchitecture: arm64\n',
    );
    expect(files.has('dists/xenial/InRelease')).toBe(false);
  });

  it('lists packages by name, newest version first, those for all architectures with each', async () => {
    const packages = [
      stored('b', { Version: '1.9' }),
      stored('b', { Version: '1.10' }, Buffer.from('newer')),
      stored('doc', { Architecture: 'all', Source: 'libdoc (2)', Filename: 'doc_1.0-1_all.deb' }),
      stored('a', { Architecture: 'arm64' }),
    ];
    const { packages: listed, files } = await publish([{ name: 'main', supplements: [], packages }]);
    const labels = (path: string) => listed(path).map((found) => `${found.get('Package')} ${found.get('Version')}`);
    expect(labels('dists/xenial/main/binary-amd64/Packages')).toEqual(['b 1.10', 'b 1.9', 'doc 1.0-1']);
    expect(labels('dists/xenial/main/binary-arm64/Packages')).toEqual(['a 1.0-1', 'doc 1.0-1']);
    for (const found of listed('dists/xenial/main/binary-amd64/Packages')) {
      expect(files.get(found.get('Filename') ?? '')).toMatchObject({ sha256: found.get('SHA256'), permanence: 'fixed' });
    }
    expect(files.has('pool/main/libd/libdoc/doc_1.0-1_all.deb')).toBe(true);
  });

  it('keeps the stanza as the upstream has it, but for the file name', async () => {
    const listed = stored('a', { Filename: './odd/a_1.0-1_amd64.deb', 'Description-md5': 'x', Tag: 'role::program,\n use::scanning' });
    const { text } = await publish([{ name: 'main', supplements: [], packages: [listed] }]);
    const expected = listed.record.toString().replace('./odd/', 'pool/main/a/a/');
    expect(text('dists/xenial/main/binary-amd64/Packages')).toBe(`${expected}\n\n`);
  });

  it('writes an empty index for a component without packages, and for a publication without any', async () => {
    const { files, tree } = await publish([
      { name: 'main', supplements: [], packages: [stored('a')] },
      { name: 'empty', supplements: [], packages: [] },
    ]);
    expect(files.get('dists/xenial/empty/binary-amd64/Packages')?.bytes).toHaveLength(0);
    expect(tree.components).toEqual(['main', 'empty']);
    const none = await publish([{ name: 'main', supplements: [], packages: [stored('doc', { Architecture: 'all' })] }]);
    expect(none.tree.architectures).toHaveLength(1);
    expect(none.packages(`dists/xenial/main/binary-${none.tree.architectures[0]}/Packages`)).toHaveLength(1);
  });

  it('publishes the architectures that are asked for, also without packages, and leaves out the others', async () => {
    const packages = [stored('a'), stored('b', { Architecture: 'i386' }), stored('doc', { Architecture: 'all' })];
    const {
      tree,
      files,
      packages: listed,
    } = await publish([{ name: 'main', supplements: [], packages }], {
      config: { architectures: ['arm64', 'amd64'] },
    });
    expect(tree.architectures).toEqual(['amd64', 'arm64']);
    expect(listed('dists/xenial/main/binary-arm64/Packages').map((found) => found.get('Package'))).toEqual(['doc']);
    expect([...files.keys()].filter((path) => path.startsWith('pool/'))).toEqual([
      'pool/main/a/a/a_1.0-1_amd64.deb',
      'pool/main/d/doc/doc_1.0-1_all.deb',
    ]);
  });

  it('lists packages of the installer apart from the others', async () => {
    const udeb = stored('anna', { Filename: 'pool/main/a/anna/anna_1.0-1_amd64.udeb' });
    const { files, packages, text } = await publish([{ name: 'main', supplements: [], packages: [stored('a'), udeb] }]);
    const names = (path: string) => packages(path).map((found) => found.get('Package'));
    expect(names('dists/xenial/main/binary-amd64/Packages')).toEqual(['a']);
    expect(names('dists/xenial/main/debian-installer/binary-amd64/Packages')).toEqual(['anna']);
    expect(files.has('pool/main/a/anna/anna_1.0-1_amd64.udeb')).toBe(true);
    expect(text('dists/xenial/Release')).toContain(' main/debian-installer/binary-amd64/Packages.xz\n');
  });

  it('names the second file after its whole version when only epochs differ', async () => {
    const epochs = ['1:1.0', '2:1.0'].map((version) =>
      stored('a', { Version: version, Filename: 'a_1.0_amd64.deb' }, Buffer.from(version)),
    );
    const { files } = await publish([{ name: 'main', supplements: [], packages: epochs }]);
    expect(files.get('pool/main/a/a/a_1.0_amd64.deb')?.sha256).toBe(epochs[1]?.sha256);
    expect(files.get('pool/main/a/a/a_1%3a1.0_amd64.deb')?.sha256).toBe(epochs[0]?.sha256);
  });

  it('takes the same package once, and refuses two different ones', async () => {
    const { packages } = await publish([{ name: 'main', supplements: [], packages: [stored('a'), stored('a', { Section: 'net' })] }]);
    expect(packages('dists/xenial/main/binary-amd64/Packages')).toHaveLength(1);
    const different = [stored('a'), stored('a', {}, Buffer.from('other'))];
    await expect(publish([{ name: 'main', supplements: [], packages: different }])).rejects.toMatchObject({
      code: 'PACKAGE_CONFLICT',
      message: expect.stringContaining('a_1.0-1_amd64'),
    });
    await publish(different.map((listed, index) => ({ name: `c${index}`, supplements: [], packages: [listed] })));
  });

  it('refuses names that would leave the tree, and stops when it is told to', async () => {
    const evil = stored('a', { Source: '../../../etc', Filename: 'a.deb' });
    const { packages } = await publish([{ name: 'main', supplements: [], packages: [evil] }]);
    expect(packages('dists/xenial/main/binary-amd64/Packages').map((found) => found.get('Filename'))).toEqual(['pool/main/a/a/a.deb']);
    await expect(publish([{ name: '..', supplements: [], packages: [] }])).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    await expect(publish([], { config: { distribution: 'a/../..' } })).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    await expect(publish([{ name: 'main', supplements: [], packages: [stored('a')] }], { aborted: true })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('is named as it is configured, and as the publication where nothing is', async () => {
    const named = await publish([], { config: { origin: 'Example', label: 'Ours', distribution: 'bookworm/updates' } });
    expect(named.text('dists/bookworm/updates/Release')).toMatch(/^Origin: Example\nLabel: Ours\nSuite: bookworm\/updates\n/);
    const full = await publish([], {
      config: {
        suite: 'stable',
        codename: 'bookworm',
        version: '12.1',
        description: 'of a test',
        notAutomatic: true,
        butAutomaticUpgrades: true,
        validFor: '2d',
        signedBy: [`${'a'.repeat(40)}!`, 'own'],
        architectures: ['riscv64', 'arm64'],
      },
      signer: { ...(await makeKey()).signer, fingerprint: 'B'.repeat(40) },
    });
    expect(full.text('dists/xenial/Release').split('SHA256:')[0]).toBe(
      [
        'Origin: test',
        'Label: test',
        'Suite: stable',
        'Version: 12.1',
        'Codename: bookworm',
        'Date: Mon, 10 Jun 2024 12:00:00 UTC',
        'Valid-Until: Wed, 12 Jun 2024 12:00:00 UTC',
        'NotAutomatic: yes',
        'ButAutomaticUpgrades: yes',
        'Acquire-By-Hash: yes',
        `Signed-By: ${'A'.repeat(40)}!, ${'B'.repeat(40)}`,
        'Architectures: arm64 riscv64',
        'Components: ',
        'Description: of a test',
        '',
      ].join('\n'),
    );
    expect(full.tree.release).toEqual({ origin: 'test', label: 'test', suite: 'stable', codename: 'bookworm' });
    const unnamed = await publish([], { config: { distribution: undefined } });
    expect(unnamed.tree.distribution).toBe('test');
  });

  describeWithTools(['apt-get', 'dpkg-deb'], 'with real apt', () => {
    const root = mkdtempSync(join(tmpdir(), 'mirror-apt-'));
    afterAll(() => rmSync(root, { recursive: true }));
    let files: ReadonlyMap<string, Written>;
    let publicKey: string;
    const debs = new Map<string, Buffer>();
    const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();

    /** A real package, and the stanza that an archive would list it with. */
    const makePackage = (name: string, version: string, more: Readonly<Record<string, string>> = {}): StoredPackage => {
      const source = join(root, 'build', name);
      const file = `${name}_${version.replace(/^\d+:/, '')}_${more['Architecture'] ?? architecture}.deb`;
      mkdirSync(join(source, 'DEBIAN'), { recursive: true });
      const control = {
        Package: name,
        Version: version,
        Architecture: architecture,
        Maintainer: 'Test <t@example.org>',
        Description: 'a test',
        ...more,
      };
      writeFileSync(
        join(source, 'DEBIAN/control'),
        Object.entries(control)
          .map(([field, value]) => `${field}: ${value}\n`)
          .join(''),
      );
      execFileSync('dpkg-deb', ['--root-owner-group', '-b', source, join(root, file)], { stdio: 'ignore' });
      const bytes = readFileSync(join(root, file));
      const fields = { ...control, Filename: `pool/x/${file}` };
      const listed = stored(name, fields, bytes);
      debs.set(listed.sha256, bytes);
      return listed;
    };

    const apt = (...words: readonly string[]): string => {
      const settings = {
        Dir: root,
        'Dir::State': 'state',
        'Dir::State::status': join(root, 'status'),
        'Dir::Cache': 'cache',
        'Dir::Etc': 'etc',
        'Dir::Etc::parts': 'none',
        'Dir::Log': 'log',
        'Dir::Bin::methods': '/usr/lib/apt/methods',
        'Acquire::Check-Date': 'true',
        'Acquire::Check-Valid-Until': 'true',
        'APT::Sandbox::User': 'root',
        'Debug::NoLocking': 'true',
      };
      const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
      return execFileSync('apt-get', [...options, ...words], { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LC_ALL: 'C' } });
    };

    beforeAll(async () => {
      const key = await makeKey();
      publicKey = key.publicKey;
      const packages = [
        makePackage('libfoo++1', '1:2.0~rc1+b1', { 'Multi-Arch': 'same' }),
        makePackage('app', '1.0-1', { Depends: 'libfoo++1 (>= 1:2.0~), app-data, virtual-thing' }),
        makePackage('app-data', '1.0-1', { Architecture: 'all', Provides: 'virtual-thing' }),
      ];
      ({ files } = await publish(
        [
          { name: 'main', supplements: [], packages },
          { name: 'extra', supplements: [], packages: [] },
        ],
        { signer: key.signer },
      ));
      for (const [path, file] of files) {
        mkdirSync(join(root, 'www', dirname(path)), { recursive: true });
        writeFileSync(join(root, 'www', path), file.bytes ?? debs.get(file.sha256) ?? '');
      }
      for (const path of ['etc/preferences.d', 'etc/trusted.gpg.d', 'state/lists/partial', 'cache/archives/partial', 'log']) {
        mkdirSync(join(root, path), { recursive: true });
      }
      writeFileSync(join(root, 'status'), '');
      writeFileSync(join(root, 'key.asc'), publicKey);
      writeFileSync(
        join(root, 'etc/sources.list'),
        `deb [signed-by=${join(root, 'key.asc')}] copy:${join(root, 'www')} xenial main extra\n`,
      );
    });

    it('is updated from, resolved and downloaded with signatures and dates checked', () => {
      const update = apt('update');
      expect(update).not.toMatch(/^[WE]:/m);
      const install = apt('install', '-y', '--download-only', 'app');
      expect(install).toMatch(/The following NEW packages will be installed:\s+app app-data libfoo\+\+1/);
      expect(
        readdirSync(join(root, 'cache/archives'))
          .filter((name) => name.endsWith('.deb'))
          .sort(),
      ).toEqual(['app-data_1.0-1_all.deb', `app_1.0-1_${architecture}.deb`, `libfoo++1_1%3a2.0~rc1+b1_${architecture}.deb`].sort());
    });

    it('is refused when its Release was changed', () => {
      for (const name of ['InRelease', 'Release']) {
        const path = join(root, 'www/dists/xenial', name);
        writeFileSync(path, readFileSync(path, 'utf8').replace('Label: test', 'Label: evil'));
      }
      rmSync(join(root, 'state/lists'), { recursive: true });
      mkdirSync(join(root, 'state/lists/partial'), { recursive: true });
      expect(() => apt('update', '-o', 'APT::Update::Error-Mode=any')).toThrow(/BADSIG|signature/i);
    });
  });
});
