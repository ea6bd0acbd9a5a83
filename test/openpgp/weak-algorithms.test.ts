import { describe, expect, it } from 'vitest';
import { allowingHint, STRICT } from '../../src/openpgp/weak-algorithms.ts';

describe('openpgp/weak-algorithms', () => {
  const policy = { allowed: ['dsa'], setting: 'mirrors.old.allowWeak' } as const;

  it('names everything that has to be accepted, with what is', () => {
    expect(allowingHint(policy, ['md5', 'md5'])).toContain('set mirrors.old.allowWeak: [md5, dsa].');
    expect(allowingHint(policy, ['sha1', 'md5'])).toContain('set mirrors.old.allowWeak: [md5, sha1, dsa].');
  });

  it('gives no hint where there is no setting, or none that helps', () => {
    expect(allowingHint(STRICT, ['sha1'])).toBeUndefined();
    expect(allowingHint(policy, ['sha1', undefined])).toBeUndefined();
    expect(allowingHint(policy, [])).toBeUndefined();
  });
});
