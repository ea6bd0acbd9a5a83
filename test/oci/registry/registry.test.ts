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

  it('notes that a blob is about to be used', async () => {
    const { registry, clock } = await temporaryRegistry();
    await registry.putBlob('app', digest, body('blob'));
    const linked = registry.blob('app', digest)?.linkedAt ?? 0;
    clock.at = new Date(linked + HOUR / 2);
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
