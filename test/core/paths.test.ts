import { describe, expect, it } from 'vitest';
import { safeRelativePath } from '../../src/core/paths.ts';

describe('core/paths', () => {
  it.each([
    ['pool/main/a/apt/apt_2.6.1+deb~x_amd64.deb', 'pool/main/a/apt/apt_2.6.1+deb~x_amd64.deb'],
    ['./Packages/f/foo bar.rpm', 'Packages/f/foo bar.rpm'],
    ['a//b/./c/', 'a/b/c'],
    ['.hidden/..x', '.hidden/..x'],
    ['é/%2e%2e', 'é/%2e%2e'],
    [`${'x'.repeat(255)}/y`, `${'x'.repeat(255)}/y`],
  ])('makes %j canonical', (path, canonical) => {
    expect(safeRelativePath(path, 'it')).toBe(canonical);
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/..',
    'a/../b',
    './/.',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\n',
    `a/${'x'.repeat(256)}`,
    'é'.repeat(128),
    'a/'.repeat(2049),
  ])('refuses %j', (path) => {
    expect(() => safeRelativePath(path, 'it')).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });
});
