import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../src/codec/decompress.ts';
import { readTar } from '../../src/codec/tar.ts';
import { describeWithTools } from '../support/requirements.ts';
import { pieces } from './streams.ts';
import { paxRecord, tarArchive, tarEntry } from './tar-archive.ts';

interface Read {
  readonly path: string;
  readonly type: string;
  readonly target?: string;
  readonly content?: string;
}

async function entries(bytes: Uint8Array, size?: number): Promise<Read[]> {
  const found: Read[] = [];
  for await (const { path, type, target, content } of readTar(pieces(bytes, size), 'the file')) {
    const text = (await collect(content, 1 << 20, 'x')).toString();
    found.push({
      path: path.toString(),
      type,
      ...(target.length > 0 && { target: target.toString() }),
      ...(text !== '' && { content: text }),
    });
  }
  return found;
}

describe('codec/tar', () => {
  it('says where the content of each entry begins', async () => {
    const bytes = tarArchive(
      tarEntry({ path: 'a', content: 'one' }),
      tarEntry({ path: './@LongLink', type: 'L', content: `${'b'.repeat(200)}\0` }),
      tarEntry({ path: 'b', content: 'x'.repeat(1000) }),
      tarEntry({ path: 'c', content: 'three' }),
    );
    for (const size of [1, 7, 512, 1 << 20]) {
      const found: string[] = [];
      for await (const { offset, size: length } of readTar(pieces(bytes, size), 'x'))
        found.push(bytes.toString('latin1', offset, offset + length));
      expect(found).toEqual(['one', 'x'.repeat(1000), 'three']);
    }
  });

  it('holds an archive to its end where it is told to', async () => {
    const read = async (bytes: Buffer): Promise<void> => {
      for await (const { path } of readTar(pieces(bytes, 100), 'x', { strict: true })) expect(path.toString()).toBe('a');
    };
    const entry = tarEntry({ path: 'a', content: 'one' });
    await read(Buffer.concat([entry, Buffer.alloc(512)]));
    await read(Buffer.concat([entry, Buffer.alloc(200 * 1024)]));
    for (const bytes of [
      Buffer.alloc(0),
      entry,
      Buffer.concat([tarArchive(entry), Buffer.from('x')]),
      Buffer.concat([tarArchive(entry), entry]),
    ])
      await expect(read(bytes)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });

  it('reads every kind of entry, however the bytes arrive', async () => {
    const bytes = tarArchive(
      tarEntry({ path: './', type: '5' }),
      tarEntry({ path: './a', content: 'one' }),
      tarEntry({ path: './b', type: '2', target: '../a' }),
      tarEntry({ path: './c', type: '1', target: './a' }),
      tarEntry({ path: './d', type: '3' }),
      tarEntry({ path: './e', type: '4' }),
      tarEntry({ path: './f', type: '6' }),
      tarEntry({ path: './g', type: '\0', content: 'x'.repeat(512) }),
    );
    const expected = [
      { path: './', type: 'directory' },
      { path: './a', type: 'file', content: 'one' },
      { path: './b', type: 'symlink', target: '../a' },
      { path: './c', type: 'hardlink', target: './a' },
      { path: './d', type: 'character' },
      { path: './e', type: 'block' },
      { path: './f', type: 'fifo' },
      { path: './g', type: 'file', content: 'x'.repeat(512) },
    ];
    expect(await entries(bytes)).toEqual(expected);
    expect(await entries(bytes, 100)).toEqual(expected);
  });

  it('passes over contents that nobody reads', async () => {
    const paths: string[] = [];
    const bytes = tarArchive(
      tarEntry({ path: 'a', content: 'x'.repeat(5000) }),
      tarEntry({ path: 'b', content: 'y' }),
      tarEntry({ path: 'c' }),
    );
    for await (const { path } of readTar(pieces(bytes), 'x')) paths.push(path.toString());
    expect(paths).toEqual(['a', 'b', 'c']);
  });

  it('joins the two parts of a path in ustar, and takes only the one of GNU', async () => {
    const bytes = tarArchive(tarEntry({ path: 'name', prefix: 'long' }), tarEntry({ path: 'name', prefix: 'atime', magic: 'ustar  \0' }));
    expect((await entries(bytes)).map(({ path }) => path)).toEqual(['long/name', 'name']);
  });

  it('takes paths and targets from the long names in front of an entry, and for that entry alone', async () => {
    const long = `${'d/'.repeat(100)}file`;
    const bytes = tarArchive(
      tarEntry({ path: '././@LongLink', type: 'L', content: `${long}\0` }),
      tarEntry({ path: '././@LongLink', type: 'K', content: `${long}-target\0` }),
      tarEntry({ path: 'd/d', type: '2', target: 'short' }),
      tarEntry({ path: 'next' }),
    );
    expect(await entries(bytes)).toEqual([
      { path: long, type: 'symlink', target: `${long}-target` },
      { path: 'next', type: 'file' },
    ]);
  });

  it('takes path, target and size from a pax header, and marks the entry', async () => {
    const header = (...records: string[]) => tarEntry({ path: 'PaxHeaders/x', type: 'x', content: records.join('') });
    const bytes = tarArchive(
      header(paxRecord('mtime', '1.5'), paxRecord('path', 'ünï/code'), paxRecord('size', '3')),
      Buffer.concat([tarEntry({ path: 'short', size: '00000000000\0' }), Buffer.concat([Buffer.from('abc')], 512)]),
      tarEntry({ path: 'plain' }),
    );
    expect(await entries(bytes)).toEqual([
      { path: 'ünï/code', type: 'file', content: 'abc' },
      { path: 'plain', type: 'file' },
    ]);
    const marks: boolean[] = [];
    for await (const { pax } of readTar(pieces(bytes), 'x')) marks.push(pax);
    expect(marks).toEqual([true, false]);
  });

  it('keeps names that are in no encoding', async () => {
    const path = Buffer.from([0x66, 0xe9, 0xff]);
    const paths: Buffer[] = [];
    for await (const entry of readTar(pieces(tarArchive(tarEntry({ path }))), 'x')) paths.push(entry.path);
    expect(paths).toEqual([path]);
  });

  it('reads a large size in binary', async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeUInt32BE(3, 8);
    const bytes = tarArchive(
      Buffer.concat([tarEntry({ path: 'a', size }), Buffer.concat([Buffer.from('abc')], 512)]),
      tarEntry({ path: 'b' }),
    );
    expect(await entries(bytes)).toEqual([
      { path: 'a', type: 'file', content: 'abc' },
      { path: 'b', type: 'file' },
    ]);
  });

  it('ends at a block of zeros or at the end of the bytes, and reads what follows to its end', async () => {
    const entry = tarEntry({ path: 'a' });
    expect(await entries(entry)).toEqual([{ path: 'a', type: 'file' }]);
    let ended = false;
    const source = pieces(Buffer.concat([tarArchive(entry), Buffer.alloc(100_000, 1)]), 1000, () => {
      ended = true;
    });
    for await (const { path } of readTar(source, 'x')) expect(path.toString()).toBe('a');
    expect(ended).toBe(true);
  });

  const damaged = tarEntry({ path: 'a', content: 'abc' });
  damaged[0] = 0x62;
  it.each([
    ['a damaged header', damaged, 'a damaged header'],
    ['another file', Buffer.alloc(512, 'x'), 'a damaged header'],
    ['a cut header', tarEntry({ path: 'a' }).subarray(0, 300), 'is cut short'],
    ['a cut content', tarEntry({ path: 'a', content: 'abc' }).subarray(0, 514), 'is cut short'],
    ['a cut padding', tarEntry({ path: 'a', content: 'abc' }).subarray(0, 600), 'is cut short'],
    ['a huge size', tarEntry({ path: 'a', size: '77777777777\0' }), 'is cut short'],
    ['a negative size', tarEntry({ path: 'a', size: Buffer.alloc(12, 0xff) }), 'whose size is malformed'],
    [
      'an inexact size',
      tarEntry({ path: 'a', size: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0xff)]) }),
      'whose size is malformed',
    ],
    ['a size that is no number', tarEntry({ path: 'a', size: '99' }), 'whose size is malformed'],
    ['an entry without a name', tarEntry({ path: '' }), 'an entry without a name'],
    ['a sparse file', tarEntry({ path: 'a', type: 'S' }), 'of the type "S"'],
    ['a volume', tarEntry({ path: 'a', type: 'V' }), 'of the type "V"'],
    ['an unknown kind', tarEntry({ path: 'a', type: '7' }), 'of the type "7"'],
    [
      'a long name of gigabytes',
      tarEntry({ path: 'a', type: 'L', size: '77777777777\0' }),
      'a name or an extended header of 8589934591 bytes',
    ],
    ['a long name of nothing', tarArchive(tarEntry({ path: 'a', type: 'L', content: 'b' })), 'ends where an entry should follow'],
    ['pax without records', tarEntry({ path: 'a', type: 'x', content: 'path=a\n' }), 'a malformed pax header'],
    ['pax with a wrong length', tarEntry({ path: 'a', type: 'x', content: '99 path=a\n' }), 'a malformed pax header'],
    ['pax with a NUL', tarEntry({ path: 'a', type: 'x', content: paxRecord('path', 'a\0b') }), 'a malformed pax header'],
    ['pax with a negative size', tarEntry({ path: 'a', type: 'x', content: paxRecord('size', '-1') }), 'a malformed pax header'],
    ['pax sparse', tarEntry({ path: 'a', type: 'x', content: paxRecord('GNU.sparse.major', '1') }), 'a sparse file'],
    ['pax for all', tarEntry({ path: 'a', type: 'g', content: paxRecord('path', 'b') }), 'gives all its entries the same path'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(entries(bytes)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining(message) });
  });

  describeWithTools(['tar'], 'with the real tar', () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'mirror-tar-'));
      const long = join(directory, 'd'.repeat(90), 'e'.repeat(90), 'f'.repeat(90));
      mkdirSync(dirname(long), { recursive: true });
      writeFileSync(long, 'long');
      writeFileSync(join(directory, 'a'), 'hard');
      linkSync(join(directory, 'a'), join(directory, 'b'));
      symlinkSync('x'.repeat(200), join(directory, 'c'));
      writeFileSync(join(directory, 'ünï'), '');
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it.each(['gnu', 'pax', 'oldgnu'])('reads what it writes as %s', async (format) => {
      const packed = execFileSync('tar', [`--format=${format}`, '--sort=name', '-C', directory, '-cf', '-', '.']);
      const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', '-'], { input: packed, encoding: 'utf8' });
      const found = await entries(packed);
      expect(`${found.map(({ path, type }) => (type === 'directory' && !path.endsWith('/') ? `${path}/` : path)).join('\n')}\n`).toBe(
        listed,
      );
      expect(found.find(({ path }) => path === './b')).toEqual({ path: './b', type: 'hardlink', target: './a' });
      expect(found.find(({ path }) => path === './c')?.target).toBe('x'.repeat(200));
      expect(found.find(({ content }) => content === 'long')?.path).toMatch(/f{90}$/);
    });

    it.each(['gnu', 'pax'])('refuses a sparse file in %s', async (format) => {
      const path = join(directory, 'hole');
      writeFileSync(path, 'x');
      truncateSync(path, 1 << 20);
      const packed = execFileSync('tar', [`--format=${format}`, '--sparse', '-C', directory, '-cf', '-', 'hole']);
      rmSync(path);
      await expect(entries(packed)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    });
  });
});
