import { afterEach, describe, expect, it } from 'vitest';
import { createSelector } from '../../src/ops/selection.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';

describe('ops/selection', () => {
  let place: Workplace | undefined;
  afterEach(() => place?.close());

  it('has another key for every setting that changes what is selected', async () => {
    const settings = {
      plain: '',
      same: '',
      newest: ', newestOnly: true',
      keep: ', keepVersions: 2',
      more: ', keepVersions: 3',
      filter: ', filter: a',
      deps: ', withDeps: true',
      architectures: ', architectures: [x86_64]',
    };
    const mirrors = Object.entries(settings).map(([name, text]) => `  ${name}: { type: yum, url: "https://host/", verify: []${text} }\n`);
    place = await openWorkplace(`mirrors:\n${mirrors.join('')}`);
    const { context } = place;
    const keys = new Map<string, string>();
    for (const [name, config] of Object.entries(context.config.mirrors)) {
      // Of the same metadata.
      const state = {
        ...{ name, family: 'yum' as const, keys: [] },
        upstream: {
          ...{ revision: 'r', date: 0, indexes: [], supplements: [], particulars: {} },
          verification: { metadata: false, packages: false },
        },
      };
      const key = await createSelector(context, new Map([['one', state]])).key({ name: 'one', config });
      keys.set(name, key);
    }
    expect(keys.get('same')).toBe(keys.get('plain'));
    expect(new Set(keys.values()).size).toBe(keys.size - 1);
  });
});
