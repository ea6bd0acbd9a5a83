import { describe, expect, it } from 'vitest';
import { formatCapability } from '../../../src/yum/format/dependencies.ts';
import { isRich, parseRich, type RichNode } from '../../../src/yum/format/rich.ts';

/** Prefix notation of what was understood. */
function shown(node: RichNode | undefined): string {
  if (node === undefined) return 'malformed';
  if (node.kind === 'capability') return formatCapability(node.capability);
  const operands = [...node.operands, ...(node.otherwise === undefined ? [] : [node.otherwise])];
  return `${node.operator}[${operands.map(shown).join(', ')}]`;
}

describe('yum/format/rich', () => {
  it.each([
    ['(a and b)', 'and[a, b]'],
    ['(a or b or c)', 'or[a, b, c]'],
    ['(a >= 1.0 if b)', 'if[a >= 1.0, b]'],
    ['(a if b else c)', 'if[a, b, c]'],
    ['(a unless (b or c) else d)', 'unless[a, or[b, c], d]'],
    ['(crate(x/default) >= 0.1 with crate(x/default) < 0.2~)', 'with[crate(x/default) >= 0.1, crate(x/default) < 0.2~]'],
    ['(a without b)', 'without[a, b]'],
    ['(glibc-langpack-en(x86-64) if glibc)', 'if[glibc-langpack-en(x86-64), glibc]'],
    ['((a and b) or /usr/bin/c)', 'or[and[a, b], /usr/bin/c]'],
    ['( a  and\tb )', 'and[a, b]'],
    ['(a)', 'a'],
    ['(a = 1:2-3)', 'a = 1:2-3'],
    ['(and or b)', 'malformed'],
    ['(a and b or c)', 'malformed'],
    ['(a if b if c)', 'malformed'],
    ['(a without b without c)', 'malformed'],
    ['(a and b', 'malformed'],
    ['(a and)', 'malformed'],
    ['()', 'malformed'],
    ['(a else b)', 'malformed'],
    ['(a and b) c', 'malformed'],
    ['(a >= )', 'malformed'],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, 'malformed'],
    [`(${Array.from({ length: 2000 }, () => 'a').join(' and ')})`, 'malformed'],
  ])('%.60s', (text, expected) => {
    expect(shown(parseRich(text))).toBe(expected);
    expect(isRich(text)).toBe(true);
  });
});
