import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSources, requiredSource, sourceNames, storedCandidates, storedSource } from '../../src/ops/sources.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { pkg, putSnapshot, storedPackage } from './stored-packages.ts';

describe('ops/sources', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace(`
mirrors: { upstream: { type: apt, url: "http://127.0.0.1:9/", suite: s, verify: [] } }
repos: { local: { type: apt } }
`);
    const { catalogue } = place.context;
    putSnapshot('frozen', [pkg('a_1_all')], place.context);
    const [a, b] = [['a_1_all', 'b_1_all'], ['c_1_all']].map((labels) => {
      const ids = catalogue.addPackages(
        'apt',
        labels.map((label) => storedPackage(pkg(label))),
      );
      return catalogue.saveList('apt', ids).id;
    });
    if (a === undefined || b === undefined) throw new Error('no lists');
    for (const name of ['site', 'frozen']) {
      catalogue.publish({
        name,
        family: 'apt',
        path: `/${name}`,
        components: ['main', 'other'],
        architectures: ['amd64'],
        from: ['upstream'],
        verified: true,
        packagesSigned: false,
        packageKeys: [],
        packages: 3,
        bytes: 1,
        generation: {
          publication: name,
          number: 1,
          digest: 'd',
          publishedAt: 0,
          inputs: '',
          parts: [
            { component: 'main', list: a, supplements: [] },
            { component: 'other', list: b, supplements: [] },
          ],
        },
      });
    }
  });
  afterEach(() => place.close());

  it('takes a publication with all of its components, unless something else has the name', async () => {
    const { context } = place;
    const site = storedSource('site', context);
    expect(site).toMatchObject({ kind: 'publication', family: 'apt', contents: { list: { count: 3 }, checked: { metadata: true } } });
    expect(storedSource('frozen', context)).toMatchObject({ kind: 'snapshot', contents: { list: { count: 1 } } });
    const [opened] = await openSources(['site'], context);
    expect(opened).toMatchObject({ kind: 'publication', planned: false });
    expect(opened?.candidates.map(({ name, mirror }) => [name, mirror])).toEqual([
      ['a', 'site'],
      ['b', 'site'],
      ['c', 'site'],
    ]);
    expect((await openSources(['local', 'frozen'], context)).map(({ kind, candidates }) => [kind, candidates.length])).toEqual([
      ['repo', 0],
      ['snapshot', 1],
    ]);
  });

  it('says which names there are, and what was never synced', async () => {
    const { context } = place;
    expect(sourceNames(context)).toEqual(['upstream', 'local', 'frozen']);
    expect(() => storedSource('sit', context)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN', hint: 'Did you mean site?' }));
    expect(() => requiredSource('site', context)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
    expect(() => storedSource('upstream', context)).toThrow(expect.objectContaining({ code: 'NEVER_SYNCED' }));
    await expect(openSources(['upstream'], context)).rejects.toMatchObject({ code: 'NEVER_SYNCED' });
    await expect(openSources(['nothing'], context)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
  });

  it('makes what is known already only once', async () => {
    const { context } = place;
    const first = await storedCandidates('frozen', storedSource('frozen', context).contents, context);
    const known = new Map(first.map((entry) => [entry.stored.id, entry]));
    const again = await storedCandidates('site', storedSource('site', context).contents, context, known);
    expect(again).toHaveLength(3);
    expect(again[0]).toBe(first[0]);
  });
});
