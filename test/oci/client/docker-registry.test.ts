import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registryTarget } from '../../../src/oci/client/registry-target.ts';
import type { Descriptor } from '../../../src/oci/format/descriptor.ts';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import type { ManifestBytes, SeedTarget } from '../../../src/oci/seed/target.ts';
import { errorOf, makeCertificates } from '../../fetch/servers.ts';
import { type DockerRegistry, REGISTRY_USER, startDockerRegistry } from '../../support/docker-registry.ts';
import { succeed } from '../../support/program.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { allOf, blobOf, openTestRegistry, temporaryFolder } from './test-registry.ts';

const LAYER = randomBytes(2_000_000);
const CONFIG = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } }));
const layer: Descriptor = { ...blobOf(LAYER), mediaType: MEDIA_TYPES.layer };
const config: Descriptor = { ...blobOf(CONFIG), mediaType: MEDIA_TYPES.config };

function manifestOf(document: object, mediaType: string = MEDIA_TYPES.manifest): ManifestBytes {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }, undefined, 1));
  return { mediaType, bytes, digest: digestOf(bytes) };
}

const IMAGE = manifestOf({ config, layers: [layer] });
const INDEX = manifestOf(
  {
    manifests: [
      { mediaType: IMAGE.mediaType, digest: IMAGE.digest, size: IMAGE.bytes.length, platform: { os: 'linux', architecture: 'amd64' } },
    ],
  },
  MEDIA_TYPES.index,
);

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function pushImage(target: SeedTarget, repository: string): Promise<void> {
  await target.putBlob(repository, layer, (start) => only(LAYER.subarray(start)));
  await target.putBlob(repository, config, (start) => only(CONFIG.subarray(start)));
  await target.putManifest(repository, IMAGE.digest, IMAGE);
  await target.putManifest(repository, 'v1', INDEX);
}

/** Uploads that were begun and have bytes. A cancelled one leaves a directory, which this registry removes some day. */
function uploadsLeft({ storage }: DockerRegistry, repository: string): string[] {
  const folder = join(storage, 'docker/registry/v2/repositories', repository, '_uploads');
  return readdirSync(folder).filter((upload) => existsSync(join(folder, upload, 'data')));
}

describeWithTools(['docker-registry', 'skopeo'], 'oci/client with docker-registry', () => {
  let open: DockerRegistry;
  beforeAll(async () => {
    open = await startDockerRegistry();
  });
  afterAll(() => open.stop());

  it('pushes what skopeo reads, and reads it back', async () => {
    const client = await openTestRegistry(`http://${open.host}`);
    const target = registryTarget(client);
    expect(await target.resolve('team/app', 'v1')).toBeUndefined();
    expect(await target.hasBlob('team/app', layer.digest)).toBe(false);
    await pushImage(target, 'team/app');
    expect(await target.resolve('team/app', 'v1')).toEqual({ digest: INDEX.digest, mediaType: INDEX.mediaType, size: INDEX.bytes.length });
    expect(await target.hasBlob('team/app', layer.digest)).toBe(true);
    const folder = temporaryFolder();
    const from = `docker://${open.host}/team/app:v1`;
    await succeed('skopeo', ['copy', '-q', '--all', '--src-tls-verify=false', '--preserve-digests', from, `dir:${folder}`]);
    expect(readdirSync(folder)).toContain(layer.digest.slice('sha256:'.length));
    expect(await succeed('skopeo', ['inspect', '--raw', '--tls-verify=false', from])).toBe(INDEX.bytes.toString());
    const repository = client.repository('team/app');
    expect(await repository.tags()).toEqual(['v1']);
    expect(await client.repositories()).toContain('team/app');
    expect((await repository.manifestAt(IMAGE.digest))?.bytes).toEqual(IMAGE.bytes);
    expect(await allOf(repository.blob(layer, 0))).toEqual(LAYER);
    expect(await allOf(repository.blob(layer, 1_500_000))).toEqual(LAYER.subarray(1_500_000));
    expect(uploadsLeft(open, 'team/app')).toEqual([]);
  });

  it('mounts blobs of another repository', async () => {
    const target = registryTarget(await openTestRegistry(`http://${open.host}`));
    await pushImage(target, 'mount/from');
    expect(await target.mount('mount/to', layer.digest, 'mount/from')).toBe('mounted');
    expect(await target.hasBlob('mount/to', layer.digest)).toBe(true);
    expect(await target.mount('mount/to', digestOf(Buffer.from('no such blob')), 'mount/from')).toBeUndefined();
    expect(uploadsLeft(open, 'mount/to')).toEqual([]);
  });

  it('shows nothing of a blob that has other bytes, or cannot be read to its end', async () => {
    const target = registryTarget(await openTestRegistry(`http://${open.host}`));
    const wrong = Buffer.from(LAYER);
    wrong[1000] = (wrong[1000] ?? 0) ^ 1;
    expect(await errorOf(target.putBlob('wrong', layer, (start) => only(wrong.subarray(start))))).toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringContaining(digestOf(wrong).slice('sha256:'.length)),
    });
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield LAYER.subarray(0, 1_000_000);
      throw new Error('the archive is gone');
    };
    await expect(target.putBlob('wrong', layer, broken)).rejects.toThrow('the archive is gone');
    expect(await target.hasBlob('wrong', layer.digest)).toBe(false);
  });

  it('says what the registry misses', async () => {
    const target = registryTarget(await openTestRegistry(`http://${open.host}`));
    expect(await errorOf(target.putManifest('incomplete', 'v1', IMAGE))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('MANIFEST_BLOB_UNKNOWN'),
    });
  });

  it('keeps the list of referrers, which this registry does not', async () => {
    const client = await openTestRegistry(`http://${open.host}`);
    const target = registryTarget(client);
    await pushImage(target, 'signed');
    const subject = { mediaType: IMAGE.mediaType, digest: IMAGE.digest, size: IMAGE.bytes.length };
    const signatures = ['a', 'b'].map((name) =>
      manifestOf({ artifactType: 'test/x', config, layers: [layer], subject, annotations: { name } }),
    );
    await Promise.all(signatures.map((signature) => target.putManifest('signed', signature.digest, signature)));
    const listed = await client.repository('signed').referrers(IMAGE.digest);
    expect(listed.map(({ digest }) => digest).sort()).toEqual(signatures.map(({ digest }) => digest).sort());
    expect(await client.repository('signed').referrers(INDEX.digest)).toEqual([]);
  });

  it('deletes manifests, and tells that this registry deletes no tags', async () => {
    const client = await openTestRegistry(`http://${open.host}`);
    await pushImage(registryTarget(client), 'deleted');
    expect(await errorOf(client.repository('deleted').delete('v1'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      hint: expect.stringContaining('digest'),
    });
    expect(await client.repository('deleted').delete(INDEX.digest)).toBe(true);
    expect(await client.repository('deleted').delete(INDEX.digest)).toBe(false);
    expect(await client.repository('deleted').resolve('v1')).toBeUndefined();
  });

  it('logs in over TLS, with the authority that is configured or is where docker looks for it', async () => {
    const certificates = makeCertificates();
    const { directory, authority, server } = certificates;
    writeFileSync(join(directory, 'chain.crt'), server.cert);
    const locked = await startDockerRegistry({
      locked: true,
      tls: { cert: join(directory, 'chain.crt'), key: join(directory, 'server.key') },
    });
    try {
      const logins = { [locked.host]: REGISTRY_USER };
      const folder = temporaryFolder();
      mkdirSync(join(folder, locked.host));
      copyFileSync(authority, join(folder, locked.host, 'ca.crt'));
      const url = `https://${locked.host}`;
      const target = registryTarget(await openTestRegistry(url, { logins, certificateFolders: [folder] }));
      await pushImage(target, 'team/app');
      const configured = await openTestRegistry(url, { logins, settings: { ca: authority } });
      expect(await configured.repository('team/app').tags()).toEqual(['v1']);
      expect(await errorOf((await openTestRegistry(url, { logins })).repository('team/app').tags())).toMatchObject({
        code: 'FETCH_FAILED',
        message: expect.stringContaining('not trusted'),
      });
      const unknown = await openTestRegistry(url, { settings: { ca: authority } });
      expect(await errorOf(registryTarget(unknown).putManifest('team/app', 'v2', IMAGE))).toMatchObject({ code: 'FETCH_DENIED' });
      expect(locked.log()).not.toContain(REGISTRY_USER.password);
    } finally {
      await locked.stop();
      certificates.remove();
    }
  });
});
