import { describe, expect, it } from 'vitest';
import { matcher } from '../../src/query/matcher.ts';
import { parseQuery } from '../../src/query/parse.ts';
import type { QuerySubject, Relation } from '../../src/query/subject.ts';

/** Versions here are numbers, with `0:` in front or not. */
const compare = (a: string, b: string): number => Number(a.replace('0:', '')) - Number(b.replace('0:', ''));

function fits(order: number, relation: Relation): boolean {
  return { '<<': order < 0, '<=': order <= 0, '=': order === 0, '>=': order >= 0, '>>': order > 0 }[relation];
}

function subject(
  name: string,
  version: string,
  options: { architecture?: string; fields?: Record<string, string>; provides?: Record<string, string> } = {},
): QuerySubject {
  const offers = Object.entries({ ...options.provides, [name]: version });
  return {
    name,
    version,
    architecture: options.architecture ?? 'amd64',
    field: (field) => options.fields?.[field],
    satisfies: (wanted, relation, wantedVersion) =>
      offers.some(([offered, own]) => offered === wanted && (relation === undefined || fits(compare(own, wantedVersion ?? ''), relation))),
  };
}

const PACKAGES = [
  subject('nginx', '5', {
    fields: { Section: 'contrib/web', Description: 'small\n web server', $Source: 'nginx-src', $SourceVersion: '5' },
    provides: { httpd: '2' },
  }),
  subject('apache', '7', { fields: { Section: 'web', 'Installed-Size': '900', Essential: '' } }),
  subject('doc', '5', { architecture: 'all', fields: { Section: 'doc', 'Installed-Size': '1000', Essential: 'yes' } }),
  subject('nginx', '6', { architecture: 'source', fields: { $PackageType: 'source' } }),
  subject('NetworkManager', '1', { architecture: 'x86_64' }),
  subject('pam_ssh_agent_auth', '3-4', { architecture: 'noarch' }),
];
const label = (each: QuerySubject): string => `${each.name}_${each.version}_${each.architecture}`;
const find = (query: string): string[] => PACKAGES.filter(matcher(parseQuery(query), compare)).map(label);

const NGINX = 'nginx_5_amd64';
const SOURCE = 'nginx_6_source';
const APACHE = 'apache_7_amd64';
const DOC = 'doc_5_all';
const LISTS: QuerySubject = { ...subject('bash', '1'), values: (field) => (field === 'Files' ? ['/bin/bash', '/etc/bashrc'] : undefined) };
const MANAGER = 'NetworkManager_1_x86_64';
const PAM = 'pam_ssh_agent_auth_3-4_noarch';

describe('query/matcher', () => {
  it.each([
    ['nginx', [NGINX, SOURCE]],
    ['httpd', [NGINX]],
    ['httpd (>= 2)', [NGINX]],
    ['httpd (>> 2)', []],
    ['nginx (% 5*)', [NGINX]],
    ['httpd (% 5*)', []],
    ['nginx (~ [67])', [SOURCE]],
    ['nginx {amd64}', [NGINX]],
    ['nginx {source}', [SOURCE]],
    ['doc {amd64}', [DOC]],
    ['doc {source}', []],
    ['doc | apache | nothing', [APACHE, DOC]],
    ['doc | apache | Section (web)', [APACHE, DOC]],
    ['nginx, $Architecture (amd64)', [NGINX]],
    ['$Architecture (amd64)', [NGINX, APACHE, DOC, PAM]],
    ['$Architecture (% amd64)', [NGINX, APACHE]],
    ['$Architecture (source)', [SOURCE]],
    ['!$Architecture (amd64)', [SOURCE, MANAGER]],
    ['$Version (>= 6)', [APACHE, SOURCE]],
    ['$Version (~ ^5$)', [NGINX, DOC]],
    ['nginx_5_amd64', [NGINX]],
    ['nginx_5_i386', []],
    ['pam_ssh_agent_auth', [PAM]],
    ['ngin*', [NGINX, SOURCE]],
    ['ngin* (>= 6)', [SOURCE]],
    ['*x_?_amd64', [NGINX]],
    ['Name (doc)', [DOC]],
    ['Package (doc)', [DOC]],
    ['Name (0:doc)', []],
    ['Version (0:7)', [APACHE]],
    ['Section (web)', [APACHE]],
    ['Section (% *)', [APACHE, DOC]],
    ['Section (% contrib/*)', [NGINX]],
    ['Section (~ web)', [NGINX, APACHE]],
    ['Installed-Size (>= 1000)', [DOC]],
    ['Installed-Size (<< 1000)', [APACHE]],
    ['Essential', [DOC]],
    ['!Essential, apache', [APACHE]],
    ['Description (~ "small.*server")', []],
    ['Description (~ "(?s)SMALL.*server")', []],
    ['Description (~ "(?is)SMALL.*server")', [NGINX]],
    ['$Source (nginx-src)', [NGINX]],
    ['$SourceVersion (0:5)', [NGINX]],
    ['$PackageType (source)', [SOURCE]],
    ['NetworkManager', [MANAGER]],
    ['NetworkManager (>= 1)', [MANAGER]],
    ['NetworkManager (>> 1)', []],
    ['pam_ssh_agent_auth-3-4.noarch', [PAM]],
    ['(doc | apache), !(doc, Essential)', [APACHE]],
  ])('%s', (query, expected) => {
    expect(find(query)).toEqual(expected);
  });

  it('goes through a whole archive in a moment', () => {
    const many = Array.from({ length: 63_000 }, (_, index) =>
      subject(`package-${index}`, '1', { fields: { Description: `the package of number ${index}` } }),
    );
    const twenty = Array.from({ length: 20 }, (_, index) => `package-${index * 100}`).join(' | ');
    const started = performance.now();
    expect(many.filter(matcher(parseQuery(twenty), compare))).toHaveLength(20);
    expect(many.filter(matcher(parseQuery('package-1*'), compare))).toHaveLength(11_111);
    expect(many.filter(matcher(parseQuery('Description (~ "package.*(9|8)+$")'), compare))).toHaveLength(12_600);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it.each([
    ['Files (/bin/bash)', true],
    ['Files (bash)', false],
    ['Files (% /etc/*)', true],
    ['Files (% *)', false],
    ['Files (~ bashrc$)', true],
    ['!Files (~ bashrc$)', false],
  ])('takes %j to ask about each entry of a list', (query, expected) => {
    expect(matcher(parseQuery(query), compare)(LISTS)).toBe(expected);
  });
});
