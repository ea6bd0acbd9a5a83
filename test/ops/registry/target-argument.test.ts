import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/ops/registry/target-argument.ts';

describe('ops/registry/target-argument', () => {
  it.each([
    ['registry.example.com:8080/mke', undefined, 'registry.example.com:8080', 'mke'],
    ['registry.example.com/one/two/', undefined, 'registry.example.com', 'one/two'],
    ['http://127.0.0.1:5000', 'http', '127.0.0.1:5000', ''],
    ['https://[::1]:5000/mke', 'https', '[::1]:5000', 'mke'],
    ['localhost', undefined, 'localhost', ''],
  ])('reads %s', (text, scheme, host, path) => {
    expect(parseTarget(text)).toEqual({ registry: scheme === undefined ? { host } : { host, scheme }, path });
  });

  it('takes no target for the embedded registry, and puts a path below', () => {
    expect(parseTarget(undefined)).toEqual({ registry: undefined, path: '' });
    expect(parseTarget(undefined, '/mke/')).toEqual({ registry: undefined, path: 'mke' });
    expect(parseTarget('r.example.com/one', 'two')).toMatchObject({ path: 'one/two' });
  });

  it.each(['', 'http://', 'ftp://r/x', 'r.example.com/Upper', 'a b/c', 'r.example.com/x:tag'])('refuses "%s"', (text) => {
    expect(() => parseTarget(text)).toThrow(/cannot stand in front|names no registry/);
  });
});
