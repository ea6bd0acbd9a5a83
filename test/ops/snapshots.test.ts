import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotDetails, snapshotTable } from '../../src/cli/render/snapshots.ts';
import { mergeSnapshots } from '../../src/ops/snapshot-create.ts';
import { dropSnapshots, listSnapshots, renameSnapshot, snapshotNamed } from '../../src/ops/snapshots.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { pkg, putSnapshot } from './stored-packages.ts';

describe('ops/snapshots', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace('publications: { planned: { from: [named], distribution: s } }\n');
    const { context } = place;
    for (const name of ['base', 'free', 'named', 'shown']) putSnapshot(name, [pkg('a_1_all')], context);
    await mergeSnapshots('made', ['base', 'free'], context);
    context.catalogue.publish({
      name: 'site',
      family: 'apt',
      path: '/site',
      components: ['main'],
      architectures: ['amd64'],
      from: ['shown'],
      verified: true,
      packagesSigned: false,
      packageKeys: [],
      packages: 1,
      bytes: 1,
      generation: { publication: 'site', number: 1, digest: 'd', publishedAt: 0, inputs: '', parts: [] },
    });
  });
  afterEach(() => place.close());
  const names = (): string[] => place.context.catalogue.snapshots().map(({ name }) => name);
  const inUse = (text: string) => expect.objectContaining({ code: 'IN_USE', message: expect.stringContaining(text) });

  it('lists snapshots with what uses them', () => {
    const { config, catalogue } = place.context;
    const listed = listSnapshots(config, catalogue);
    expect(listed.map(({ name, usedBy }) => [name, usedBy])).toEqual([
      ['base', { publications: [], configured: [], snapshots: ['made'] }],
      ['free', { publications: [], configured: [], snapshots: ['made'] }],
      ['made', { publications: [], configured: [], snapshots: [] }],
      ['named', { publications: [], configured: ['planned'], snapshots: [] }],
      ['shown', { publications: ['site'], configured: [], snapshots: [] }],
    ]);
    expect(listSnapshots(config, undefined)).toEqual([]);
    const table = snapshotTable(listed, Date.now());
    expect(table).toMatch(/^made +apt +1 +[\d.]+ KiB +just now +- +merge of base, free$/m);
    expect(table).toMatch(/^shown .* publication site$/m);
    const [base] = listed;
    if (base === undefined) throw new Error('nothing is listed');
    expect(snapshotDetails(base, Date.now())).toMatch(/^Used by: +snapshot made$/m);
    expect(snapshotTable([], 0)).toContain('No snapshots yet');
  });

  it('drops what nothing needs, and says what needs the others', () => {
    const { context } = place;
    expect(() => dropSnapshots(['base'], context)).toThrow(inUse('snapshot "base" is in use: snapshot "made" made from it'));
    expect(() => dropSnapshots(['shown'], context, { force: true })).toThrow(inUse('publication "site" made from it'));
    expect(() => dropSnapshots(['named'], context, { force: true })).toThrow(inUse('named in the configuration of "planned"'));
    expect(() => dropSnapshots(['made', 'bas'], context)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
    expect(names()).toHaveLength(5);
    dropSnapshots(['free', 'made', 'base'], context);
    expect(names()).toEqual(['named', 'shown']);
  });

  it('drops what another was made from by force, and leaves the other', () => {
    dropSnapshots(['base'], place.context, { force: true });
    expect(names()).toEqual(['free', 'made', 'named', 'shown']);
    expect(snapshotNamed('made', place.context.catalogue).contents.list.count).toBe(1);
  });

  it('renames, also where another says what it was made from', () => {
    const { context } = place;
    expect(renameSnapshot('base', 'first', context)).toMatchObject({ name: 'first', usedBy: { snapshots: ['made'] } });
    expect(snapshotNamed('made', context.catalogue).from.map(({ name }) => name)).toEqual(['first', 'free']);
    expect(() => renameSnapshot('first', 'free', context)).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
    expect(() => renameSnapshot('first', 'No', context)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
    expect(() => renameSnapshot('gone', 'x', context)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
    expect(() => renameSnapshot('shown', 'x', context)).toThrow(inUse('"site"'));
    expect(() => renameSnapshot('named', 'x', context)).toThrow(inUse('"planned"'));
  });

  it('is not what a publication is made from when a mirror has the name', async () => {
    const other = await openWorkplace('mirrors: { shown: { type: apt, url: "http://127.0.0.1:9/", suite: s, verify: [] } }\n');
    try {
      const config = other.context.config;
      const [summary] = listSnapshots(config, place.context.catalogue).filter(({ name }) => name === 'shown');
      expect(summary?.usedBy.publications).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
