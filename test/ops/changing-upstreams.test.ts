import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../src/core/errors.ts';
import type { MirrorEvent } from '../../src/core/events.ts';
import { withChangingUpstreams } from '../../src/ops/changing-upstreams.ts';
import { NOT_AS_LISTED } from '../../src/ops/package-plan.ts';
import type { MirrorState } from '../../src/store/catalogue.ts';

const state = (name: string, revision: string): MirrorState => ({
  name,
  family: 'apt',
  upstream: { revision, date: 0, indexes: [], supplements: [], verification: { metadata: true, packages: false }, particulars: {} },
  keys: [],
});
const incomplete = (upstreams?: string): MirrorError =>
  new MirrorError('SYNC_INCOMPLETE', 'a is not there', upstreams === undefined ? {} : { details: { [NOT_AS_LISTED]: upstreams } });

/** Attempts that fail with these errors in turn and then succeed, with what the upstream of `a` has after each refresh. */
function run(errors: readonly Error[], revisions: readonly string[]) {
  const states = new Map([
    ['a', state('a', '0')],
    ['b', state('b', '0')],
  ]);
  const asked: string[] = [];
  const events: MirrorEvent[] = [];
  let [attempts, refreshes] = [0, 0];
  const result = withChangingUpstreams(
    async () => {
      const error = errors[attempts++];
      if (error !== undefined) throw error;
      return attempts;
    },
    {
      name: 'a',
      states,
      refresh: async (name, revision) => {
        asked.push(`${name} ${revision}`);
        const next = revisions[refreshes++];
        if (name === 'a' && next !== undefined) states.set('a', state('a', next));
      },
      report: (event) => events.push(event),
    },
  );
  return { result, asked, events };
}

describe('ops/changing-upstreams', () => {
  it('begins again when the upstream has moved on, and says so', async () => {
    const { result, asked, events } = run([incomplete('a b')], ['1']);
    expect(await result).toBe(2);
    expect(asked).toEqual(['a 0', 'b 0']);
    expect(events).toEqual([expect.objectContaining({ type: 'info', message: expect.stringContaining('the upstream of a changed') })]);
  });

  it('fails as it did when the upstream is the same, or something else is wrong', async () => {
    await expect(run([incomplete('a')], ['0']).result).rejects.toThrow('a is not there');
    for (const error of [incomplete(), new MirrorError('STORAGE_FULL', 'full'), new Error('a bug')]) {
      const { result, asked } = run([error], ['1']);
      await expect(result).rejects.toBe(error);
      expect(asked).toEqual([]);
    }
  });

  it('gives up when it changes again and again', async () => {
    const { result } = run([incomplete('a'), incomplete('a'), incomplete('a'), incomplete('a')], ['1', '2', '3', '4']);
    await expect(result).rejects.toMatchObject({ code: 'SYNC_INCOMPLETE', message: expect.stringContaining('changed 3 times') });
  });
});
