import { describe, expect, it } from 'vitest';
import { checkText } from '../../../src/cli/render/check.ts';
import type { CheckReport, MachineCheck, Reason } from '../../../src/ops/check.ts';

const reason = (text: string): Reason => ({ kind: 'requires', package: 'p', relation: 'r', candidates: [], similar: [], text });

const machine: MachineCheck = { architecture: 'amd64', install: [], together: null, all: null };

function textOf(machines: readonly MachineCheck[], more: Partial<CheckReport> = {}): string[] {
  return checkText({ names: ['m'], family: 'apt', planned: false, installable: false, machines, ...more }).split('\n');
}

describe('cli/render/check', () => {
  it('tells of packages that fail for one reason once', () => {
    const broken = Array.from({ length: 13 }, (_, index) => ({
      package: `p${index}`,
      reasons: [reason(`p${index} depends on q`), reason(index === 1 ? 'other' : 'q is broken')],
    }));
    expect(textOf([{ ...machine, all: { packages: 2000, broken } }])).toEqual([
      'p0 cannot be installed:',
      '  p0 depends on q',
      '  q is broken',
      '  for that reason also not: p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 and 1 more',
      'p1 cannot be installed:',
      '  p1 depends on q',
      '  other',
      'of 2,000 packages, 13 cannot be installed',
      '',
    ]);
  });

  it('says when all is well, of which machine, and of which packages', () => {
    const machines = ['amd64', 'arm64'].map((architecture) => ({ ...machine, architecture, all: { packages: 1, broken: [] } }));
    expect(textOf(machines, { planned: true })).toEqual([
      'of the packages that the next sync of m would bring:',
      'each of 1 package can be installed on amd64',
      'each of 1 package can be installed on arm64',
      '',
    ]);
  });

  it('names what cannot be together', () => {
    const together = { installable: false, packages: [], bytes: 0, conflicting: ['a', 'b'], reasons: [reason('a conflicts with b')] };
    expect(textOf([{ ...machine, together }])).toEqual(['a, b cannot be installed together:', '  a conflicts with b', '']);
  });
});
