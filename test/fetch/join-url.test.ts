import { describe, expect, it } from 'vitest';
import { directoryUrl, joinUrl } from '../../src/fetch/join-url.ts';

describe('fetch/join-url', () => {
  it('puts a path before the query of its base', () => {
    expect(joinUrl('http://h/a/', 'b/c.xml')).toBe('http://h/a/b/c.xml');
    expect(joinUrl('http://h/a/?token=x/y', 'b/c.xml')).toBe('http://h/a/b/c.xml?token=x/y');
    expect(joinUrl('http://h/list?a=b', '')).toBe('http://h/list?a=b');
  });

  it('ends the path of a directory in a slash', () => {
    expect(['http://h/a', 'http://h/a/', 'http://h/a?t=1', 'http://h/a/?t=/1'].map(directoryUrl)).toEqual([
      'http://h/a/',
      'http://h/a/',
      'http://h/a/?t=1',
      'http://h/a/?t=/1',
    ]);
  });
});
