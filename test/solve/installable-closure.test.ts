import { describe, expect, it } from 'vitest';
import { type AptCandidate, labelOf, readCandidate } from '../../src/apt/candidate.ts';
import { createUniverse } from '../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { compareVersions } from '../../src/apt/format/version.ts';
import { type Closure, closure } from '../../src/solve/closure.ts';
import { type InstallableRequest, installableClosure } from '../../src/solve/installable-closure.ts';
import { stanza } from '../apt/archive.ts';

const REQUEST: InstallableRequest<AptCandidate> = {
  recommends: false,
  suggests: false,
  source: false,
  allVariants: false,
  label: labelOf,
  compareVersions,
};

interface World {
  readonly all: readonly AptCandidate[];
  select(names: readonly string[], request?: Partial<InstallableRequest<AptCandidate>>): Closure<AptCandidate>;
  plain(names: readonly string[]): Closure<AptCandidate>;
}

/** A world of packages by name, each with its fields, and what is selected in it. */
function world(packages: Readonly<Record<string, Readonly<Record<string, string>>>>): World {
  const text = Object.entries(packages).map(([name, fields]) => stanza(name.split(' ')[0] ?? '', fields));
  const all = [...parseStanzas(Buffer.from(text.join('\n\n')), 'test')].map((parsed) =>
    readCandidate(parsed, { mirror: 'm', component: 'main', what: 'test' }),
  );
  const universe = createUniverse(all);
  const seeds = (names: readonly string[]): AptCandidate[] => all.filter(({ name }) => names.includes(name));
  return {
    all,
    select: (names, request = {}) => installableClosure(universe, seeds(names), { ...REQUEST, ...request }),
    plain: (names) => closure(universe, seeds(names), REQUEST),
  };
}

const names = ({ selected }: Closure<AptCandidate>): string[] => selected.map(({ name }) => name);

/** The first alternative of `app` cannot be there together with what its library needs. */
const CONFLICT = {
  app: { Depends: 'x | y, lib' },
  lib: { Depends: 'core' },
  core: { Conflicts: 'x' },
  x: {},
  y: { Depends: 'ydata' },
  ydata: {},
};

describe('solve/installable-closure', () => {
  it('takes another alternative where the first conflicts with something else that is needed', () => {
    const { select, plain } = world(CONFLICT);
    expect(names(plain(['app']))).toEqual(['app', 'core', 'lib', 'x']);
    expect(names(select(['app']))).toEqual(['app', 'core', 'lib', 'y', 'ydata']);
  });

  it('takes another alternative where the first needs what is nowhere', () => {
    const { select, plain } = world({ app: { Depends: 'x | y' }, x: { Depends: 'gone' }, y: {} });
    expect(plain(['app']).unsatisfied).toHaveLength(1);
    expect(names(select(['app']))).toEqual(['app', 'y']);
    expect(select(['app']).unsatisfied).toEqual([]);
  });

  it('leaves a choice as it is that stands in no way', () => {
    const { select, plain } = world({ ...CONFLICT, core: { Conflicts: 'somebody-else' } });
    expect(select(['app'])).toEqual(plain(['app']));
  });

  it('lets the packages that are asked for conflict with each other', () => {
    const { select } = world({ postfix: { Conflicts: 'exim' }, exim: { Conflicts: 'postfix' }, web: { Depends: 'exim | postfix' } });
    expect(names(select(['postfix', 'exim', 'web']))).toEqual(['exim', 'postfix', 'web']);
  });

  it('has what each needs, where two need what the other cannot be with', () => {
    const { select } = world({
      a: { Depends: 'x | y', Conflicts: 'x' },
      b: { Depends: 'x | y', Conflicts: 'y' },
      x: {},
      y: {},
    });
    expect(names(select(['a', 'b']))).toEqual(['a', 'b', 'x', 'y']);
    expect(names(select(['b', 'a']))).toEqual(['a', 'b', 'x', 'y']);
  });

  it('keeps the closure of what cannot be installed in any way', () => {
    const { select, plain } = world({ a: { Depends: 'b, c' }, b: { Breaks: 'c' }, c: {} });
    expect(select(['a'])).toEqual(plain(['a']));
    expect(names(select(['a']))).toEqual(['a', 'b', 'c']);
  });

  it('takes an older version where the newer one cannot be there', () => {
    const { select } = world({
      app: { Depends: 'lib, plugin' },
      plugin: { Breaks: 'lib (>= 2)' },
      'lib 2': { Version: '2' },
      'lib 1': { Version: '1' },
    });
    expect(select(['app']).selected.map(labelOf)).toEqual(['app_1.0-1_amd64', 'lib_1_amd64', 'plugin_1.0-1_amd64']);
  });

  it('minds what the base has', () => {
    const { select, all } = world(CONFLICT);
    const base = all.filter(({ name }) => name === 'core');
    expect(names(select(['app'], { base }))).toEqual(['app', 'lib', 'y', 'ydata']);
  });

  it('proves on each architecture by itself', () => {
    const both = (name: string, fields: Readonly<Record<string, string>>) =>
      Object.fromEntries(['amd64', 'i386'].map((architecture) => [`${name} ${architecture}`, { ...fields, Architecture: architecture }]));
    const { select } = world({
      app: { Architecture: 'all', Depends: 'x | y, lib' },
      ...both('lib', {}),
      ...both('x', {}),
      ...both('y', {}),
      'core i386': { Architecture: 'i386', Conflicts: 'x' },
      'lib i386': { Architecture: 'i386', Depends: 'core' },
    });
    expect(select(['app'], { machines: ['amd64', 'i386'] }).selected.map(labelOf)).toEqual([
      'app_1.0-1_all',
      'core_1.0-1_i386',
      'lib_1.0-1_amd64',
      'lib_1.0-1_i386',
      'x_1.0-1_amd64',
      'y_1.0-1_i386',
    ]);
  });

  it('proves many packages at once', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, { Depends: 'app' }]));
    const { select } = world({ ...CONFLICT, ...many });
    expect(names(select(Object.keys(many)))).toEqual(expect.arrayContaining(['app', 'core', 'lib', 'y', 'ydata']));
    expect(names(select(Object.keys(many)))).not.toContain('x');
  });
});
