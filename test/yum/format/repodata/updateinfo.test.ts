import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { combineUpdateinfo } from '../../../../src/yum/format/repodata/updateinfo.ts';
import { describeWithTools } from '../../../support/requirements.ts';
import { EVERYTHING, published, sharedDocument, written } from './further-documents.ts';

interface Given {
  readonly id?: string;
  readonly updated?: string;
  readonly issued?: string;
  readonly version?: string;
  readonly title?: string;
  /** One collection each. */
  readonly collections: readonly (readonly string[])[];
}

function advisory({
  id = 'A-1',
  updated = '2020-01-01 00:00:00',
  issued = '2019-01-01',
  version = '1',
  title = 't',
  collections,
}: Given): string {
  const lists = collections.map((names) => `\n<collection short="">${names.map(entry).join('')}\n</collection>`).join('');
  return `<update version="${version}"><id>${id}</id><title>${title}</title><issued date="${issued}"/><updated date="${updated}"/><pkglist>${lists}\n</pkglist></update>`;
}

const entry = (name: string): string =>
  `\n<package name="${name}" version="1" release="1" epoch="0" arch="noarch"><filename>${name}.rpm</filename></package>`;

const combine = (documents: readonly (readonly Given[])[], ...names: readonly string[]) => {
  const { bytes, warnings } = combineUpdateinfo(
    documents.map((given, index) => written(`<updates>${given.map(advisory).join('')}</updates>`, `source ${index + 1}`)),
    published(...names.map((name) => `${name}-1-1.noarch`)),
  );
  const text = bytes?.toString();
  return {
    text,
    titles: [...(text?.matchAll(/<title>(.*?)</g) ?? [])].map(([, title]) => title),
    names: [...(text?.matchAll(/<package name="(.*?)"/g) ?? [])].map(([, name]) => name),
    warnings,
  };
};

describe('yum/format/repodata/updateinfo', () => {
  it('leaves out packages that are not published, collections without any, and advisories on none', () => {
    const given = [{ collections: [['a', 'b'], ['c']] }, { id: 'A-2', title: 'gone', collections: [['d']] }];
    const { text, titles } = combine([given], 'a');
    expect(titles).toEqual(['t']);
    expect(text).toContain(`<pkglist>\n<collection short="">${entry('a')}\n</collection>\n</pkglist>`);
    expect(combine([given], 'x').text).toBeUndefined();
  });

  it('goes by the whole label, the epoch being 0 where it is missing or empty', () => {
    const text = `<updates><update><id>x</id><pkglist><collection>
      <package name="a" version="1" release="1" arch="noarch"/><package name="a" version="1" release="1" epoch="" arch="i686"/>
      <package name="a" version="1" release="1" epoch="2" arch="noarch"/><package name="a" version="1" release="2" epoch="0" arch="noarch"/>
      <package name="b" version="1"/></collection></pkglist></update></updates>`;
    const result = combineUpdateinfo([written(text)], published('a-1-1.noarch', 'a-1-1.i686')).bytes?.toString() ?? '';
    expect(result.match(/<package /g)).toHaveLength(2);
    const other = combineUpdateinfo([written(text)], published('a-2:1-1.noarch')).bytes?.toString() ?? '';
    expect(other.match(/<package [^>]*>/g)).toEqual(['<package name="a" version="1" release="1" epoch="2" arch="noarch"/>']);
  });

  it('takes the newer of two states, wherever it is, and says when it lost packages', () => {
    const [older, newer] = [
      { title: 'old', collections: [['a', 'b']] },
      { title: 'new', updated: '2020-01-02', collections: [['a']] },
    ];
    for (const documents of [
      [[older], [newer]],
      [[newer], [older]],
    ]) {
      const { titles, names, warnings } = combine(documents, 'a', 'b');
      expect([titles, names]).toEqual([['new'], ['a']]);
      expect(warnings).toEqual([expect.stringContaining('no longer names b-0:1-1.noarch.')]);
    }
    expect(combine([[older], [newer]], 'a').warnings).toEqual([]);
    const byVersion = combine([[{ ...older, version: '10' }], [{ ...older, version: '9', title: 'later' }]], 'a', 'b');
    expect([byVersion.titles, byVersion.warnings]).toEqual([['old'], []]);
    const byIssue = combine([[{ ...older, updated: '', issued: '2021-01-01' }], [{ ...newer, updated: '' }]], 'a');
    expect(byIssue.titles).toEqual(['old']);
  });

  it('puts the packages of two equal states together, each once', () => {
    const { titles, names, warnings, text } = combine(
      [
        [{ title: 'one', collections: [['a', 'gone'], ['b']] }],
        [{ title: 'two', collections: [['b', 'c']] }],
        [{ title: 'three', collections: [['d']] }],
      ],
      ...['a', 'b', 'c', 'd'],
    );
    expect([titles, names, warnings]).toEqual([['three'], ['d', 'b', 'c', 'a'], []]);
    expect(text).not.toContain('gone');
    expect(combineUpdateinfo([written(text ?? '')], EVERYTHING).bytes?.toString()).toBe(text);
  });

  it('takes the later of two states that cannot be compared, and says so', () => {
    const { titles, warnings } = combine(
      [[{ title: 'one', collections: [['a']] }], [{ title: 'two', updated: '', issued: '', collections: [['a']] }]],
      'a',
    );
    expect(titles).toEqual(['two']);
    expect(warnings).toEqual([expect.stringMatching(/^source 2 and source 1 disagree about the advisory A-1/)]);
  });

  it('does not take advisories without an id for one', () => {
    const without = `<updates>${advisory({ collections: [['a']] })
      .replace(/<id>.*?<\/id>/, '')
      .repeat(2)}</updates>`;
    expect(
      combineUpdateinfo([written(without)], EVERYTHING)
        .bytes?.toString()
        .match(/<update /g),
    ).toHaveLength(2);
  });

  it('keeps the rest of an advisory byte for byte, comments and unknown elements included', () => {
    const text =
      '<update  from=\'x\' status="final"><id>A</id><!-- c --><new:thing xmlns:new="urn:n" a="&#65;"/><description><![CDATA[<b> & ]]></description><pkglist><collection><module name="m" stream="1.10"/><package name="a" version="1" release="1" arch="noarch"/></collection></pkglist></update>';
    const whole = written(`<!-- a --><updates>${text}<!-- b --></updates>`);
    expect(combineUpdateinfo([whole], EVERYTHING).bytes).toBe(whole.bytes);
    const more = written(`<updates>${text}<update><id>B</id></update></updates>`);
    expect(combineUpdateinfo([more], EVERYTHING).bytes?.toString()).toContain(`\n  ${text}\n`);
  });

  it('refuses entities', () => {
    const bad = written('<!DOCTYPE updates [<!ENTITY a SYSTEM "/etc/passwd">]><updates>&a;</updates>');
    expect(() => combineUpdateinfo([bad], EVERYTHING)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });

  it('cuts collections of very many packages', () => {
    const names = Array.from({ length: 150_000 }, (_, index) => (index % 2 === 0 ? 'a' : 'gone'));
    const given = [{ collections: [[...names, 'b']] }];
    expect(combine([given, given], 'a', 'b').names).toHaveLength(75_001);
  });

  it('cuts a large document in time that grows with its size alone', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => advisory({ id: `A-${index}`, collections: [[`p${index}`, `q${index}`]] }));
    const document = written(`<updates>${many.join('\n')}</updates>`);
    const begin = process.cpuUsage();
    const { bytes } = combineUpdateinfo([document, document], published('q17-1-1.noarch', 'p19999-1-1.noarch'));
    expect(bytes?.toString().match(/<package /g)).toHaveLength(2);
    expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(15);
  });
});

const READ = `
import sys, json, createrepo_c
def label(p):
    return '%s-%s%s-%s.%s' % (p.name, '' if p.epoch in (None, '', '0') else p.epoch + ':', p.version, p.release, p.arch)
def collection(c):
    module = [c.module.name, c.module.stream, c.module.version, c.module.context] if c.module else None
    return {'fields': [c.shortname, c.name, module],
            'packages': [{'label': label(p), 'fields': [p.src, p.filename, p.sum, p.reboot_suggested]} for p in c.packages]}
def update(u):
    return {'fields': [u.fromstr, u.status, u.type, u.version, u.id, u.title, str(u.issued_date), str(u.updated_date), u.rights, u.release,
                       u.pushcount, u.severity, u.summary, u.description, u.solution, [[r.href, r.id, r.type, r.title] for r in u.references]],
            'collections': [collection(c) for c in u.collections]}
print(json.dumps([[update(u) for u in createrepo_c.UpdateInfo(path).updates] for path in sys.argv[1:]]))
`;

interface ReadUpdate {
  readonly fields: readonly unknown[];
  readonly collections: readonly { readonly fields: readonly unknown[]; readonly packages: readonly { readonly label: string }[] }[];
}

describeWithTools(['shared data', 'createrepo_c'], 'yum/format/repodata/updateinfo and createrepo_c', () => {
  it.each([
    ['zoo/updateinfo.xml', ['duck-0.6-1.noarch', 'bear-4.1-1.noarch', 'walrus-5.21-1.noarch']],
    ['modular/updateinfo.xml', ['nodejs-1:8.11.4-1.module_2030+42747d40.x86_64']],
  ])('cuts %s to some packages and nothing else', (path, labels) => {
    const directory = mkdtempSync(join(tmpdir(), 'mirror-updateinfo-'));
    try {
      const document = sharedDocument(path);
      const [before, after] = [join(directory, 'before.xml'), join(directory, 'after.xml')];
      writeFileSync(before, document.bytes);
      writeFileSync(after, combineUpdateinfo([document, document], published(...labels)).bytes ?? '');
      const answer = execFileSync('/usr/bin/python3', ['-c', READ, before, after], { encoding: 'utf8' });
      const [original, ours]: readonly (readonly ReadUpdate[])[] = JSON.parse(answer);
      expect(ours).toEqual(original?.flatMap((update) => cut(update, new Set(labels))));
      expect(ours?.length).toBeGreaterThan(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function cut({ fields, collections }: ReadUpdate, labels: ReadonlySet<string>): ReadUpdate[] {
  const kept = collections
    .map((collection) => ({ ...collection, packages: collection.packages.filter(({ label }) => labels.has(label)) }))
    .filter(({ packages }) => packages.length > 0);
  return kept.length === 0 ? [] : [{ fields, collections: kept }];
}
