import { describe, expect, it } from 'vitest';
import { createRecentManifests } from '../../../src/oci/registry/recent-manifests.ts';

const MINUTE = 60_000;

describe('oci/registry/recent-manifests', () => {
  it('remembers for some minutes what was noted of each repository, and not what was forgotten', () => {
    let now = 0;
    const recent = createRecentManifests({ now: () => new Date(now) });
    for (const digest of ['a', 'b', 'c']) recent.note('app', digest);
    recent.forget('app', 'b');
    expect(recent.among('app', ['a', 'b', 'c', 'd'])).toEqual(['a', 'c']);
    expect(recent.among('other', ['a'])).toEqual([]);
    now = 8 * MINUTE;
    recent.note('app', 'c');
    now = 12 * MINUTE;
    expect(recent.among('app', ['a', 'c'])).toEqual(['c']);
  });

  it('holds no more than so many, the newest', () => {
    const recent = createRecentManifests({ now: () => new Date(1_000_000_000) });
    recent.note('app', 'first');
    for (let number = 0; number < 9999; number++) recent.note('app', `${number}`);
    expect(recent.among('app', ['first', '0'])).toEqual(['first', '0']);
    recent.note('app', 'first');
    recent.note('app', 'last');
    expect(recent.among('app', ['first', '0', '1', 'last'])).toEqual(['first', '1', 'last']);
  });
});
