import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { referrersTag } from '../../../src/oci/format/digest-tags.ts';
import { type Collected, type CollectOptions, collectRegistry } from '../../../src/oci/registry/collect.ts';
import { type Pushed, pusherTo, type RegistryFixture, temporaryRegistry } from './registry-fixture.ts';

const LATER = Date.parse('2026-02-01T00:00:00Z');

/** A registry of its own, and what pushes to it. */
async function pusher() {
  const fixture = await temporaryRegistry();
  return { ...fixture, ...pusherTo(fixture.registry) };
}

/** Collects, after a dry run that must have said the same and changed nothing. */
function collect({ catalogue }: Pick<RegistryFixture, 'catalogue'>, options: Partial<CollectOptions> = {}): Collected {
  const all = { since: LATER, untagged: true, ...options };
  const planned = collectRegistry(catalogue.registry, { ...all, dryRun: true });
  const again = collectRegistry(catalogue.registry, { ...all, dryRun: true });
  expect(again).toEqual(planned);
  const done = collectRegistry(catalogue.registry, { ...all, dryRun: false });
  expect({ ...done, files: new Map([...done.files].sort()) }).toEqual({ ...planned, files: new Map([...planned.files].sort()) });
  return done;
}

const removed = ({ manifests }: Collected): string[] => manifests.map(({ digest }) => digest).sort();
const digests = (...pushed: readonly Pushed[]): string[] => pushed.map(({ digest }) => digest).sort();

describe('oci/registry/collect', () => {
  it('removes blobs that no manifest names, and keeps manifests without a tag unless they are not wanted', async () => {
    const push = await pusher();
    await push.image('app', ['used'], 'v1');
    const untagged = await push.image('app', ['of the untagged']);
    const unused = await push.blob('app', 'unused');
    const first = collect(push, { untagged: false });
    expect(first).toMatchObject({ manifests: [], links: 1, repositories: [] });
    expect([...first.files]).toEqual([[unused.digest.slice(7), unused.size]]);
    expect(push.registry.blob('app', unused.digest)).toBeUndefined();
    const second = collect(push);
    expect(removed(second)).toEqual(digests(untagged));
    expect(second).toMatchObject({ links: 2, repositories: [] });
    expect(push.registry.manifest('app', 'v1')).toBeDefined();
  });

  it('keeps what indexes lead to, however deep, and removes it with them', async () => {
    const push = await pusher();
    const members = [await push.image('app', ['amd']), await push.image('app', ['arm'])];
    const inner = await push.index('app', members);
    const outer = await push.index('app', [inner], 'v1');
    expect(removed(collect(push))).toEqual([]);
    await push.registry.deleteTag('app', 'v1');
    const done = collect(push);
    expect(removed(done)).toEqual(digests(...members, inner, outer));
    expect(done).toMatchObject({ links: 4, repositories: ['app'] });
    expect(push.registry.repositories().entries).toEqual([]);
  });

  it('keeps a member that another index still lists', async () => {
    const push = await pusher();
    const shared = await push.image('app', ['shared']);
    const own = await push.image('app', ['own']);
    const one = await push.index('app', [shared, own], 'one');
    await push.index('app', [shared], 'two');
    await push.registry.deleteTag('app', 'one');
    expect(removed(collect(push))).toEqual(digests(own, one));
    expect(push.registry.manifest('app', shared.digest)).toBeDefined();
  });

  it('keeps what refers to a kept manifest, and what refers to that; the rest goes with its subject', async () => {
    const push = await pusher();
    const kept = await push.image('app', ['kept'], 'v1');
    const gone = await push.image('app', ['gone'], 'v2');
    const signatures = await Promise.all(
      [kept, gone].map(async (subject, number) => {
        const signature = await push.image('app', [`signature ${number}`], undefined, { subject });
        return [signature, await push.image('app', [`of it ${number}`], undefined, { subject: signature })] as const;
      }),
    );
    await push.registry.deleteTag('app', 'v2');
    expect(removed(collect(push))).toEqual(digests(gone, ...(signatures[1] ?? [])));
    for (const { digest } of signatures[0] ?? []) expect(push.registry.manifest('app', digest)).toBeDefined();
  });

  it('removes cosign’s tags and lists of referrers with the image that they are about, and keeps those of others', async () => {
    const push = await pusher();
    const about = async (image: Pushed) => {
      const prefix = image.digest.replace(':', '-');
      const kinds = await Promise.all(['sig', 'att', 'sbom'].map((kind) => push.image('app', [`${kind} ${prefix}`], `${prefix}.${kind}`)));
      const referrer = await push.image('app', [`refers to ${prefix}`]);
      return [...kinds, referrer, await push.index('app', [referrer], referrersTag(image.digest))];
    };
    const kept = await push.image('app', ['kept'], 'v1');
    const gone = await push.image('app', ['gone'], 'v2');
    const ofKept = await about(kept);
    const ofGone = await about(gone);
    expect(removed(collect(push))).toEqual([]);
    await push.registry.deleteManifest('app', gone.digest);
    expect(removed(collect(push))).toEqual(digests(...ofGone));
    for (const { digest } of ofKept) expect(push.registry.manifest('app', digest)).toBeDefined();
    expect(push.registry.tags('app')?.entries).toHaveLength(5);
  });

  it('keeps an image at a tag that is made of its own digest', async () => {
    const push = await pusher();
    const image = await push.image('app', ['mirrored by digest']);
    const bytes = push.registry.manifestBytes('app', image.digest) ?? Buffer.alloc(0);
    await push.registry.putManifest('app', { reference: referrersTag(image.digest), mediaType: undefined, bytes });
    expect(collect(push)).toMatchObject({ manifests: [], links: 0 });
  });

  it('keeps what was pushed, asked for or named within the grace', async () => {
    const push = await pusher();
    const old = await push.image('app', ['old']);
    const named = await push.image('app', ['named by an index']);
    const claimed = await push.image('app', ['claimed']);
    const blob = await push.blob('app', 'claimed blob');
    const oldBlob = await push.blob('app', 'old blob');
    push.clock.at = new Date('2026-01-02T00:00:00Z');
    const since = push.clock.at.getTime();
    await push.registry.claimManifest('app', claimed.digest);
    await push.registry.claimBlob('app', blob.digest);
    const index = await push.index('app', [named]);
    const fresh = await push.image('app', ['fresh']);
    const done = collect(push, { since });
    expect(removed(done)).toEqual(digests(old));
    expect(push.registry.blob('app', oldBlob.digest)).toBeUndefined();
    expect(push.registry.blob('app', blob.digest)).toBeDefined();
    for (const { digest } of [named, claimed, index, fresh]) expect(push.registry.manifest('app', digest)).toBeDefined();
  });

  it('keeps the signature at a tag that was pushed again while a collection was about to remove it', async () => {
    const push = await pusher();
    const gone = await push.image('app', ['gone'], 'v1');
    const tag = `${gone.digest.replace(':', '-')}.sig`;
    const signature = await push.image('app', ['signature'], tag);
    await push.registry.deleteManifest('app', gone.digest);
    const { registry: tables } = push.catalogue;
    const deleteUntouched: typeof tables.deleteUntouched = (...values) => {
      tables.touchManifest('app', signature.digest, LATER);
      return tables.deleteUntouched(...values);
    };
    const done = collectRegistry({ ...tables, deleteUntouched }, { since: LATER, untagged: true, dryRun: false });
    expect(done.manifests).toEqual([]);
    expect(push.registry.manifest('app', tag)?.digest).toBe(signature.digest);
  });

  it('leaves the file of a blob that another repository has', async () => {
    const push = await pusher();
    await push.image('one', ['shared', 'only one'], 'v1');
    await push.image('two', ['shared'], 'v1');
    await push.registry.deleteTag('one', 'v1');
    const done = collect(push);
    expect(done).toMatchObject({ links: 3, repositories: ['one'] });
    const shared = digestOf(Buffer.from('shared')).slice(7);
    expect([...done.files.keys()]).not.toContain(shared);
    expect(done.files.size).toBe(2);
    expect(push.blobs.has(shared)).toBe(true);
  });

  it('finds the files of blobs that were deleted, or that a collection left behind', async () => {
    const push = await pusher();
    const deleted = await push.blob('app', 'deleted');
    await push.registry.deleteBlob('app', deleted.digest);
    for (let run = 0; run < 2; run++) expect([...collect(push).files.keys()]).toEqual([deleted.digest.slice(7)]);
    push.catalogue.registry.removeUnlinked(deleted.digest.slice(7), undefined);
    expect(collect(push).files.size).toBe(0);
  });

  it('goes through more than fits on a page', async () => {
    const push = await pusher();
    const { registry: tables } = push.catalogue;
    const one = await push.blob('app', 'a blob');
    const sha256 = one.digest.slice(7);
    const blob = (number: number) => ({ digest: digestOf(Buffer.from(`${number}`)), sha256, size: 1, linkedAt: 0 });
    tables.together(
      Array.from({ length: 2500 }, (_, number) => () => tables.linkBlob({ repository: 'app', blob: blob(number) }, () => true)),
    );
    expect(collect(push).links).toBe(2501);
    expect(tables.allRepositories({ limit: 10 })).toEqual([]);
  });
});
