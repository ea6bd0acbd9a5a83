import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { looksLikePage, parseTreeinfo } from '../../../../src/yum/format/repository/treeinfo.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

const SHA = 'a'.repeat(64);
const parse = (text: string) => parseTreeinfo(Buffer.from(text), 'the tree');
const general = '[general]\nfamily = CentOS\nversion = 5\n';

describe('yum/format/repository/treeinfo', () => {
  it('reads the older format, where files need not have a checksum', () => {
    const text = `${general}[stage2]\ninstimage = images/minstg2.img\nmainimage = images/stage2.img\n[images-x86_64]
kernel = images/pxeboot/vmlinuz\ninitrd = ./images//pxeboot/initrd.img\nboot.iso =\n[images-xen]\nkernel = images/pxeboot/vmlinuz
[checksums]\nimages/pxeboot/vmlinuz = sha256: ${SHA.toUpperCase()}\nimages/stage2.img = md5:${'b'.repeat(32)}\nimages/x = crc:1\nRepo/File = sha1:${'c'.repeat(40)}
[variant-Server]\nrepository = Server/repodata\n`;
    expect(parse(text)).toEqual({
      files: [
        { path: 'Repo/File', checksums: [{ algorithm: 'sha1', value: 'c'.repeat(40) }] },
        { path: 'images/minstg2.img', checksums: [] },
        { path: 'images/pxeboot/initrd.img', checksums: [] },
        { path: 'images/pxeboot/vmlinuz', checksums: [{ algorithm: 'sha256', value: SHA }] },
        { path: 'images/stage2.img', checksums: [{ algorithm: 'md5', value: 'b'.repeat(32) }] },
        { path: 'images/x', checksums: [] },
      ],
      repomd: [],
      variants: [{ id: 'Server', repository: 'Server' }],
    });
  });

  it('tells metadata of repositories from images', () => {
    const text = `[tree]\narch = x86_64\n[checksums]\nrepodata/repomd.xml = sha256:${SHA}\naddons/a/repodata/repomd.xml = sha256:${SHA}\nrepodata = sha256:${SHA}\nServer/repodata = sha256:${SHA}\n.treeinfo = sha256:${SHA}\n`;
    expect(parse(text)).toEqual({ files: [], repomd: [{ algorithm: 'sha256', value: SHA }], variants: [] });
  });

  it('knows a page that stands in for the file', () => {
    expect(['<html>', '\uFEFF \n<!DOCTYPE html>', '  <?xml ?>'].map((text) => looksLikePage(Buffer.from(text)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(looksLikePage(Buffer.from(general))).toBe(false);
  });

  it.each([
    ['', 'none of the sections'],
    ['[other]\na=b\n', 'none of the sections'],
    ['Not found', 'line 1'],
    [`${general}[images-x]\nkernel = ../../etc/passwd\n`, 'leads out'],
    [`${general}[images-x]\nkernel = /etc/passwd\n`, 'absolute'],
    [`${general}[images-x]\nkernel = a\n b\n`, 'control character'],
    [`${general}[checksums]\n../x = sha256:${SHA}\n`, 'leads out'],
    [`${general}[variant-x]\nid = ../x\n`, 'a variant with the id'],
    [`${general}[checksums]\n${Array.from({ length: 1001 }, (_, index) => `f${index} = x`).join('\n')}`, '1001 files'],
    [`${general}${Array.from({ length: 201 }, (_, index) => `[variant-${index}]\nrepository=${index}\n`).join('')}`, '201 variants'],
  ])('refuses %.60j', (text, why) => {
    expect(() => parse(text)).toThrow(why);
  });
});

describeWithTools(['shared data'], 'yum/format/repository/treeinfo of a distribution', () => {
  it('reads the format of productmd', () => {
    const { files, repomd, variants } = parse(readFileSync(join(SHARED_DATA ?? '', 'fixtures/treeinfo/.treeinfo'), 'utf8'));
    expect(files.map(({ checksums, path }) => [path, checksums.length])).toEqual([
      ['LiveOS/squashfs.img', 1],
      ['images/pxeboot/initrd.img', 1],
      ['images/pxeboot/upgrade.img', 1],
      ['images/pxeboot/vmlinuz', 1],
    ]);
    expect(repomd).toEqual([]);
    expect(variants).toEqual([
      { id: 'Sea-Dolphin', repository: 'addons/dolphin' },
      { id: 'Sea-Whale', repository: 'addons/whale' },
      { id: 'Land', repository: 'variants/land' },
      { id: 'External', repository: '../rpm-signed' },
    ]);
  });
});
