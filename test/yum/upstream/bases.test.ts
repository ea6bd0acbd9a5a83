import { describe, expect, it } from 'vitest';
import { variablesOf, yumBases } from '../../../src/yum/upstream/bases.ts';
import { yumMirror } from '../rig.ts';

async function bases(settings: Record<string, unknown>, lists: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  return yumBases('m', yumMirror(settings), async (url) => {
    const list = lists[url];
    if (list === undefined) throw new Error(`asked for ${url}`);
    return Buffer.from(list);
  });
}

describe('yum/upstream/bases', () => {
  it('fills in variables and ends bases in a slash', async () => {
    expect(
      await bases({
        url: ['http://a/$releasever/$basearch', 'http://b/$arch/'],
        vars: { releasever: '7' },
        architectures: ['noarch', 'i686'],
      }),
    ).toEqual(['http://a/7/i386/', 'http://b/i686/']);
  });

  it('leaves a query behind the path of a base', async () => {
    expect(await bases({ url: ['http://a/x?token=1', 'http://b/y/?a=1&b=/2'] })).toEqual(['http://a/x/?token=1', 'http://b/y/?a=1&b=/2']);
  });

  it('has the architecture of the machine where nothing says another', () => {
    expect(variablesOf(yumMirror({ url: 'http://a/' }))['basearch']).toMatch(/^\w+$/);
    expect(variablesOf(yumMirror({ url: 'http://a/', vars: { basearch: 'ppc64le' }, architectures: ['x86_64'] }))).toEqual({
      basearch: 'ppc64le',
      arch: 'x86_64',
    });
  });

  it('takes releases apart, and fills in what has a default', async () => {
    const url = `http://h/\${releasever_major}/$releasever_minor/$releasever/\${stream:-stable}/\${beta:+beta}/`;
    expect(await bases({ url, vars: { releasever: '9.4' } })).toEqual(['http://h/9/4/9.4/stable//']);
    expect(await bases({ url: 'http://h/$releasever_major$basearch/', vars: { releasever: '42' }, architectures: ['armv7hl'] })).toEqual([
      'http://h/42armhfp/',
    ]);
    expect(await bases({ url: 'http://h/$releasever_major/', vars: { releasever: '9', releasever_major: 'nine' } })).toEqual([
      'http://h/nine/',
    ]);
  });

  it('fetches mirror lists and metalinks', async () => {
    const lists = {
      'http://l/7': 'http://a/$ARCH/\nhttp://a/x86_64/\nhttp://b/$nothing/\n',
      'http://m/7': `<metalink><files><file name="repomd.xml"><verification><hash type="sha256">${'1'.repeat(64)}</hash></verification>
        <resources><url preference="1">http://c/repodata/repomd.xml</url></resources></file></files></metalink>`,
    };
    const vars = { releasever: '7', basearch: 'x86_64' };
    expect(await bases({ mirrorlist: 'http://l/$releasever', metalink: 'http://m/$releasever', vars }, lists)).toEqual([
      'http://a/x86_64/',
      'http://c/',
    ]);
  });

  it('passes over addresses of this machine on a list from elsewhere, and all but the first 200', async () => {
    const local = 'http://127.0.0.1:81/\nhttp://169.254.169.254/\nhttp://a/\n';
    expect(await bases({ mirrorlist: 'http://l/' }, { 'http://l/': local })).toEqual(['http://a/']);
    expect(await bases({ mirrorlist: 'http://127.0.0.1:80/' }, { 'http://127.0.0.1:80/': local })).toHaveLength(3);
    const many = Array.from({ length: 5000 }, (_, index) => `http://a${index}/`).join('\n');
    expect(await bases({ mirrorlist: 'http://l/' }, { 'http://l/': many })).toHaveLength(200);
  });

  it.each([
    [{ url: 'http://a/$releasever/' }, 'CONFIG_INVALID', '$releasever'],
    [{ url: 'http://a/#top' }, 'CONFIG_INVALID', 'directory'],
    [{}, 'CONFIG_INVALID', 'neither'],
    [{ mirrorlist: 'http://l/' }, 'METADATA_INVALID', 'names no server'],
    [{ mirrorlist: 'http://x/' }, 'CONFIG_INVALID', 'is a metalink'],
    [{ metalink: 'http://l/' }, 'METADATA_INVALID', ''],
  ])('refuses %j', async (settings, code, message) => {
    const lists = { 'http://l/': '<html>No such release</html>', 'http://x/': '<?xml version="1.0"?>\n<metalink version="3.0">' };
    await expect(bases(settings, lists)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
