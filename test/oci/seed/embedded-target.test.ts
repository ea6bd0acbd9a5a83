import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { collectRegistry } from '../../../src/oci/registry/collect.ts';
import { embeddedTarget } from '../../../src/oci/seed/embedded-target.ts';
import { content } from '../../store/storage-fixture.ts';
import { pusherTo, temporaryRegistry } from '../registry/registry-fixture.ts';
import { makeContent } from './memory.ts';

const bytes = content(1, 300_000);
const descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };

async function open() {
  const fixture = await temporaryRegistry();
  const reopen = async () => embeddedTarget(fixture.registry, await fixture.registry.openIntake('seed'));
  /** Everything goes that is not in use, as with a collection without grace. */
  const collect = () => {
    const { files } = collectRegistry(fixture.catalogue.registry, { since: Number.MAX_SAFE_INTEGER, untagged: true, dryRun: false });
    for (const sha256 of files.keys())
      fixture.catalogue.registry.removeUnlinked(sha256, () => fixture.blobs.deleteOlder(sha256, Number.MAX_SAFE_INTEGER));
  };
  return { ...fixture, target: await reopen(), reopen, collect, push: pusherTo(fixture.registry) };
}

async function* from(start: number, end = bytes.length): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += 50_000) yield bytes.subarray(at, Math.min(at + 50_000, end));
}

/** An image in memory, and its manifest as a target takes it. */
function image() {
  const made = makeContent();
  const root = made.image(['layer']);
  const manifest = { ...root, bytes: made.blobs.get(root.digest) ?? Buffer.alloc(0) };
  const blobs = [...made.blobs]
    .filter(([digest]) => digest !== root.digest)
    .map(([digest, blob]) => ({ mediaType: 'x', digest, size: blob.length, blob }));
  return { manifest, blobs };
}

describe('oci/seed/embedded-target', () => {
  it('shows nothing of an image before its manifest, and then all of it', async () => {
    const { target, registry } = await open();
    const { manifest, blobs } = image();
    for (const blob of blobs)
      await target.putBlob('app', blob, async function* () {
        yield blob.blob;
      });
    for (const { digest } of blobs) expect(registry.blob('app', digest)).toBeUndefined();
    await target.putManifest('app', 'v1', manifest);
    for (const { digest } of blobs) expect(registry.blob('app', digest)).toBeDefined();
    expect(await target.resolve('app', 'v1')).toMatchObject({ digest: manifest.digest });
    expect(await target.resolve('app', manifest.digest)).toMatchObject({ digest: manifest.digest });
    expect(await target.resolve('app', 'v2')).toBeUndefined();
    await target.finish();
  });

  it('mounts what any repository has, and what was brought in the same run counts as sent', async () => {
    const { target, push, registry } = await open();
    const pushed = await push.blob('there', 'pushed before');
    expect(await target.mount('app', pushed.digest, undefined)).toBe('mounted');
    expect(await target.mount('app', descriptor.digest, undefined)).toBeUndefined();
    await target.putBlob('app', descriptor, (start) => from(start));
    expect(await target.mount('other', descriptor.digest, undefined)).toBe('sent');
    await target.finish();
    for (const repository of ['app', 'other']) expect(registry.blob(repository, descriptor.digest)?.size).toBe(bytes.length);
    expect(await target.hasBlob('app', pushed.digest)).toBe(true);
    expect(await target.hasBlob('third', pushed.digest)).toBe(false);
  });

  it('goes on with a blob that broke off, in the same run and in the next', async () => {
    const { target, reopen, registry } = await open();
    const breaks = async function* (start: number): AsyncGenerator<Buffer> {
      yield* from(start, start + 290_000 > bytes.length ? bytes.length - 5000 : start + 290_000);
      throw new Error('the source broke off');
    };
    await expect(target.putBlob('app', descriptor, breaks)).rejects.toThrow('broke off');
    await target.close();
    const second = await reopen();
    const starts: number[] = [];
    await second.putBlob('app', descriptor, (start) => {
      starts.push(start);
      return from(start);
    });
    expect(starts).toEqual([290_000]);
    await second.finish();
    expect(registry.blob('app', descriptor.digest)).toBeDefined();
  });

  it('refuses other bytes than the digest names, of which nothing is left', async () => {
    const { target, registry, blobs } = await open();
    const wrong = content(2, bytes.length);
    await expect(
      target.putBlob('app', descriptor, async function* () {
        yield wrong;
      }),
    ).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await target.finish();
    expect(registry.blob('app', descriptor.digest)).toBeUndefined();
    expect(await Array.fromAsync(blobs.list())).toEqual([]);
  });

  it('says to run again when a collection took what it had brought, and other images do not suffer', async () => {
    const { target, push, collect, registry } = await open();
    const { manifest, blobs } = image();
    const kept = await push.image('kept', ['layer of its own']);
    const lost = blobs[0];
    if (lost === undefined) throw new Error('no blob');
    for (const blob of blobs.slice(1))
      await target.putBlob('app', blob, async function* () {
        yield blob.blob;
      });
    await push.blob('elsewhere', lost.blob.toString());
    expect(await target.mount('app', lost.digest, undefined)).toBe('mounted');
    await registry.deleteBlob('elsewhere', lost.digest);
    const bytesOfKept = registry.manifestBytes('kept', kept.digest) ?? Buffer.alloc(0);
    await registry.putManifest('kept', { reference: 'v1', mediaType: undefined, bytes: bytesOfKept });
    collect();
    await expect(target.putManifest('app', 'v1', manifest)).rejects.toMatchObject({
      code: 'BLOB_MISSING',
      hint: expect.stringContaining('Run it again'),
    });
    for (const blob of blobs)
      await target.putBlob('app', blob, async function* () {
        yield blob.blob;
      });
    await target.putManifest('app', 'v1', manifest);
    await target.finish();
    expect(registry.manifest('app', 'v1')).toBeDefined();
  });

  it('stores no index whose members were collected since it found them', async () => {
    const { target, push, collect, registry } = await open();
    const member = await push.image('app', ['layer']);
    expect(await target.resolve('app', member.digest)).toBeDefined();
    collect();
    const index = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [member] }),
    );
    const manifest = { digest: digestOf(index), mediaType: 'application/vnd.oci.image.index.v1+json', bytes: index };
    await expect(target.putManifest('app', 'v1', manifest)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await push.image('app', ['layer']);
    await target.putManifest('app', 'v1', manifest);
    collect();
    expect(registry.manifest('app', member.digest)).toBeDefined();
    await target.finish();
  });
});
