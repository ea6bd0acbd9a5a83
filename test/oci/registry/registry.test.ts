import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { registryProblemOf } from '../../../src/oci/registry/problem.ts';
import { createRegistry } from '../../../src/oci/registry/registry.ts';
import { sha256 } from '../../store/storage-fixture.ts';
import { body, pushImage, temporaryRegistry } from './registry-fixture.ts';

const HOUR = 60 * 60 * 1000;
const digest = digestOf(Buffer.from('blob'));

async function problemOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => 'none',
    (error: unknown) => registryProblemOf(error),
  );
}

describe('oci/registry/registry', () => {
  it('holds an image, which a second process sees', async () => {
    const { registry, catalogue, blobs, clock } = await temporaryRegistry();
    const pushed = await pushImage(registry, 'team/app', 'v1');
    const other = createRegistry({ catalogue, blobs, clock: { now: () => clock.at } });
    expect(other.repositories()).toEqual({ entries: ['team/app'], more: false });
    expect(other.tags('team/app')).toEqual({ entries: ['v1'], more: false });
    expect(other.manifest('team/app', 'v1')?.digest).toBe(pushed);
    expect(await problemOf(other.putBlob('team/app', digest, body('blob')))).toBe('read-only');
  });

  it('refuses names that nothing can have', async () => {
    const { registry } = await temporaryRegistry();
    expect(await problemOf(registry.putBlob('Team', digest, body('blob')))).toBe('name-invalid');
    expect(await problemOf(registry.putBlob('team', 'sha256:x', body('blob')))).toBe('digest-invalid');
    expect(await problemOf(registry.putManifest('team', { reference: '.x', mediaType: undefined, bytes: Buffer.from('{}') }))).toBe(
      'tag-invalid',
    );
  });

  it('mounts a blob only from where its client may read', async () => {
    const { registry } = await temporaryRegistry();
    await registry.putBlob('secret', digest, body('blob'));
    const mount = (from: string | undefined, allowed: boolean) => registry.mountBlob('mine', digest, from, async () => allowed);
    expect(await mount('secret', false)).toBeUndefined();
    expect(await mount(undefined, false)).toBeUndefined();
    expect(await mount('other', true)).toBeUndefined();
    expect(await mount(undefined, true)).toMatchObject({ digest, size: 4 });
  });

  it('does not take a blob for granted whose file is gone', async () => {
    const { registry, storage } = await temporaryRegistry();
    await pushImage(registry, 'app', 'v1');
    const name = sha256('{}');
    rmSync(join(storage, 'pool/sha256', name.slice(0, 2), name));
    const bytes = registry.manifestBytes('app', registry.manifest('app', 'v1')?.digest ?? '') ?? Buffer.alloc(0);
    expect(await problemOf(registry.putManifest('app', { reference: 'v2', mediaType: undefined, bytes }))).toBe('manifest-blob-unknown');
    expect(await registry.mountBlob('other', `sha256:${name}`, undefined, () => true)).toBeUndefined();
  });

  it('notes that a manifest is about to be used', async () => {
    const { registry, clock } = await temporaryRegistry();
    const pushed = await pushImage(registry, 'app', 'v1');
    const stored = clock.at.getTime();
    clock.at = new Date(stored + 30_000);
    expect((await registry.claimManifest('app', pushed))?.storedAt).toBe(stored);
    clock.at = new Date(stored + HOUR);
    expect((await registry.claimManifest('app', pushed))?.storedAt).toBe(stored + HOUR);
    expect(registry.manifest('app', 'v1')?.storedAt).toBe(stored + HOUR);
    expect(await registry.claimManifest('app', digest)).toBeUndefined();
  });

  it('takes an index without members that it never had, and none without one that its client was told of', async () => {
    const { registry, catalogue, clock } = await temporaryRegistry();
    const pushed = await pushImage(registry, 'app', 'v1');
    const member = (name: string) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: name, size: 10 });
    const put = (name: string) => {
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [member(name)] }));
      return registry.putManifest('app', { reference: 'all', mediaType: 'application/vnd.oci.image.index.v1+json', bytes });
    };
    expect(await problemOf(put(digest))).toBe('none');
    catalogue.registry.deleteManifest('app', pushed);
    expect(await problemOf(put(pushed))).toBe('collected');
    await pushImage(registry, 'app', 'v1');
    expect(await problemOf(put(pushed))).toBe('none');
    await registry.deleteManifest('app', pushed);
    expect(await problemOf(put(pushed))).toBe('none');
    await pushImage(registry, 'app', 'v1');
    catalogue.registry.deleteManifest('app', pushed);
    clock.at = new Date(clock.at.getTime() + HOUR);
    expect(await problemOf(put(pushed))).toBe('none');
  });

  it('notes that a blob is about to be used', async () => {
    const { registry, clock } = await temporaryRegistry();
    await registry.putBlob('app', digest, body('blob'));
    const linked = registry.blob('app', digest)?.linkedAt ?? 0;
    clock.at = new Date(linked + 30_000);
    await registry.claimBlob('app', digest);
    expect(registry.blob('app', digest)?.linkedAt).toBe(linked);
    clock.at = new Date(linked + 2 * HOUR);
    await registry.claimBlob('app', digest);
    expect(registry.blob('app', digest)?.linkedAt).toBe(linked + 2 * HOUR);
  });

  it('stores what comes at the same time side by side', async () => {
    const { registry } = await temporaryRegistry();
    const texts = Array.from({ length: 40 }, (_, number) => `blob ${number}`);
    await Promise.all(texts.map((text) => registry.putBlob('app', digestOf(Buffer.from(text)), body(text))));
    for (const text of texts) expect(registry.blob('app', digestOf(Buffer.from(text)))?.size).toBe(text.length);
  });
});
