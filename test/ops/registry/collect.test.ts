import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectImages } from '../../../src/ops/registry/collect.ts';
import type { PublicationState } from '../../../src/store/catalogue.ts';
import { createTree } from '../../../src/store/generation-map.ts';
import { acquireLock } from '../../../src/store/locks.ts';
import type { Pushed } from '../../oci/registry/registry-fixture.ts';
import { packageRecord } from '../../store/catalogue-fixture.ts';
import { type EmbeddedWorkplace, openEmbedded } from './embedded-workplace.ts';

const NOW = { grace: -60_000, untagged: true, dryRun: false };
const fileOf = ({ digest }: Pushed): string => digest.slice(7);

describe('ops/registry/collect', () => {
  let workplace: EmbeddedWorkplace;

  beforeEach(async () => {
    workplace = await openEmbedded();
  });
  afterEach(() => workplace.close());

  /** The state of a publication whose only generation is this one. */
  const publication = (digest: string): PublicationState => ({
    name: 'site',
    family: 'apt',
    path: '/site',
    distribution: 'stable',
    components: ['main'],
    architectures: ['amd64'],
    from: [],
    verified: true,
    packagesSigned: false,
    packageKeys: [],
    packages: 1,
    bytes: 1,
    generation: { publication: 'site', number: 1, digest, publishedAt: 0, inputs: '', parts: [] },
  });

  it('removes files that only the registry had, and says how much, as a dry run said before', async () => {
    const { context, push, registry } = workplace;
    await push.image('app', ['kept'], 'v1');
    const blob = await push.blob('app', 'unused');
    const planned = await collectImages(context, { ...NOW, dryRun: true });
    expect(planned).toEqual({ dryRun: true, manifests: [], links: 1, repositories: [], files: 1, bytes: blob.size });
    expect(context.blobs.has(fileOf(blob))).toBe(true);
    expect(await collectImages(context, NOW)).toEqual({ ...planned, dryRun: false });
    expect(context.blobs.has(fileOf(blob))).toBe(false);
    expect(registry.manifest('app', 'v1')).toBeDefined();
    expect(await collectImages(context, NOW)).toMatchObject({ links: 0, files: 0 });
  });

  it('leaves files that are packages, too, or parts of a published tree', async () => {
    const { context, push } = workplace;
    const { catalogue, blobs } = context;
    const asPackage = await push.blob('app', 'a package');
    const asSource = await push.blob('app', 'a file of a source package');
    const published = await push.blob('app', 'a published file');
    const unused = await push.blob('app', 'unused');
    catalogue.addPackages('apt', [
      packageRecord(1, { sha256: fileOf(asPackage) }),
      packageRecord(2, { files: [{ name: 'x.dsc', sha256: fileOf(asSource), size: asSource.size }] }),
    ]);
    const intake = await blobs.intake('publish');
    const tree = createTree({ intake, previous: undefined, time: new Date() });
    tree.link('pool/x.deb', { sha256: fileOf(published), size: published.size });
    const map = await tree.finish();
    await intake.finish();
    catalogue.publish(publication(map.sha256));
    for (const dryRun of [true, false])
      expect(await collectImages(context, { ...NOW, dryRun })).toMatchObject({ links: 4, files: 1, bytes: unused.size });
    for (const kept of [asPackage, asSource, published]) expect(blobs.has(fileOf(kept))).toBe(true);
    expect(blobs.has(fileOf(unused))).toBe(false);
    expect(await collectImages(context, NOW)).toMatchObject({ links: 0, files: 0 });
  });

  it('leaves a file that came into the pool within the grace, and removes it later', async () => {
    const { context, push, registry } = workplace;
    const blob = await push.blob('app', 'unused');
    const path = join(context.storage, 'pool/sha256', fileOf(blob).slice(0, 2), fileOf(blob));
    await registry.deleteBlob('app', blob.digest);
    expect(await collectImages(context, { ...NOW, grace: 60_000 })).toMatchObject({ files: 0 });
    expect(context.blobs.has(fileOf(blob))).toBe(true);
    utimesSync(path, 0, 0);
    expect(await collectImages(context, { ...NOW, grace: 60_000 })).toMatchObject({ files: 1 });
  });

  it('works alone, and says who else does', async () => {
    using _lock = await acquireLock(workplace.context.storage, 'registry-gc', 'collecting');
    await expect(collectImages(workplace.context, NOW)).rejects.toMatchObject({ code: 'LOCKED' });
  });
});
