import { describe, expect, it } from 'vitest';
import type { KnownSegment } from '../../../src/yum/createrepo/old-repository.ts';
import { makePlan } from '../../../src/yum/createrepo/plan.ts';
import { perDocument } from '../../../src/yum/format/repodata/package-documents.ts';

function known(...hrefs: readonly string[]): KnownSegment {
  const entries = hrefs.map((href) => ({ href, nevra: href, id: href, base: undefined, checksumName: 'sha256', fileTime: 1, size: 1 }));
  return { entries, packed: perDocument(() => Buffer.from(hrefs.join())), starts: perDocument(() => new Uint32Array(hrefs.length + 1)) };
}

function plan(hrefs: readonly string[], segments: readonly KnownSegment[], changed: readonly string[] = []): ReturnType<typeof makePlan> {
  const packages = hrefs.map((href) => ({ href, file: `/${href}` }));
  return makePlan({ packages, known: segments, isCurrent: ({ href }) => !changed.includes(href) });
}

function shape({ jobs }: ReturnType<typeof makePlan>): string[] {
  return jobs.map((job) => {
    if (job.kind === 'copy') return `copy ${job.count}`;
    if (job.kind === 'build')
      return `build ${job.items.map((item) => ('segment' in item ? `${item.segment}.${item.index}` : item.href)).join(' ')}`;
    return job.kind;
  });
}

describe('yum/createrepo/plan', () => {
  const segments = [known('a', 'b'), known('c', 'd'), known('e')];

  it('changes nothing where nothing is changed', () => {
    const same = plan(['a', 'b', 'c', 'd', 'e'], segments);
    expect([same.unchanged, shape(same)]).toEqual([true, ['copy 2', 'copy 2', 'copy 1']]);
    expect(plan([], []).unchanged).toBe(true);
  });

  it('builds only the segments in which something changes', () => {
    expect(shape(plan(['a', 'b', 'c', 'new', 'd', 'e'], segments))).toEqual(['copy 2', 'build 0.0 new 0.1', 'copy 1']);
    expect(shape(plan(['a', 'b', 'c', 'd', 'e'], segments, ['b']))).toEqual(['build 0.0 b', 'copy 2', 'copy 1']);
    expect(shape(plan(['a', 'b', 'd', 'e'], segments))).toEqual(['copy 2', 'build 0.1', 'copy 1']);
  });

  it('sees that a package is gone, also the last, and another order', () => {
    expect(plan(['a', 'b', 'c', 'd'], segments).unchanged).toBe(false);
    const turned = plan(['c', 'd', 'a', 'b', 'e'], segments);
    expect([turned.reused.length, shape(turned)]).toEqual([5, ['copy 2', 'copy 2', 'copy 1']]);
    expect(turned.unchanged).toBe(false);
  });

  it('does not take over a path that is listed twice', () => {
    const twice = plan(['a', 'b'], [known('a', 'b', 'a')]);
    expect(twice.fresh.map(({ href }) => href)).toEqual(['a']);
  });
});
