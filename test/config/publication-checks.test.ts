import { describe, expect, it } from 'vitest';
import { publicationChecks } from '../../src/config/publication-checks.ts';
import { configSchema } from '../../src/config/schema.ts';

type Section = Record<string, unknown>;
const mirrors = {
  xenial: { type: 'apt', url: 'http://x/', suite: 'xenial', components: ['main'] },
  updates: { type: 'apt', url: 'http://x/', suite: 'xenial-updates', components: ['main'] },
  flat: { type: 'apt', url: 'http://x/', suite: './' },
  docker: { type: 'yum', url: 'http://x/' },
};

function check(publications: Section, more: Section = {}): string[] {
  const config = configSchema.parse({ storage: '/s', mirrors, publications, ...more });
  return publicationChecks(config).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('config/publication-checks', () => {
  it.each<[Section, string]>([
    [{}, 'publications.p: it does not say what it is made from'],
    [{ from: ['xenial'], components: { main: ['xenial'] } }, 'publications.p.components: cannot stand beside from'],
    [{ component: 'main', components: { main: ['xenial'] } }, 'publications.p.component: cannot stand beside components'],
    [{ from: ['docker'], component: 'main' }, 'publications.p.component: only an apt publication has it; this one is a yum repository'],
    [{ from: ['docker', 'xenial'] }, 'publications.p.from.1: "xenial" is of the apt family and "docker" of the yum family'],
    [{ from: ['xenial', 'updates'] }, 'publications.p.distribution: is missing'],
    [{ from: ['flat'] }, 'publications.p.distribution: is missing'],
    [{ from: ['docker', 'all'] }, 'publications.p.from.1: "all" is a group'],
    [{ from: ['docker'], path: '/v2' }, "publications.p.path: the path /v2 is the server's own"],
    [{ from: ['docker'], path: '/-/x' }, "publications.p.path: the path /-/x is the server's own"],
    [{ from: ['docker'], path: '/api/x' }, "publications.p.path: the path /api/x is the server's own"],
    [{ from: ['docker'], path: '/a/../b' }, 'publications.p.path: "/a/../b" cannot be a path'],
    [{ from: ['docker'], path: '/a//b' }, 'publications.p.path: "/a//b" cannot be a path'],
    [{ from: ['docker'], path: '/a b' }, 'publications.p.path: "/a b" cannot be a path'],
  ])('refuses %j', (publication, problem) => {
    expect(check({ p: publication }, { groups: { all: ['docker'] } })).toEqual([problem]);
  });

  it.each([
    { from: ['xenial'], component: 'a b' },
    { from: ['xenial'], component: '..' },
    { components: { 'a b': ['xenial'] } },
    { components: { '': ['xenial'] } },
  ])('takes no component that would be several words of a Release, or no directory: %j', (publication) => {
    expect(configSchema.safeParse({ storage: '/s', mirrors, publications: { p: publication } }).success).toBe(false);
  });

  it('takes components in directories of their own', () => {
    expect(check({ p: { components: { 'non-free-firmware': ['xenial'], 'updates/main': ['xenial'] }, distribution: 'x' } })).toEqual([]);
  });

  it("refuses a name that would be one of the server's own paths", () => {
    expect(check({ metrics: { from: ['docker'] } })).toEqual(["publications.metrics: the path /metrics is the server's own"]);
  });

  it('lets only apt publications of different distributions share a path', () => {
    const at = (from: string, more: Section = {}): Section => ({ from: [from], path: '/repo', ...more });
    expect(check({ a: at('xenial'), b: at('updates') })).toEqual([]);
    expect(check({ a: at('xenial'), b: at('updates', { distribution: 'xenial' }) })).toEqual([
      'publications.b.path: the path /repo is that of the publication a',
    ]);
    expect(check({ a: at('docker'), b: at('docker', { path: '/repo/' }) })).toEqual([
      'publications.b.path: the path /repo is that of the publication a',
    ]);
    expect(check({ a: at('docker'), b: at('xenial') })).toEqual(['publications.b.path: the path /repo is that of the publication a']);
  });

  it('lets a publication lie within another, but not where that one keeps its files', () => {
    expect(check({ root: { from: ['xenial'], path: '/' }, docker: { from: ['docker'] } })).toEqual([]);
    expect(check({ root: { from: ['xenial'], path: '/' }, docker: { from: ['docker'], path: '/dists/x' } })).toEqual([
      'publications.docker.path: the path /dists/x would hide files of the publication root',
    ]);
    expect(check({ pool: { from: ['docker'] }, root: { from: ['xenial'], path: '/' } })).toEqual([
      'publications.pool: the path /pool would hide files of the publication root',
    ]);
    expect(check({ a: { from: ['docker'], path: '/a' }, b: { from: ['docker'], path: '/a/repodata' } })).toEqual([
      'publications.b.path: the path /a/repodata would hide files of the publication a',
    ]);
  });
});
