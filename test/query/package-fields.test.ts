import { describe, expect, it } from 'vitest';
import { readField } from '../../src/query/package-fields.ts';
import type { QuerySubject } from '../../src/query/subject.ts';

function subject(fields: Readonly<Record<string, string>>): QuerySubject {
  return { name: 'nginx', version: '1:2-3', architecture: 'amd64', field: (name) => fields[name], satisfies: () => false };
}

describe('query/package-fields', () => {
  const binary = subject({
    $Source: 'src',
    $SourceVersion: '9',
    Description: 'a server\n of pages',
    Section: 'web',
    Architecture: 'amd64',
  });
  const source = { ...subject({ $Source: '', $SourceVersion: '', Architecture: 'any all' }), architecture: 'source' };
  const rpm = subject({ 'rpm:version': '2', Summary: 'short' });

  it.each([
    [binary, 'Package', 'nginx'],
    [binary, 'binary:Package', 'nginx'],
    [binary, 'version', '1:2-3'],
    [binary, '$Version', '1:2-3'],
    [binary, 'evr', '1:2-3'],
    [binary, 'arch', 'amd64'],
    [binary, 'source:Package', 'src'],
    [binary, 'source:Version', '9'],
    [binary, '$Source', 'src'],
    [binary, 'binary:Summary', 'a server'],
    [binary, 'Section', 'web'],
    [binary, 'ShortKey', 'Pamd64 nginx 1:2-3'],
    [binary, 'Nothing', ''],
    [binary, '$PackageType', ''],
    [source, 'Architecture', 'any all'],
    [source, '$Architecture', 'source'],
    [source, 'source:Package', 'nginx'],
    [source, 'source:Version', '1:2-3'],
    [source, '$Source', ''],
    [rpm, 'Summary', 'short'],
    [rpm, 'Version', '1:2-3'],
  ])('%# reads %s', (asked, name, expected) => {
    expect(readField(asked, { name, tag: false })).toBe(expected);
  });

  it('gives the version alone as a tag of rpm, where it is known', () => {
    expect(readField(rpm, { name: 'version', tag: true })).toBe('2');
    expect(readField(binary, { name: 'version', tag: true })).toBe('1:2-3');
  });
});
