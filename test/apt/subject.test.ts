import { describe, expect, it } from 'vitest';
import { readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { packageSubject } from '../../src/apt/subject.ts';
import { stanza } from './archive.ts';

describe('apt/subject', () => {
  const text = stanza('nginx', { Version: '1:1.22-1', Provides: 'httpd, web (= 2.0)', Source: 'src (3)', 'Multi-Arch': 'foreign' });
  const [parsed] = parseStanzas(Buffer.from(text), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  const subject = packageSubject(readCandidate(parsed, { mirror: 'm', component: 'main', what: 'test' }));

  it('gives fields whatever the case of their names', () => {
    expect(subject).toMatchObject({ name: 'nginx', version: '1:1.22-1', architecture: 'amd64' });
    expect(['Name', 'multi-arch', 'Source', 'Version', 'Nothing'].map(subject.field)).toEqual([
      'nginx',
      'foreign',
      'src (3)',
      '1:1.22-1',
      undefined,
    ]);
  });

  it('has the special fields of its source package and its kind', () => {
    const special = (...fields: Parameters<typeof stanza>): (string | undefined)[] => {
      const [read] = parseStanzas(Buffer.from(stanza(...fields)), 'test');
      if (read === undefined) throw new Error('no stanza');
      const described = packageSubject(readCandidate(read, { mirror: 'm', component: 'main', what: 'test' }));
      return ['$Source', '$SourceVersion', '$PackageType'].map(described.field);
    };
    expect(special('a', { Version: '1', Source: 'src (3)' })).toEqual(['src', '3', 'deb']);
    expect(special('a', { Version: '1', Source: 'src' })).toEqual(['src', '1', 'deb']);
    expect(special('a', { Version: '1', Filename: 'pool/a.udeb' })).toEqual(['a', '1', 'udeb']);
    expect(special('a', { Version: '1', Architecture: 'source' })).toEqual(['', '', 'source']);
  });

  it('satisfies its own name and those that it provides', () => {
    expect(subject.satisfies('nginx', undefined, undefined)).toBe(true);
    expect(subject.satisfies('nginx', '>=', '1:1.21')).toBe(true);
    expect(subject.satisfies('nginx', '>>', '1:1.22-1')).toBe(false);
    expect(subject.satisfies('httpd', undefined, undefined)).toBe(true);
    expect(subject.satisfies('httpd', '>=', '0')).toBe(false);
    expect(subject.satisfies('web', '=', '2.0')).toBe(true);
    expect(subject.satisfies('web', '<<', '2.0')).toBe(false);
    expect(subject.satisfies('apache2', undefined, undefined)).toBe(false);
    const any = (...names: readonly string[]): boolean | undefined => subject.satisfiesAny?.(new Set(names));
    expect([any('nginx'), any('other', 'httpd'), any('other', 'web'), any('other', 'htt'), any()]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
