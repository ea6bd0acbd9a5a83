import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, compareVersions, formatEvr, normalEpoch, parseEvr, rpmvercmp } from '../../../src/yum/format/version.ts';
import { describeWithTools } from '../../support/requirements.ts';

/** Version strings that meet every branch of the comparison, and their neighbours. */
const STRINGS = [
  ...[
    '1.0',
    '1',
    '1.0.0',
    '2.0',
    '01.0',
    '1.00',
    '1.a',
    '1a',
    'a1',
    'a',
    'b',
    'A',
    '1.0~rc1',
    '1.0~rc2',
    '1.0~',
    '1.0~~',
    '1.0^',
    '1.0^git1',
  ],
  ...[
    '1.0^git1~pre',
    '1.0~rc1^git1',
    '1.0^^',
    '~',
    '^',
    '1_0',
    '1..0',
    '1.0.',
    '5.5p1',
    '5.5p10',
    '5.5p2',
    'xyz10',
    'xyz10.1',
    '2a',
    '2.0.1a',
  ],
  ...['20240101', '99999999999999999999', '100000000000000000000', '0', '00', '1.é', '1+git', '10xyz', 'xyz.4', '8', 'xyz.8', '2.0~1'],
];

describe('yum/format/version', () => {
  it.each([
    ['1.0', '1.0', 0],
    ['1.0', '2.0', -1],
    ['1.0~rc1', '1.0', -1],
    ['1.0^', '1.0', 1],
    ['1.0^git1', '1.0.1', -1],
    ['1.0~rc1^git1', '1.0~rc1', 1],
    ['1_0', '1.0', 0],
    ['a', '1', -1],
  ])('rpmvercmp(%s, %s) is %d', (a, b, expected) => {
    expect(rpmvercmp(a, b)).toBe(expected);
    expect(rpmvercmp(b, a)).toBe(expected === 0 ? 0 : -expected);
  });

  it.each([
    ['1.0-1', '1:0.1-1', -1],
    ['0:1.0-1', '1.0-1', 0],
    ['1.0-1', '1.0-2', -1],
    ['1.0-10.el7', '1.0-9.el7', 1],
  ])('%s against %s', (a, b, expected) => {
    expect(Math.sign(compareEvr(parseEvr(a), parseEvr(b)))).toBe(expected);
  });

  it('does not compare releases where one is missing', () => {
    expect(compareEvr(parseEvr('1.0'), parseEvr('1.0-7'))).toBe(0);
  });

  it('orders equal versions that are written differently', () => {
    expect(compareVersions('1.0-1', '1_0-1')).toBe(-compareVersions('1_0-1', '1.0-1'));
    expect(compareVersions('1.0-1', '1_0-1')).not.toBe(0);
  });

  it('takes versions apart and puts them together', () => {
    expect(parseEvr('3:1.2-3.el8')).toEqual({ epoch: '3', version: '1.2', release: '3.el8' });
    expect(parseEvr(':1.2')).toEqual({ epoch: '0', version: '1.2', release: undefined });
    expect(formatEvr({ epoch: '0', version: '1', release: '2' })).toBe('1-2');
    expect(formatEvr({ epoch: '4', version: '1', release: undefined })).toBe('4:1');
    expect(normalEpoch('007')).toBe('7');
    expect(() => normalEpoch('x')).toThrow('not a number');
    expect(() => normalEpoch('4294967296')).toThrow('not a number');
  });
});

describeWithTools(['rpm'], 'yum/format/version beside rpm', () => {
  it('compares every pair as rpm does', () => {
    const quoted = STRINGS.map((text) => `"${text}"`).join(',');
    const script = `local s={${quoted}}; for i=1,#s do local r={}; for j=1,#s do r[j]=rpm.vercmp(s[i],s[j]) end; print(table.concat(r," ").."\\n") end`;
    const rows = execFileSync('rpm', ['--eval', `%{lua: ${script}}`], { encoding: 'utf8', maxBuffer: 1 << 24 })
      .split('\n')
      .filter((line) => line.trim() !== '');
    const wanted = rows.map((row) => row.trim().split(/\s+/).map(Number));
    expect(wanted.flat().length).toBe(STRINGS.length ** 2);
    const wrong: string[] = [];
    for (const [i, a] of STRINGS.entries()) {
      for (const [j, b] of STRINGS.entries()) {
        if (rpmvercmp(a, b) !== wanted[i]?.[j]) wrong.push(`${a} ${b}: ${rpmvercmp(a, b)}, rpm ${wanted[i]?.[j]}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describeWithTools(['python3-rpm'], 'yum/format/version beside rpm, by chance', () => {
  it('compares 3,000 pairs as rpm does, with epochs and releases', () => {
    const part = fc.stringMatching(/^(?:[0-9]{1,3}|0+[0-9]|[a-zA-Z]{1,2}|[.~^+_é]|rc){0,5}$/);
    // Pairs that have much in common are those that come far.
    const pair = fc.tuple(part, part, part).chain(([start, one, other]) =>
      fc.record({
        a: fc.constant(`${start}${one}`),
        b: fc.constantFrom(`${start}${other}`, start, `${start}.${one}`, `0${start}${one}`),
      }),
    );
    const epochs = fc.constantFrom('0', '1', '12', '4294967295');
    const triple = fc.tuple(pair, pair, epochs, epochs).map(([version, release, e1, e2]) => [
      [e1, `${version.a}1`, `${release.a}1`],
      [e2, `${version.b}1`, `${release.b}1`],
    ]);
    const pairs = fc.sample(triple, { numRuns: 3000, seed: 7 });
    const script = 'import json, rpm, sys; json.dump([rpm.labelCompare(tuple(a), tuple(b)) for a, b in json.load(sys.stdin)], sys.stdout)';
    const answer = execFileSync('/usr/bin/python3', ['-c', script], { input: JSON.stringify(pairs), encoding: 'utf8' });
    const evr = ([epoch = '', version = '', release = '']: readonly string[] = []) => ({ epoch, version, release });
    const ours = pairs.map(([a, b]) => compareEvr(evr(a), evr(b)));
    expect(ours).toEqual(JSON.parse(answer));
    expect(new Set(ours).size).toBe(3);
  });
});
