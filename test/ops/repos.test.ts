import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToRepo } from '../../src/ops/repo-add.ts';
import { listRepos, removeFromRepo, repoPackages, repoSummary } from '../../src/ops/repos.ts';
import { packageOf } from '../apt/format/packages-on-disk.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';

describe('ops/repos', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace('repos: { local: { type: apt }, rpms: { type: yum } }\n');
    const folder = join(place.root, 'packages');
    mkdirSync(folder);
    for (const [name, version] of Object.entries({ a: '1', b: '2', c: '3' })) {
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nSection: misc\n`;
      writeFileSync(join(folder, `${name}.deb`), packageOf({ control }));
    }
    await addToRepo('local', [folder], place.context);
  });
  afterEach(() => place.close());
  const labels = (): string[] => [...repoPackages('local', place.context.config, place.context.catalogue)];

  it('lists repos, empty ones too', () => {
    const { config, catalogue } = place.context;
    const [local, rpms] = listRepos(config, catalogue);
    expect(local).toEqual({
      name: 'local',
      type: 'apt',
      packages: 3,
      bytes: expect.any(Number),
      changed: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(rpms).toEqual({ name: 'rpms', type: 'yum', packages: 0, bytes: 0, changed: null });
    expect(listRepos(config, undefined).map(({ packages }) => packages)).toEqual([0, 0]);
    expect(() => repoSummary('loca', config, catalogue)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
    expect([...repoPackages('rpms', config, catalogue)]).toEqual([]);
  });

  it('removes what any query matches', async () => {
    const report = await removeFromRepo('local', ['a', '$Version (>= 3)'], place.context);
    expect(report).toEqual({ name: 'local', dryRun: false, removed: ['a_1_all', 'c_3_all'], packages: 1 });
    expect(labels()).toEqual(['b_2_all']);
  });

  it('removes nothing in a dry run, and says when nothing matches', async () => {
    expect(await removeFromRepo('local', ['Section (misc)'], place.context, { dryRun: true })).toMatchObject({ packages: 0 });
    await expect(removeFromRepo('local', ['d'], place.context)).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' });
    await expect(removeFromRepo('local', ['a ('], place.context)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    await expect(removeFromRepo('rpms', ['a'], place.context)).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' });
    await expect(removeFromRepo('none', ['a'], place.context)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    expect(labels()).toHaveLength(3);
  });
});
