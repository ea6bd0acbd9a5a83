import { describe, expect, it } from 'vitest';
import { firstWarnings } from '../../../../src/yum/format/repodata/further-metadata.ts';

describe('yum/format/repodata/further-metadata', () => {
  it('shortens long lists of warnings', () => {
    const warnings = Array.from({ length: 30 }, (_, index) => `w${index}`);
    expect(firstWarnings(warnings.slice(0, 20))).toHaveLength(20);
    expect(firstWarnings(warnings).slice(19)).toEqual(['w19', 'There are 10 more such differences.']);
  });
});
