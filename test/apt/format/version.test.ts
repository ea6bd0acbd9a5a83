import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compareVersions, versionMatches } from '../../../src/apt/format/version.ts';
import { describeWithTools } from '../../support/requirements.ts';

/** The operator of dpkg that holds between two versions, for each pair; one shell for all of them. */
function askDpkg(pairs: readonly (readonly [string, string])[]): string[] {
  const script =
    'while read -r a b; do for op in lt eq gt; do if dpkg --compare-versions "$a" "$op" "$b"; then echo "$op"; break; fi; done; done';
  const answer = execFileSync('sh', ['-c', script], { input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`, encoding: 'utf8' });
  return answer.trim().split('\n');
}

const asOperator = (order: number): string => ['lt', 'eq', 'gt'][Math.sign(order) + 1] ?? '';

const FACTS: readonly (readonly [string, string])[] = [
  ['1.0', '1.0-0'],
  ['1.0', '1.0-0~'],
  ['1.0', '1.0-0+b1'],
  ['0:1.0', '1.0'],
  ['00:1.0', '1.0'],
  ['1:0.1', '9'],
  ['1.0-133-avc', '1.1'],
  ['1.0-1-2', '1.0-1.1'],
  ['2.7.4+reloaded2-13ubuntu1', '2.7.4+reloaded2-13+deb9u1'],
  ['1.001', '1.1'],
  ['4.3.5a', '4.3.5-rc3-1'],
  ['98.1p5-1', '98.1-pre2-b6-2'],
  ['1.18.36-0.17.35-18', '1.18.36-19'],
  ['1.2-5', '1.2-3-5'],
  ['20230101123456789012345', '20230101123456789012346'],
  ['1~~', '1~'],
  ['1~~a', '1~'],
  ['1~', '1'],
  ['1', '1a'],
  ['1a', '1+'],
  ['1.0~rc1-1', '1.0-1'],
  ['0.1.0', '0.1.0.0'],
  ['1.0a1', '1.0a01'],
];

/** Versions made of the pieces that matter, always the same ones. */
function madeVersions(count: number): string[] {
  const pieces = ['0', '00', '1', '9', '10', '09', 'a', 'B', 'rc', '~', '~~', '+', '.', '.0', 'deb', '-', '-0', '12345678901234567890'];
  let state = 42;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  return Array.from({ length: count }, () => {
    const body = Array.from({ length: 1 + next(5) }, () => pieces[next(pieces.length)]).join('');
    return `${['', '', '0:', '1:'][next(4)]}${next(3)}${body.replace(/-+$/, '')}`;
  });
}

describe('apt/format/version', () => {
  it('names the relation that holds', () => {
    expect(versionMatches('1.0', '<<', '1.1') && versionMatches('1.0', '<=', '1.0-0') && versionMatches('1.0', '=', '0:1.0')).toBe(true);
    expect(versionMatches('1.0', '>=', '1.0') && versionMatches('1.1', '>>', '1.0')).toBe(true);
    expect(versionMatches('1.0', '<<', '1.0') || versionMatches('1.0', '>>', '1.0') || versionMatches('1.0', '=', '1.1')).toBe(false);
  });

  it('is defined for what is no version at all', () => {
    for (const text of ['', ':', '-', '~', 'a:b', '1:', '-1', '€', '1:2:3']) {
      expect(compareVersions(text, text)).toBe(0);
      expect(Math.sign(compareVersions(text, '1'))).toBe(-Math.sign(compareVersions('1', text)) || 0);
    }
  });

  describeWithTools(['dpkg'], 'against dpkg', () => {
    it('agrees on known traps and on 700 made pairs, both ways round', () => {
      const made = madeVersions(700);
      const pairs = [...FACTS, ...made.map((version, index) => [version, made[(index * 7 + 1) % made.length] ?? ''] as const)];
      const ours = pairs.map(([a, b]) => asOperator(compareVersions(a, b)));
      const wrong = askDpkg(pairs).flatMap((answer, index) => (answer === ours[index] ? [] : [[pairs[index], answer, ours[index]]]));
      expect(wrong).toEqual([]);
      for (const [a, b] of pairs) expect(Math.sign(compareVersions(b, a))).toBe(-Math.sign(compareVersions(a, b)) || 0);
      expect(new Set(ours)).toEqual(new Set(['lt', 'eq', 'gt']));
    });
  });
});
