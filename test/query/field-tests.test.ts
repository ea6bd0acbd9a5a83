import { describe, expect, it } from 'vitest';
import { fieldTests } from '../../src/query/field-tests.ts';
import { parseQuery } from '../../src/query/parse.ts';
import { compareVersions } from '../../src/yum/format/version.ts';

describe('query/field-tests', () => {
  it('gives what is asked of fields, wherever it stands in a query', () => {
    const tests = fieldTests(parseQuery('a, Files (% /usr/*) | !(FILES (~ x), b (>= 1)) | Version (>= 1.10), Summary'), compareVersions);
    expect(tests.map(({ field }) => field)).toEqual(['Files', 'FILES', 'Version', 'Summary']);
    const values = ['/usr/x', '/usr/x/y', '1.9', '1.11', ''];
    expect(tests.map(({ test }) => values.filter(test))).toEqual([
      ['/usr/x'],
      ['/usr/x', '/usr/x/y'],
      values.filter((value) => compareVersions(value, '1.10') >= 0),
      ['/usr/x', '/usr/x/y', '1.9', '1.11'],
    ]);
  });
});
