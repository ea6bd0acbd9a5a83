import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { combineComps } from '../../../../src/yum/format/repodata/comps.ts';
import { publishedPackages } from '../../../../src/yum/format/repodata/published-packages.ts';
import { describeWithTools } from '../../../support/requirements.ts';
import { EVERYTHING, published, sharedDocument, written } from './further-documents.ts';

const combine = (texts: readonly string[], ...labels: readonly string[]): string | undefined =>
  combineComps(
    texts.map((text) => written(`<comps>${text}</comps>`)),
    published(...labels.map((name) => `${name}-1-1.noarch`)),
  ).bytes?.toString();

const group = (id: string, packages: readonly string[], text = ''): string =>
  `<group><id>${id}</id>${text}<packagelist>${packages.map((name) => `\n<packagereq type="mandatory">${name}</packagereq>`).join('')}\n</packagelist></group>`;
const category = (id: string, groups: readonly string[]): string =>
  `<category><id>${id}</id><grouplist>${groups.map((name) => `<groupid>${name}</groupid>`).join('')}</grouplist></category>`;

describe('yum/format/repodata/comps', () => {
  it('leaves out packages that are not published, groups without packages, and categories without groups', () => {
    const texts = [group('a', ['x', 'y']) + group('b', ['z']) + category('one', ['a', 'b']) + category('two', ['b'])];
    const result = combine(texts, 'x') ?? '';
    expect(result).toContain('<packagelist>\n<packagereq type="mandatory">x</packagereq>\n</packagelist>');
    expect(result).toContain('<grouplist><groupid>a</groupid></grouplist>');
    expect(result).not.toMatch(/>[yzb]<|two/);
  });

  it('is nothing when no group is left, and stays when there were none', () => {
    expect(combine([group('a', ['x']) + category('one', ['a'])], 'y')).toBeUndefined();
    expect(combine([''], 'y')).toBeUndefined();
    expect(combine(['<langpacks><match name="a" install="a-%s"/></langpacks>'], 'y')).toContain('<match name="a"');
  });

  it('keeps what is named for one architecture, and groups that another repository may have', () => {
    expect(combine([group('a', ['glibc.i686', 'other.i686'])], 'glibc')).toContain('glibc.i686</packagereq>\n</packagelist>');
    const environment = '<environment><id>e</id><grouplist><groupid>a</groupid><groupid>elsewhere</groupid></grouplist></environment>';
    expect(combine([group('a', ['x']) + environment], 'x')).toContain('<groupid>elsewhere</groupid>');
    expect(combine([`${group('a', ['x'])}${group('b', ['y'])}${environment}`], 'y')).not.toContain('environment');
    expect(combine([`${environment.replace('<groupid>a</groupid>', '')}${group('b', ['y'])}`], 'y')).toContain('elsewhere');
  });

  it('merges groups of one id: texts of the later, lists of both', () => {
    const result = combine(
      [
        group('a', ['x', 'y', 'gone'], '<name>early</name>') + category('c', ['a']),
        group('a', ['y', 'z'], '<name>late</name><name xml:lang="de">spät</name>'),
      ],
      ...['x', 'y', 'z'],
    );
    expect(result).toContain('<name>late</name><name xml:lang="de">spät</name>');
    expect(result?.match(/<packagereq[^<]*/g)?.map((request) => request.replace(/.*>/, ''))).toEqual(['y', 'z', 'x']);
    expect(result).not.toContain('early');
  });

  it('merges lists into elements that have none or an empty one', () => {
    const lists = ['<environment><id>e</id></environment>', '<environment><id>e</id><grouplist/></environment>'];
    const whole = `${group('a', ['x'])}<environment><id>e</id><grouplist><groupid>a</groupid></grouplist><optionlist><groupid default="true">a</groupid></optionlist></environment>`;
    for (const list of lists) {
      const result = combine([whole, list], 'x') ?? '';
      expect(result).toMatch(/<environment>.*<grouplist>\s*<groupid>a<\/groupid>\s*<\/grouplist>/s);
      expect(result).toMatch(/<optionlist>\s*<groupid default="true">a<\/groupid>\s*<\/optionlist>\s*<\/environment>/);
    }
  });

  it('merges langpacks by name and keeps unknown elements once', () => {
    const packs = (install: string): string =>
      `<langpacks><match name="a" install="${install}"/></langpacks><blacklist><package name="b"/></blacklist>`;
    const result = combine([group('g', ['x']) + packs('one-%s'), packs('two-%s')], 'x') ?? '';
    expect(result.match(/<match[^>]*>/g)).toEqual(['<match name="a" install="two-%s"/>']);
    expect(result.match(/<blacklist>/g)).toHaveLength(1);
  });

  it('reads its own output', () => {
    const once = combine([group('a', ['x'])], 'x') ?? '';
    expect(combineComps([written(once)], EVERYTHING).bytes?.toString()).toBe(once);
  });

  it('refuses entities', () => {
    const bad = written('<!DOCTYPE comps [<!ENTITY a "b">]><comps/>');
    expect(() => combineComps([bad], EVERYTHING)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });
});

const READ = `
import sys, json, libcomps
def read(path):
    comps = libcomps.Comps()
    if comps.fromxml_f(path) < 0: raise SystemExit(str(comps.get_last_errors()))
    return {
        'groups': {g.id: {'fields': [g.name, g.desc, dict(g.name_by_lang), g.default, g.uservisible, g.display_order],
                          'packages': [[p.name, p.type, p.requires] for p in g.packages]} for g in comps.groups},
        'categories': {c.id: [c.name, c.display_order, [g.name for g in c.group_ids]] for c in comps.categories},
        'environments': {e.id: [e.name, e.display_order, [g.name for g in e.group_ids], [[g.name, g.default] for g in e.option_ids]] for e in comps.environments},
    }
print(json.dumps([read(path) for path in sys.argv[1:]]))
`;

interface ReadComps {
  readonly groups: Record<string, { readonly fields: readonly unknown[]; readonly packages: readonly [string, number, string | null][] }>;
  readonly categories: Record<string, [string, number, string[]]>;
  readonly environments: Record<string, [string, number, string[], [string, boolean][]]>;
}

describeWithTools(['shared data', 'dnf'], 'yum/format/repodata/comps and libcomps', () => {
  it.each([
    'createrepo_c/repo_with_additional_metadata/repodata/f9d860ddcb64fbdc88a9b71a14ddb9f5670968d5dd3430412565c13d42b6804d-comps.f20.xml.gz',
    'createrepo_c/comps_files/comps_00.xml',
    'zoo/comps.xml',
  ])('cuts %s to some packages and nothing else', (path) => {
    const directory = mkdtempSync(join(tmpdir(), 'mirror-comps-'));
    try {
      const document = sharedDocument(path);
      const names = [...new Set([...document.bytes.toString().matchAll(/<packagereq[^>]*>([^<]*)</g)].map(([, name = '']) => name))];
      const there = new Set(names.filter((_, index) => index % 3 === 0));
      const packages = publishedPackages([...there].map((name) => ({ name, version: '1-1', architecture: 'noarch' })));
      const [before, after] = [join(directory, 'before'), join(directory, 'after')];
      writeFileSync(before, document.bytes);
      writeFileSync(after, combineComps([document, document], packages).bytes ?? '');
      const answer = execFileSync('/usr/bin/python3', ['-c', READ, before, after], { encoding: 'utf8' });
      const [original, ours]: [ReadComps, ReadComps] = JSON.parse(answer);
      expect(ours).toEqual(cut(original, there));
      expect(Object.keys(ours.groups).length).toBeGreaterThan(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function cut({ groups, categories, environments }: ReadComps, there: ReadonlySet<string>): ReadComps {
  const keptGroups = Object.entries(groups)
    .map(([id, { fields, packages }]) => [id, { fields, packages: packages.filter(([name]) => there.has(name)) }] as const)
    .filter(([, { packages }]) => packages.length > 0);
  const isThere = (id: string): boolean => !Object.hasOwn(groups, id) || keptGroups.some(([kept]) => kept === id);
  const isKept = (id: string): boolean => keptGroups.some(([kept]) => kept === id);
  const someKept = (ids: readonly string[]): boolean => ids.some(isKept) || (ids.length > 0 && ids.every(isThere));
  return {
    groups: Object.fromEntries(keptGroups),
    categories: Object.fromEntries(
      Object.entries(categories).flatMap(([id, [name, order, ids]]): [string, ReadComps['categories'][string]][] =>
        someKept(ids) ? [[id, [name, order, ids.filter(isThere)]]] : [],
      ),
    ),
    environments: Object.fromEntries(
      Object.entries(environments).flatMap(([id, [name, order, ids, options]]): [string, ReadComps['environments'][string]][] =>
        someKept([...ids, ...options.map(([option]) => option)])
          ? [[id, [name, order, ids.filter(isThere), options.filter(([option]) => isThere(option))]]]
          : [],
      ),
    ),
  };
}
