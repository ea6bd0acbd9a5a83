import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseRelations } from '../../../src/apt/format/relations.ts';
import { architectureMatches, relationApplies } from '../../../src/apt/format/restrictions.ts';
import { describeWithTools } from '../../support/requirements.ts';

/** The names of the relations that count. */
function counting(text: string, architecture: string, profiles: readonly string[]): string[] {
  const relations = parseRelations(text, 'Build-Depends').flatMap((group) => group.alternatives);
  return relations.filter((relation) => relationApplies(relation, { architecture, profiles })).map(({ name }) => name);
}

const FIELD = `plain, listed [amd64 arm64], not-listed [!amd64 !i386], wild [linux-any], not-wild [!linux-any], mixed [amd64 !i386],
  processor [any-arm], both [linux-any] <!nocheck>, unless <!nocheck>, when <cross>, two <!nocheck> <cross>, all-of <!stage1 !nodoc>,
  every [any], libc [musl-any-any], abi [eabihf-gnu-linux-arm any-any-any-amd64], later [i386 !i386 amd64]`;
const ARCHITECTURES = ['amd64', 'i386', 'armhf', 'armel', 'arm64', 'x32', 'hurd-i386', 'kfreebsd-amd64', 'musl-linux-armhf', 'mips64el'];
const PROFILES = [[], ['nocheck'], ['cross'], ['nocheck', 'cross'], ['stage1'], ['nodoc', 'cross']];

describe('apt/format/restrictions', () => {
  it('counts what is for the architecture', () => {
    const field = 'a [amd64], b [!amd64], c [linux-any], d [any-i386], e';
    expect(counting(field, 'amd64', [])).toEqual(['a', 'c', 'e']);
    expect(counting(field, 'hurd-i386', [])).toEqual(['b', 'd', 'e']);
  });

  it('counts what the active profiles ask for', () => {
    expect(counting('a <!nocheck>, b <stage1 cross>, c <stage1> <!cross>', '', ['stage1'])).toEqual(['a', 'c']);
    expect(counting('a <!nocheck>, b <stage1 cross>, c <stage1> <!cross>', '', ['stage1', 'cross', 'nocheck'])).toEqual(['b', 'c']);
  });

  describeWithTools(['perl', 'dpkg-architecture'], 'against dpkg', () => {
    it('agrees on every architecture of dpkg and wildcards of every shape', () => {
      const wildcards = [
        'linux-any',
        'hurd-any',
        'any-arm',
        'any-amd64',
        'any-mips64',
        'any-powerpc',
        'gnu-any-any',
        'musl-any-any',
        'bsd-any-any',
      ];
      wildcards.push(
        'uclibc-linux-any',
        'gnu-linux-arm',
        'gnu-any-arm',
        'eabihf-any-any-any',
        'abi64-any-any-any',
        'base-gnu-any-arm64',
        'any',
        'armhf',
      );
      wildcards.push('x32-gnu-linux-any', 'any-any-any-i386', 'tos-any-any', 'sysv-any-any', 'any-any', 'any-kfreebsd-any', 'a-b-c-d-any');
      const script = 'for my $a (Dpkg::Arch::get_valid_arches()) { print "$a $_ ", (debarch_is($a, $_) ? 1 : 0), "\\n" for @ARGV }';
      const lines = execFileSync('perl', ['-MDpkg::Arch=debarch_is', '-e', script, ...wildcards], { encoding: 'utf8' })
        .trim()
        .split('\n');
      expect(lines.length).toBeGreaterThan(400 * wildcards.length);
      const wrong = lines.filter((line) => {
        const [architecture = '', wildcard = '', answer] = line.split(' ');
        return architectureMatches(architecture, wildcard) !== (answer === '1');
      });
      expect(wrong).toEqual([]);
    });

    it('agrees on which relations of a field count', () => {
      const script = `my ($field, @settings) = @ARGV;
        for (@settings) {
          my ($arch, @profiles) = split / /;
          my $deps = deps_parse($field, reduce_restrictions => 1, build_dep => 1, host_arch => $arch, build_profiles => [@profiles]);
          print join(' ', map { $_->{package} } $deps->get_deps()), "\\n";
        }`;
      const settings = ARCHITECTURES.flatMap((architecture) => PROFILES.map((profiles) => [architecture, ...profiles]));
      const arguments_ = ['-MDpkg::Deps', '-e', script, FIELD, ...settings.map((each) => each.join(' '))];
      const answers = execFileSync('perl', arguments_, { encoding: 'utf8' }).trimEnd().split('\n');
      expect(settings.map(([architecture = '', ...profiles]) => counting(FIELD, architecture, profiles).join(' '))).toEqual(answers);
      expect(new Set(answers).size).toBeGreaterThan(20);
    });
  });
});
