import { execFileSync } from 'node:child_process';
import { createReadStream, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { compressionOf } from '../../../../src/codec/compression.ts';
import { collect, decompress } from '../../../../src/codec/decompress.ts';
import { packageElements } from '../../../../src/yum/format/repodata/package-elements.ts';
import { createPrimaryReader, type PrimaryPackage } from '../../../../src/yum/format/repodata/primary.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

const SHA = 'a'.repeat(64);
const NAME = '<name>foo</name><arch>noarch</arch><version epoch="0" ver="1" rel="2"/>';
const REST = `<checksum type="sha256" pkgid="YES">${SHA}</checksum><size package="10"/><location href="f.rpm"/>`;

async function read(...elements: readonly string[]): Promise<(PrimaryPackage | undefined)[]> {
  const text = `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm">${elements.join('\n')}</metadata>`;
  return readAll(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<(PrimaryPackage | undefined)[]> {
  const reader = createPrimaryReader('primary');
  const found: (PrimaryPackage | undefined)[] = [];
  for await (const element of packageElements(source, 'metadata', 'primary')) found.push(reader(element));
  return found;
}

const element = (content: string): string => `<package type="rpm">${content}</package>`;

describe('yum/format/repodata/primary', () => {
  it('reads what every package must have', async () => {
    const text = element(
      `${NAME}${REST.replace('href="f.rpm"', 'xml:base="http://h/" href="a&amp;b.rpm"')}<format><file>/x</file></format>`,
    );
    expect(await read(text)).toEqual([
      {
        name: 'foo',
        architecture: 'noarch',
        epoch: '0',
        version: '1',
        release: '2',
        checksum: { algorithm: 'sha256', value: SHA },
        size: 10,
        location: 'a&b.rpm',
        base: 'http://h/',
        bytes: Buffer.from(text),
      },
    ]);
  });

  it('does not keep anything of the package before', async () => {
    await expect(read(element(NAME + REST), element(NAME))).rejects.toThrow('location');
  });

  it('passes over elements of another type', async () => {
    expect(await read('<package type="patch"><name>x</name></package>')).toEqual([undefined]);
  });

  it.each([
    [NAME, 'location'],
    [REST, 'without its name'],
    [NAME + REST.replace('sha256', 'crc'), 'checksum'],
    [NAME + REST.replace(SHA, 'xyz'), 'checksum'],
    [NAME + REST.replace('package="10"', 'package="-1"'), 'size'],
    [NAME + REST.replace('<size package="10"/>', ''), 'size'],
    [NAME + REST + REST, 'twice'],
    [NAME + NAME + REST, 'twice'],
    [`${NAME}${REST}<format><location href="g.rpm"/></format>`, 'location inside another element'],
    [NAME.replace('foo', '../foo') + REST, 'name that no package'],
    [NAME.replace('foo', 'f oo') + REST, 'name that no package'],
    [NAME.replace('noarch', 'x/y') + REST, 'architecture'],
    [NAME.replace('ver="1"', 'ver="1-2"') + REST, 'version'],
    [NAME.replace('rel="2"', 'rel="2&#10;"') + REST, 'version'],
    [NAME.replace('epoch="0"', 'epoch="x"') + REST, 'epoch'],
    [`${NAME}${REST}<!ENTITY x "y">`, 'document type'],
  ])('refuses %.150s', async (content, why) => {
    await expect(read(element(content))).rejects.toThrow(why);
  });
});

const PYTHON = '/usr/bin/python3';
const hasBinding = ((): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import createrepo_c'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describeWithTools(
  ['shared data', hasBinding ? PYTHON : 'the createrepo_c module of Python'],
  'yum/format/repodata/primary of real repositories',
  () => {
    const data = SHARED_DATA ?? '';
    const files = globSync(
      ['rpm/*/repodata/*primary.xml*', 'rpm/rpm6/*/repodata/*primary.xml*', 'fixtures/createrepo_c/*/repodata/*primary.xml*'],
      {
        cwd: data,
      },
    ).filter((file) => /\.(?:gz|xz|zst|bz2|xml)$/.test(file));

    const script = `
import sys, json, createrepo_c as cr
packages = []
cr.xml_parse_primary(sys.argv[1], pkgcb=packages.append, do_files=True)
print(json.dumps([[p.name, p.arch, p.epoch, p.version, p.release, p.pkgId, p.size_package, p.location_href, p.location_base] for p in packages]))
`;

    it.each(files)('%s', async (file) => {
      const path = join(data, file);
      const plain = await collect(decompress(createReadStream(path), compressionOf(path), { maxSize: 1e9, what: file }), 1e9, file);
      const directory = mkdtempSync(join(tmpdir(), 'mirror-primary-'));
      const copy = join(directory, 'primary.xml');
      writeFileSync(copy, plain);
      const wanted = JSON.parse(execFileSync(PYTHON, ['-c', script, copy], { encoding: 'utf8', maxBuffer: 1 << 26 })) as unknown[];
      rmSync(directory, { recursive: true });
      const found = await readAll(Readable.from([plain]));
      expect(
        found.map((entry) =>
          entry === undefined
            ? undefined
            : [
                entry.name,
                entry.architecture,
                entry.epoch,
                entry.version,
                entry.release,
                entry.checksum.value,
                entry.size,
                entry.location,
                entry.base ?? null,
              ],
        ),
      ).toEqual(wanted);
    });
  },
);
