import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FilterRequest, filterSnapshot } from '../../src/ops/snapshot-filter.ts';
import type { SnapshotSummary } from '../../src/ops/snapshots.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { packagesOf, pkg, putSnapshot } from './stored-packages.ts';

describe('ops/snapshot-filter', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace('');
    const packages = [
      pkg('app_1_amd64', { Depends: 'lib', Recommends: 'nice' }),
      pkg('lib_1_amd64', { Depends: 'nowhere' }),
      pkg('nice_1_all'),
      pkg('other_1_amd64'),
    ];
    putSnapshot('all', packages, place.context, { checked: { metadata: false, packages: true } });
  });
  afterEach(() => place.close());

  const filter = (queries: readonly string[], options: Partial<FilterRequest> = {}): Promise<SnapshotSummary> =>
    filterSnapshot({ source: 'all', name: 'some', queries, ...options }, place.context);
  const warnings = (): string[] => place.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  it('keeps what any query matches, and how it was checked', async () => {
    expect(await filter(['app', 'other | xyzzyx'])).toMatchObject({
      packages: 2,
      description: 'filter of all: app | other | xyzzyx',
      from: [{ kind: 'snapshot', name: 'all' }],
      verified: { metadata: false, packages: true },
    });
    expect(packagesOf('some', place.context)).toEqual(['app_1_amd64', 'other_1_amd64']);
    expect(warnings()).toEqual(['there is no package "xyzzyx"']);
  });

  it('follows dependencies on request, and says what is missing', async () => {
    expect(await filter(['app'], { withDeps: true })).toMatchObject({ description: 'filter of all: app, with dependencies' });
    expect(packagesOf('some', place.context)).toEqual(['app_1_amd64', 'lib_1_amd64']);
    expect(warnings()).toEqual(['nothing provides nowhere, needed by lib_1_amd64, needed by app_1_amd64']);
    await filter(['app'], { name: 'more', withDeps: true, recommends: true });
    expect(packagesOf('more', place.context)).toEqual(['app_1_amd64', 'lib_1_amd64', 'nice_1_all']);
  });

  it('takes the source packages of what it selects on request', async () => {
    const packages = [pkg('app_1_amd64', { Source: 'app-src (2)' }), pkg('app-src_1_source'), pkg('app-src_2_source')];
    putSnapshot('built', packages, place.context);
    await filter(['app'], { source: 'built', withDeps: true, sources: true });
    expect(packagesOf('some', place.context)).toEqual(['app-src_2_source', 'app_1_amd64']);
  });

  it('refuses a query that matches nothing, with names that are near', async () => {
    await expect(filter(['ap', 'Section (x)'])).rejects.toMatchObject({
      code: 'PACKAGE_UNKNOWN',
      hint: 'It has no "ap" (did you mean app?).',
    });
    await expect(filter(['app ('])).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    await expect(filter(['app'], { name: 'all' })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    expect(place.context.catalogue.snapshots()).toHaveLength(1);
  });
});
