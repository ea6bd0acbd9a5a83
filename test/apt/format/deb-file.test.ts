import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type PackagedEntry, readDebFile } from '../../../src/apt/format/deb-file.ts';
import { archive, member } from '../../codec/ar-archive.ts';
import { pieces } from '../../codec/streams.ts';
import { paxRecord, tarArchive, tarEntry } from '../../codec/tar-archive.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { buildPackage, CONTROL, packageOf, writeTree } from './packages-on-disk.ts';

const read = (bytes: Uint8Array, visit?: (entry: PackagedEntry) => void) => readDebFile(pieces(bytes), 'x.deb', visit);
const controlPart = tarArchive(tarEntry({ path: './control', content: CONTROL }));
const format = member('debian-binary', '2.0\n');
const controlMember = member('control.tar', controlPart);
const dataMember = member('data.tar', tarArchive());

describe('apt/format/deb-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-deb-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives what the control file says, and everything that is installed', async () => {
    const data = tarArchive(
      tarEntry({ path: './', type: '5' }),
      tarEntry({ path: './usr/', type: '5' }),
      tarEntry({ path: './usr/a', content: 'abc' }),
      tarEntry({ path: '/usr/b', type: '1', target: './usr/a' }),
      tarEntry({ path: 'usr//./c', type: '2', target: '../../x' }),
    );
    const entries: PackagedEntry[] = [];
    const control = await read(packageOf({ data }), (entry) => entries.push(entry));
    expect(control).toMatchObject({ name: 'hello-world', version: '1:1.0-1', architecture: 'amd64' });
    expect(control.stanza.bytes.toString()).toBe(CONTROL.trimEnd());
    expect(entries.map(({ path, type, size, target }) => [path.toString(), type, size, target.toString()])).toEqual([
      ['', 'directory', 0, ''],
      ['usr', 'directory', 0, ''],
      ['usr/a', 'file', 3, ''],
      ['usr/b', 'hardlink', 0, './usr/a'],
      ['usr/c', 'symlink', 0, '../../x'],
    ]);
  });

  it('takes members besides the three where dpkg-deb does', async () => {
    const extra = member('_gpgorigin', 'x');
    const bytes = archive(member('debian-binary', '2.1\nmore\n'), extra, controlMember, extra, dataMember, member('anything', 'y'));
    expect(await read(bytes)).toMatchObject({ name: 'hello-world' });
  });

  it.each<[string, Buffer, string]>([
    ['no debian-binary', archive(controlMember, dataMember), 'begins with "control.tar", not with debian-binary'],
    ['an empty archive', archive(), 'is an empty archive'],
    ['a format of the future', archive(member('debian-binary', '3.0\n'), controlMember, dataMember), 'the format "3.0"'],
    ['a format without a line break', archive(member('debian-binary', '2.0'), controlMember, dataMember), 'the format "2.0"'],
    ['no control part', archive(format), 'has no control part'],
    ['no data part', archive(format, controlMember), 'has no data part'],
    ['the parts in another order', archive(format, dataMember, controlMember), 'has its data part before its control part'],
    ['a member in between', archive(format, member('other', ''), controlMember, dataMember), '"other" where its control part should be'],
    ['a member after control', archive(format, controlMember, member('other', ''), dataMember), '"other" where its data part should be'],
    ['two control parts', archive(format, controlMember, controlMember, dataMember), 'has its control part twice'],
    ['two data parts', archive(format, controlMember, dataMember, dataMember), 'has its data part twice'],
    ['control in bzip2', archive(format, member('control.tar.bz2', ''), dataMember), 'compressed in a way that dpkg-deb does not read'],
    ['data in an unknown way', archive(format, controlMember, member('data.tar.lz4', '')), '"data.tar.lz4", compressed in a way'],
    ['no control file', archive(format, member('control.tar', tarArchive()), dataMember), 'has no control file'],
    [
      'two control files',
      archive(
        format,
        member(
          'control.tar',
          tarArchive(tarEntry({ path: 'control', content: CONTROL }), tarEntry({ path: './control', content: CONTROL })),
        ),
        dataMember,
      ),
      'has its control file twice',
    ],
    [
      'a link as the control file',
      archive(format, member('control.tar', tarArchive(tarEntry({ path: 'control', type: '2', target: '/etc/shadow' }))), dataMember),
      'has a control that is no file',
    ],
    [
      'pax headers',
      packageOf({ data: tarArchive(tarEntry({ path: 'x', type: 'x', content: paxRecord('path', 'y') }), tarEntry({ path: 'x' })) }),
      'has pax headers',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining(message) });
  });

  it.each<[string, Buffer]>([
    ['a path out of the root', tarEntry({ path: './../etc/passwd' })],
    ['a path out of the root within', tarEntry({ path: 'usr/../../x' })],
    ['a hard link out of the root', tarEntry({ path: 'x', type: '1', target: '../../etc/passwd' })],
    ['a line break', tarEntry({ path: 'x\ny' })],
  ])('refuses %s', async (_, entry) => {
    await expect(read(packageOf({ data: tarArchive(entry) }))).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  });

  it('refuses parts that unpack to more than they may', async () => {
    const largeControl = tarArchive(tarEntry({ path: 'control', content: Buffer.alloc(5 << 20, ' ') }));
    const bytes = archive(format, member('control.tar.zst', zstdCompressSync(largeControl)), dataMember);
    await expect(read(bytes)).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
    const bomb = Buffer.concat(Array.from({ length: 9 }, () => zstdCompressSync(Buffer.alloc(64 << 20))));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(read(archive(format, member('control.tar.zst', bomb), dataMember))).rejects.toMatchObject({
      code: 'DECOMPRESS_TOO_LARGE',
    });
  });

  describeWithTools(['dpkg-deb', 'tar', 'bzip2', 'xz'], 'as dpkg-deb reads it', () => {
    const compressions = ['none', 'gzip', 'xz', 'zstd', 'bzip2', 'lzma'];
    const builtWith = (compression: string): string => {
      const path = join(folder, `${compression}.deb`);
      if (!existsSync(join(folder, 'tree'))) writeTree(join(folder, 'tree'));
      if (!existsSync(path)) buildPackage(join(folder, 'tree'), path, compression);
      return path;
    };

    it.each(compressions)('every field and every path of one packed with %s', async (compression) => {
      const path = builtWith(compression);
      const entries: PackagedEntry[] = [];
      const { stanza, name, version } = await read(readFileSync(path), (entry) => entries.push(entry));
      expect(`${stanza.bytes}\n`).toBe(execFileSync('dpkg-deb', ['--field', path], { encoding: 'utf8' }));
      expect(`${name} ${version}\n`).toBe(
        execFileSync('dpkg-deb', ['--show', '--showformat', `\${Package} \${Version}\n`, path], { encoding: 'utf8' }),
      );
      const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', '-'], {
        input: execFileSync('dpkg-deb', ['--fsys-tarfile', path]),
        encoding: 'utf8',
      });
      expect(entries.map(({ path: found, type }) => `./${found}${type === 'directory' && found.length > 0 ? '/' : ''}\n`).join('')).toBe(
        listed,
      );
      const long = execFileSync('dpkg-deb', ['--contents', path], { encoding: 'utf8' }).trimEnd().split('\n');
      const letters: Readonly<Record<string, string>> = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h' };
      expect(entries.map(({ type, size }) => `${letters[type]} ${size}`)).toEqual(long.map((line) => `${line[0]} ${line.split(/ +/)[2]}`));
    });

    it.each(compressions)('and what it refuses of one packed with %s that is cut short', async (compression) => {
      const whole = readFileSync(builtWith(compression));
      const cuts = [0, 4, 8, 30, 68, 71, 72, 100, 132, 200, Math.floor(whole.length / 2), whole.length - 700, whole.length - 2];
      for (const cut of cuts) {
        const path = join(folder, 'cut.deb');
        writeFileSync(path, whole.subarray(0, cut));
        const oracle = spawnSync('sh', ['-c', 'set -e; dpkg-deb --info "$1"; dpkg-deb --fsys-tarfile "$1"', 'sh', path], {
          stdio: 'ignore',
        });
        expect([cut, oracle.status === 0]).toEqual([cut, false]);
        await expect(read(whole.subarray(0, cut)), `cut after ${cut}`).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:METADATA_INVALID|DECOMPRESS_FAILED)$/),
        });
      }
    });

    it.each(['gzip', 'xz', 'zstd', 'bzip2'])('and what it refuses of one packed with %s that is damaged', async (compression) => {
      const whole = readFileSync(builtWith(compression));
      for (let at = 9; at < whole.length; at += Math.ceil(whole.length / 25)) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x55;
        const path = join(folder, 'damaged.deb');
        writeFileSync(path, bytes);
        const command = 'set -e; dpkg-deb --info "$1"; dpkg-deb --fsys-tarfile "$1" >"$1.tar"; tar -tf "$1.tar"';
        const { status } = spawnSync('sh', ['-c', command, 'sh', path], { stdio: 'ignore' });
        const ours = await read(bytes).then(
          () => true,
          () => false,
        );
        if (status !== 0) expect([at, ours]).toEqual([at, false]);
      }
    });
  });

  describeWithTools(['dpkg'], 'as dpkg unpacks it', () => {
    const control = (lines: string): string => `Package: hello-world\nArchitecture: all\nMaintainer: a\nDescription: b\n${lines}`;
    const unpacks = (bytes: Buffer): boolean => {
      const path = join(folder, 'x.deb');
      writeFileSync(path, bytes);
      for (const name of ['updates', 'info']) mkdirSync(join(folder, 'root/var/lib/dpkg', name), { recursive: true });
      writeFileSync(join(folder, 'root/var/lib/dpkg/status'), '');
      const root = `--root=${join(folder, 'root')}`;
      return (
        spawnSync('dpkg', [root, '--log=/dev/null', '--force-all', '--no-triggers', '--unpack', path], { stdio: 'ignore' }).status === 0
      );
    };

    it.each<[boolean, string]>([
      [true, control('Version: 1.0\n')],
      [true, control('Version: v1\n')],
      [true, control('Version: 1_0\n')],
      [true, `\n${control('Version: 1.0\n')}\n\n`],
      [true, 'Package: h\nArchitecture: all\nVersion: 1\n'],
      [true, control('Version: 1\nDepends: a (>= 1) | b, c:any\n')],
      [false, control('Version: 1:\n')],
      [false, control('Version: 1-\n')],
      [false, control('Version: a:1\n')],
      [false, control('Version: 2147483648:1\n')],
      [false, control('Version: 1 2\n')],
      [false, control('Version: 1.0\nVersion: 1.0\n')],
      [false, control('Version: 1.0\nversion: 1.0\n')],
      [false, control('Version: 1\n \nSection: x\n')],
      [false, control('Version: 1\n\nPackage: other\nVersion: 1\nArchitecture: all\n')],
      [false, control('Version: 1\nStatus: install ok installed\n')],
      [false, control('Version: 1')],
      [false, control('Version: 1\nDepends: a (\n')],
      [false, control('')],
      [false, control('Version: 1\nnothing\n')],
      [false, 'Package: ../x\nArchitecture: all\nVersion: 1\n'],
      [false, ''],
    ])('%s: the control file %j', async (good, text) => {
      const bytes = packageOf({ control: text });
      expect(unpacks(bytes)).toBe(good);
      const ours = read(bytes);
      if (good) expect((await ours).name).toMatch(/^h/);
      else await expect(ours).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    });

    it.each<[boolean, string, Buffer]>([
      [true, 'a file', tarEntry({ path: './a', content: 'x' })],
      [true, 'a fifo', tarEntry({ path: './fifo', type: '6' })],
      [true, 'no leading dot', tarEntry({ path: 'b' })],
      [true, 'a directory of before ustar', tarEntry({ path: './d/', type: '\0', magic: '' })],
      [false, 'pax', Buffer.concat([tarEntry({ path: './x', type: 'x', content: paxRecord('path', './y') }), tarEntry({ path: './y' })])],
      [false, 'sparse', tarEntry({ path: './s', type: 'S' })],
      [false, 'a volume', tarEntry({ path: './v', type: 'V' })],
      [false, 'contiguous', tarEntry({ path: './c', type: '7' })],
      [false, 'a line break', tarEntry({ path: './a\nb' })],
    ])('%s: %s', async (good, _, entry) => {
      const bytes = packageOf({ control: control('Version: 1\n'), data: tarArchive(tarEntry({ path: './', type: '5' }), entry) });
      expect(unpacks(bytes)).toBe(good);
      const ours = read(bytes);
      if (good) expect(await ours).toMatchObject({ name: 'hello-world' });
      else await expect(ours).rejects.toMatchObject({ code: expect.stringMatching(/^(?:METADATA_INVALID|PATH_UNSAFE)$/) });
    });
  });
});
