import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../src/oci/client/challenge.ts';

function read(header: string): (readonly [string, Record<string, string>])[] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)] as const);
}

describe('oci/client/challenge', () => {
  it('reads one or several challenges, with quoted and bare values', () => {
    expect(read('Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"')).toEqual([
      ['bearer', { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push' }],
    ]);
    expect(read('Basic realm="a, b=\\"c\\"", BEARER Realm=https://a/t , service = x, Negotiate')).toEqual([
      ['basic', { realm: 'a, b="c"' }],
      ['bearer', { realm: 'https://a/t', service: 'x' }],
      ['negotiate', {}],
    ]);
  });

  it('reads what it can of one that is malformed', () => {
    expect(read('')).toEqual([]);
    expect(read('=,=')).toEqual([]);
    expect(read('Bearer realm="never closed')[0]?.[0]).toBe('bearer');
    expect(read(`Bearer ${'a='.repeat(50_000)}`)).toHaveLength(1);
  });
});
