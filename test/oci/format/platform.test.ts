import { describe, expect, it } from 'vitest';
import { formatPlatform, matchesPlatform, type Platform, parsePlatform } from '../../../src/oci/format/platform.ts';

describe('platforms', () => {
  it('are read and written', () => {
    expect(parsePlatform('linux/amd64')).toEqual({ os: 'linux', architecture: 'amd64' });
    expect(parsePlatform('linux/arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' });
    for (const text of ['linux/amd64', 'linux/arm/v7', 'windows/amd64'])
      expect(formatPlatform(parsePlatform(text) ?? { os: '', architecture: '' })).toBe(text);
    for (const text of ['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'Linux/amd64', 'linux/amd64\n', 'linux,amd64'])
      expect(parsePlatform(text), text).toBeUndefined();
  });

  it('match by operating system, architecture and variant, where one is wanted', () => {
    const matches = (have: string, wanted: string): boolean => {
      const [platform, other] = [parsePlatform(have), parsePlatform(wanted)] as [Platform, Platform];
      return matchesPlatform(platform, other);
    };
    expect(matches('linux/amd64', 'linux/amd64')).toBe(true);
    expect(matches('linux/amd64', 'windows/amd64')).toBe(false);
    expect(matches('linux/amd64', 'linux/arm64')).toBe(false);
    expect(matches('linux/arm/v6', 'linux/arm')).toBe(true);
    expect(matches('linux/arm/v6', 'linux/arm/v7')).toBe(false);
    expect(matches('linux/arm', 'linux/arm/v7')).toBe(true);
    expect(matches('linux/arm64', 'linux/arm64/v8')).toBe(true);
    expect(matches('linux/arm64/v8', 'linux/arm64')).toBe(true);
    expect(matches('linux/amd64', 'linux/amd64/v1')).toBe(true);
    expect(matches('linux/amd64', 'linux/amd64/v2')).toBe(false);
  });
});
