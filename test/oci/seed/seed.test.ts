import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../../src/core/errors.ts';
import type { ImageSource } from '../../../src/oci/content.ts';
import { type SeedOptions, seedImages } from '../../../src/oci/seed/seed.ts';
import { type MemoryTarget, makeContent, memoryTarget, sourceImage, sourceOf, streamedSource } from './memory.ts';

const ARM = { os: 'linux', architecture: 'arm64' };

function options(target: MemoryTarget, more: Partial<SeedOptions> = {}): SeedOptions {
  return {
    target,
    destination: ({ reference }) => ({ repository: `mke/${reference.repository}`, tag: reference.tag }),
    verify: async () => undefined,
    wanted: () => ({ platforms: [], referrers: true }),
    dryRun: false,
    concurrency: 4,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onImage: () => undefined,
    holders: new Map(),
    claims: new Map(),
    ...more,
  };
}

const puts = (target: MemoryTarget): string[] => target.calls.filter((call) => call.startsWith('put '));
const mounts = (target: MemoryTarget): string[] => target.calls.filter((call) => call.startsWith('mount '));

/** Two images in two architectures that share a layer in each. */
function twoImages() {
  const made = makeContent();
  const one = made.index([made.image(['base', 'one']), made.image(['base arm', 'one arm'], {}, ARM)]);
  const two = made.index([made.image(['base', 'two']), made.image(['base arm', 'two arm'], {}, ARM)]);
  return { made, images: [sourceImage('team/one:v1', one, made.content), sourceImage('team/two:v2', two, made.content)] };
}

describe('oci/seed/seed', () => {
  const sources: [string, () => { source: ImageSource; passes: string[][] }][] = [
    ['read in any order', () => ({ source: sourceOf(twoImages().images), passes: [] })],
    [
      'read from its beginning',
      () => {
        const { made, images } = twoImages();
        const passes: string[][] = [];
        return { source: streamedSource(images, made, passes), passes };
      },
    ],
  ];
  it.each(sources)('sends each blob once, manifests after what they name and tags last, of a source that is %s', async (_, make) => {
    const { source, passes } = make();
    const target = memoryTarget();
    const reports = await seedImages(source, options(target));
    expect(reports.map(({ status, destination, manifests }) => [status, destination, manifests])).toEqual([
      ['seeded', 'mke/team/one:v1', 3],
      ['seeded', 'mke/team/two:v2', 3],
    ]);
    expect(puts(target)).toHaveLength(10);
    expect(mounts(target)).toHaveLength(2);
    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(10);
    expect(passes.length).toBeLessThanOrEqual(1);
    expect(target.calls.filter((call) => call.endsWith(':v1') || call.endsWith(' v1'))).toEqual(['manifest mke/team/one v1']);
  });

  it.each(sources)('sends a blob again where the target does not mount, of a source that is %s', async (_, make) => {
    const { source } = make();
    const target = memoryTarget({ mounts: false });
    expect((await seedImages(source, options(target))).map(({ status }) => status)).toEqual(['seeded', 'seeded']);
    expect(puts(target)).toHaveLength(12);
  });

  it('does nothing where everything is there, and only the rest where some is', async () => {
    const { images } = twoImages();
    const target = memoryTarget();
    await seedImages(sourceOf(images.slice(0, 1)), options(target));
    const before = target.calls.length;
    expect((await seedImages(sourceOf(images), options(target))).map(({ status }) => status)).toEqual(['unchanged', 'seeded']);
    expect(puts(target)).toHaveLength(6 + 4);
    const after = target.calls.length;
    expect(after).toBeGreaterThan(before);
    expect((await seedImages(sourceOf(images), options(target))).map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
    expect(target.calls).toHaveLength(after);
  });

  it('says what it would do, and does not', async () => {
    const target = memoryTarget();
    const reports = await seedImages(sourceOf(twoImages().images), options(target, { dryRun: true }));
    expect(reports.map(({ status, sent }) => [status, sent])).toEqual([
      ['planned', 6],
      ['planned', 4],
    ]);
    expect(target.calls).toEqual([]);
  });

  it('goes on with the others where one image fails: a blob that is gone, wrong bytes, a refusal, no signature', async () => {
    const made = makeContent();
    const names = ['gone', 'wrong', 'unsigned', 'good'];
    const images = names.map((name) => sourceImage(`team/${name}:v1`, made.image([name, 'shared']), made.content));
    made.blobs.delete(made.blob('gone').digest);
    made.blobs.set(made.blob('wrong').digest, Buffer.from('other'));
    const target = memoryTarget();
    const verify: SeedOptions['verify'] = async ({ reference }) => {
      if (reference.repository.includes('unsigned')) throw new MirrorError('SIGNATURE_MISSING', 'not signed');
    };
    const reports = await seedImages(sourceOf(images), options(target, { verify }));
    expect(reports.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'BLOB_MISSING'],
      ['failed', 'CHECKSUM_MISMATCH'],
      ['failed', 'SIGNATURE_MISSING'],
      ['seeded', undefined],
    ]);
    expect([...target.manifests.keys()].filter((key) => key.endsWith(' v1'))).toEqual(['mke/team/good v1']);
  });

  it('brings what refers to the image and to its platforms, and cosign’s tags, before the tag of the image', async () => {
    const made = makeContent();
    const child = made.image(['layer']);
    const root = made.index([child]);
    made.image(['sbom'], { subject: child, artifactType: 'application/spdx+json' });
    const signature = made.image(['signature'], { subject: root });
    made.image(['signature of the signature'], { subject: signature });
    made.tag(`${root.digest.replace(':', '-')}.sig`, made.image(['cosign']));
    const target = memoryTarget();
    const images = [sourceImage('team/app:v1', root, made.content)];
    const [report] = await seedImages(sourceOf(images), options(target));
    expect(report?.manifests).toBe(6);
    expect(target.calls.at(-1)).toBe('manifest mke/team/app v1');
    expect(target.manifests.has(`mke/team/app ${root.digest.replace(':', '-')}.sig`)).toBe(true);
    expect((await seedImages(sourceOf(images), options(target)))[0]?.status).toBe('unchanged');
    const without = memoryTarget();
    expect(
      (await seedImages(sourceOf(images), options(without, { wanted: () => ({ platforms: [], referrers: false }) })))[0]?.manifests,
    ).toBe(2);
  });

  it('takes chosen platforms with what is attached to them, and leaves the index as it is', async () => {
    const made = makeContent();
    const amd = made.image(['amd']);
    const arm = made.image(['arm'], {}, ARM);
    const unknown = { os: 'unknown', architecture: 'unknown' };
    const attached = [amd, arm].map(({ digest }) => ({
      ...made.image([`attached to ${digest}`], {}, unknown),
      annotations: { 'vnd.docker.reference.digest': digest },
    }));
    const root = made.index([amd, arm, ...attached]);
    const target = memoryTarget();
    target.putManifest = async (repository, reference, manifest) => void target.manifests.set(`${repository} ${reference}`, manifest);
    const images = [sourceImage('team/app:v1', root, made.content)];
    await seedImages(sourceOf(images), options(target, { wanted: () => ({ platforms: [ARM], referrers: true }) }));
    expect([...target.manifests.keys()]).toEqual([`mke/team/app ${arm.digest}`, `mke/team/app ${attached[1]?.digest}`, 'mke/team/app v1']);
    expect(target.manifests.get('mke/team/app v1')?.digest).toBe(root.digest);
    const [report] = await seedImages(
      sourceOf(images),
      options(memoryTarget(), { wanted: () => ({ platforms: [{ os: 'linux', architecture: 's390x' }], referrers: true }) }),
    );
    expect(report?.error?.message).toContain('only for linux/amd64, linux/arm64');
  });

  it('refuses two images for one place', async () => {
    const made = makeContent();
    const images = ['a', 'b'].map((layer) => sourceImage('team/app:v1', made.image([layer]), made.content));
    const reports = await seedImages(sourceOf(images), options(memoryTarget(), { concurrency: 1 }));
    expect(reports.map(({ status, error }) => [status, error?.code])).toEqual([
      ['seeded', undefined],
      ['failed', 'IMAGE_CONFLICT'],
    ]);
  });

  it('ends with ABORTED when it is interrupted, and not before what is under way', async () => {
    const { images } = twoImages();
    const controller = new AbortController();
    const target = memoryTarget();
    const put = target.putBlob;
    target.putBlob = async (...parameters) => {
      controller.abort(new MirrorError('ABORTED', 'interrupted'));
      await put(...parameters);
    };
    await expect(seedImages(sourceOf(images), options(target, { signal: controller.signal, concurrency: 1 }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect([...target.manifests.keys()]).toEqual([]);
  });

  it('stores again what is gone since it was asked for, before the tag and after it', async () => {
    const made = makeContent();
    const child = made.image(['layer']);
    const root = made.index([child]);
    const signature = made.image(['signature'], { subject: root });
    const images = [sourceImage('team/app:v1', root, made.content)];
    const target = memoryTarget();
    await seedImages(sourceOf(images), options(target));
    const lose = (...digests: readonly string[]): void => {
      for (const digest of digests) target.manifests.delete(`mke/team/app ${digest}`);
    };
    lose('v1');
    const { resolve, putManifest } = target;
    // As a collection does that began when nothing led to them.
    target.resolve = async (repository, reference) => {
      const found = await resolve(repository, reference);
      if (reference === 'v1') lose(child.digest, signature.digest);
      return found;
    };
    target.putManifest = async (repository, reference, manifest) => {
      await putManifest(repository, reference, manifest);
      if (reference === 'v1') lose(signature.digest);
    };
    expect((await seedImages(sourceOf(images), options(target)))[0]?.status).toBe('seeded');
    for (const reference of ['v1', root.digest, child.digest, signature.digest])
      expect(target.manifests.has(`mke/team/app ${reference}`)).toBe(true);
  });

  it('says that the registry may want all platforms where it refuses an index of some', async () => {
    const made = makeContent();
    const root = made.index([made.image(['amd']), made.image(['arm'], {}, ARM)]);
    const seed = async (platforms: readonly (typeof ARM)[]) =>
      (
        await seedImages(
          sourceOf([sourceImage('team/app:v1', root, made.content)]),
          options(memoryTarget(), { wanted: () => ({ platforms, referrers: true }) }),
        )
      )[0];
    expect(await seed([ARM])).toMatchObject({
      status: 'failed',
      error: { code: 'REGISTRY_REFUSED', hint: expect.stringContaining('without choosing platforms') },
    });
    expect((await seed([]))?.status).toBe('seeded');
  });

  it('refuses indexes that nest without an end', async () => {
    const made = makeContent();
    let root = made.image(['x']);
    for (let depth = 0; depth < 12; depth++) root = made.index([root]);
    const [report] = await seedImages(sourceOf([sourceImage('team/app:v1', root, made.content)]), options(memoryTarget()));
    expect(report?.error?.code).toBe('MANIFEST_INVALID');
  });
});
