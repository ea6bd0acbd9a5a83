import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { capability, EQUAL, formatCapability, GREATER, LESS, rangesOverlap } from '../../../src/yum/format/dependencies.ts';
import { parseEvr } from '../../../src/yum/format/version.ts';
import { describeWithTools } from '../../support/requirements.ts';

const FLAGS: Readonly<Record<string, number>> = { '=': EQUAL, '<': LESS, '>': GREATER, '<=': LESS | EQUAL, '>=': GREATER | EQUAL };

function of(text: string) {
  const [name = '', operator, version] = text.split(' ');
  return operator === undefined || version === undefined
    ? { name, flags: 0, evr: undefined }
    : { name, flags: FLAGS[operator] ?? 0, evr: parseEvr(version) };
}

describe('yum/format/dependencies', () => {
  it.each([
    ['a', 'a >= 5', true],
    ['a = 1.0-1', 'a', true],
    ['a = 1.0-1', 'a = 1.0', true],
    ['a = 1.0-1', 'a > 1.0', false],
    ['a = 1.0-1', 'a >= 1.0', true],
    ['a = 1.0', 'a = 1.0-9', true],
    ['a = 1:1.0', 'a >= 2.0', true],
    ['a = 2.0~rc1', 'a >= 2.0', false],
    ['a < 2', 'a > 1', true],
    ['a < 1', 'a > 1', false],
  ])('%s against %s', (provided, required, expected) => {
    expect(rangesOverlap(of(provided), of(required))).toBe(expected);
    expect(rangesOverlap(of(required), of(provided))).toBe(expected);
  });

  it('reads and writes entries', () => {
    const entry = capability('x', 'GE', { epoch: '1', ver: '2', rel: '3' });
    expect(formatCapability(entry)).toBe('x >= 1:2-3');
    expect(formatCapability(capability('x', 'EQ', { epoch: '0', ver: '2', rel: '' }))).toBe('x = 2');
    expect(capability('x', undefined, { ver: '2' })).toEqual({ name: 'x', flags: 0, evr: undefined });
    expect(capability('x', 'toString', { ver: '2' }).flags).toBe(0);
    expect(() => capability('x', 'EQ', { epoch: '-1', ver: '2' })).toThrow('epoch');
  });
});

const python = ['/usr/bin/python3', 'python3'].find((path) => {
  try {
    execFileSync(path, ['-c', 'import rpm'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

describeWithTools([python ?? 'python3 with the rpm module'], 'yum/format/dependencies beside rpm', () => {
  it('finds every pair of ranges to overlap exactly when rpm does', () => {
    const versions = ['1.0', '1.0-1', '1.0-2', '2.0-1', '1:1.0', '1:1.0-1', '0:1.0-1', '1.0~rc1-1', '1.0^git-1'];
    const odd = ['2.0~', '01.0-01', '1..0-1', '1.é-1', 'a-1', '1.0^^-1~'];
    const ranges = ['a', ...[...versions, ...odd].flatMap((version) => Object.keys(FLAGS).map((operator) => `a ${operator} ${version}`))];
    const script = `
import json, sys, rpm
bits = {'=': rpm.RPMSENSE_EQUAL, '<': rpm.RPMSENSE_LESS, '>': rpm.RPMSENSE_GREATER}
def ds(text, tag):
    part = text.split(' ')
    flags = 0
    for c in (part[1] if len(part) > 1 else ''): flags |= bits[c]
    return rpm.ds((part[0], flags, part[2] if len(part) > 2 else ''), tag)
ranges = json.load(sys.stdin)
result = []
for p in ranges:
    for r in ranges:
        a, b = ds(p, 'providename'), ds(r, 'requirename')
        next(a); next(b)
        result.append(bool(a.Compare(b)))
json.dump(result, sys.stdout)
`;
    const answers = JSON.parse(
      execFileSync(python ?? '', ['-c', script], { input: JSON.stringify(ranges), encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }),
    ) as boolean[];
    const pairs = ranges.flatMap((provided) => ranges.map((required) => [provided, required] as const));
    expect(answers).toHaveLength(pairs.length);
    const wrong = pairs.filter(([provided, required], index) => rangesOverlap(of(provided), of(required)) !== answers[index]);
    expect(wrong).toEqual([]);
  });
});
