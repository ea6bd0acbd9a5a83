import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToRepo } from '../../src/ops/repo-add.ts';
import { repoPackages } from '../../src/ops/repos.ts';
import { acquireLock } from '../../src/store/locks.ts';
import { packageOf, statedOf } from '../apt/format/packages-on-disk.ts';
import { tarArchive, tarEntry } from '../codec/tar-archive.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';

describe('ops/repo-add', () => {
  let place: Workplace;
  let folder: string;
  beforeEach(async () => {
    place = await openWorkplace(
      'repos: { local: { type: apt }, other: { type: apt }, rpms: { type: yum }, signed: { type: apt, keys: [none.asc] } }\n',
    );
    folder = join(place.root, 'packages');
    mkdirSync(folder);
  });
  afterEach(() => place.close());

  const write = (name: string, content = 'x', file = `${name}.deb`): string => {
    const control = `Package: ${name}\nVersion: 1:2-3\nArchitecture: amd64\nDescription: ${content}\n`;
    const data = tarArchive(
      tarEntry({ path: './usr/', type: '5' }),
      tarEntry({ path: `./usr/${name}`, content }),
      tarEntry({ path: './a' }),
    );
    writeFileSync(join(folder, file), packageOf({ control, data }));
    return join(folder, file);
  };
  const labels = (name = 'local'): string[] => [...repoPackages(name, place.context.config, place.context.catalogue)];
  const pooled = (): string[] => {
    const names = readdirSync(join(place.root, 'storage'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /[0-9a-f]{64}$/.test(name));
  };

  it('stores packages with their files and lists of contents', async () => {
    const path = write('hello');
    const report = await addToRepo('local', [path], place.context);
    expect(report).toEqual({
      name: 'local',
      dryRun: false,
      added: ['hello_1:2-3_amd64'],
      replaced: [],
      present: [],
      packages: 1,
    });
    const { catalogue, blobs } = place.context;
    const state = catalogue.repo('local');
    expect(state).toMatchObject({ family: 'apt', contents: { supplements: [], checked: { metadata: true, packages: false }, keys: [] } });
    const [stored] = [...catalogue.packages(state?.contents.list.id ?? -1)];
    const { sha256, size } = statedOf(path);
    expect(stored).toMatchObject({ name: 'hello', version: '1:2-3', architecture: 'amd64', sha256, size, location: 'hello_2-3_amd64.deb' });
    expect(await blobs.readWhole(sha256, size)).toEqual(readFileSync(path));
    const [extra] = [...catalogue.extras([stored?.id ?? -1], 'contents')];
    expect(extra?.data?.toString()).toBe('a\nusr/hello');
    expect(place.events.map(({ type }) => type)).toEqual(expect.arrayContaining(['phase', 'progress', 'done']));
  });

  it('adds to what is there, and tells what was', async () => {
    await addToRepo('local', [write('one')], place.context);
    write('two');
    const report = await addToRepo('local', [folder], place.context);
    expect(report).toMatchObject({ added: ['two_1:2-3_amd64'], present: ['one_1:2-3_amd64'], packages: 2 });
    expect(labels()).toEqual(['one_1:2-3_amd64', 'two_1:2-3_amd64']);
    expect(labels('other')).toEqual([]);
  });

  it('adds nothing when anything is refused, and says all that is wrong', async () => {
    write('good');
    for (const name of ['bad', 'worse']) writeFileSync(join(folder, `${name}.deb`), 'x');
    await expect(addToRepo('local', [folder], place.context)).rejects.toMatchObject({
      code: 'FILES_REFUSED',
      message: expect.stringMatching(/bad\.deb is not an ar archive\n.*worse\.deb is not an ar archive$/),
      details: { refused: 2 },
    });
    expect([labels(), pooled()]).toEqual([[], []]);
    await expect(addToRepo('local', [join(folder, 'good.deb'), join(folder, 'bad.deb')], place.context)).rejects.toMatchObject({
      code: 'METADATA_INVALID',
    });
    expect(labels()).toEqual([]);
  });

  it('adds nothing in a dry run', async () => {
    expect(await addToRepo('local', [write('hello')], place.context, { dryRun: true })).toMatchObject({
      dryRun: true,
      added: ['hello_1:2-3_amd64'],
      packages: 1,
    });
    expect([labels(), pooled(), place.context.catalogue.repo('local')]).toEqual([[], [], undefined]);
  });

  it('refuses the same version with other content, unless it is to be replaced', async () => {
    await addToRepo('local', [write('hello'), write('other')], place.context);
    const changed = write('hello', 'y', 'changed.deb');
    await expect(addToRepo('local', [changed], place.context)).rejects.toMatchObject({ code: 'PACKAGE_CONFLICT' });
    expect(await addToRepo('local', [changed], place.context, { forceReplace: true })).toMatchObject({
      added: ['hello_1:2-3_amd64'],
      replaced: ['hello_1:2-3_amd64'],
      packages: 2,
    });
    const list = place.context.catalogue.repo('local')?.contents.list.id ?? -1;
    expect([...place.context.catalogue.packages(list)].map(({ sha256 }) => sha256)).toContain(statedOf(changed).sha256);
    await addToRepo('other', [join(folder, 'hello.deb')], place.context);
  });

  it('notices a file that changes between being checked and being stored', async () => {
    const path = write('hello');
    const report: typeof place.context.report = (event) => {
      if (event.type === 'phase' && event.phase === 'store') appendFileSync(path, 'x');
    };
    await expect(addToRepo('local', [path], { ...place.context, report })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(labels()).toEqual([]);
  });

  it('adds nothing when it is interrupted', async () => {
    const report: typeof place.context.report = (event) => {
      if (event.type === 'phase' && event.phase === 'store') place.abort();
    };
    await expect(addToRepo('local', [write('hello')], { ...place.context, report })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(labels()).toEqual([]);
  });

  it('lets one at a time change a repo', async () => {
    using _ = await acquireLock(place.context.storage, 'repo-local', 'a test');
    await expect(addToRepo('local', [write('hello')], place.context)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await addToRepo('other', [join(folder, 'hello.deb')], place.context)).toMatchObject({ packages: 1 });
  });

  it('refuses unknown repos, packages of another family, keys that are not there, and nothing', async () => {
    const path = write('hello');
    await expect(addToRepo('loca', [path], place.context)).rejects.toMatchObject({ code: 'NAME_UNKNOWN', hint: 'Did you mean local?' });
    await expect(addToRepo('rpms', [path], place.context)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${path} is a package of apt, and repo "rpms" is one of yum`,
    });
    await expect(addToRepo('local', ['/x.rpm'], place.context)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(addToRepo('signed', [path], place.context)).rejects.toMatchObject({ code: 'KEY_MISSING' });
    mkdirSync(join(folder, 'empty'));
    await expect(addToRepo('local', [join(folder, 'empty')], place.context)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
