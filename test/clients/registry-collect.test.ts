import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/format/media-types.ts';
import { collectImages } from '../../src/ops/registry/collect.ts';
import { openWorkplace, type Workplace } from '../ops/operation-context.ts';
import { type RunningServer, startServing } from '../support/program.ts';

const MILLISECONDS = 3000;
/** What a registry may answer to a push while it is collected with no grace at all: push it again. */
const RETRIABLE = new Set([404, 503]);

/** Pushes and pulls of a server, beside collections of its storage by another process. */
describe('clients/registry-collect', () => {
  let workplace: Workplace;
  let server: RunningServer;

  const request = async (method: string, path: string, body?: Buffer, type = 'application/octet-stream') => {
    const answer = await fetch(new URL(path, server.url), {
      method,
      headers: { 'Content-Type': type, Accept: `${MEDIA_TYPES.index}, ${MEDIA_TYPES.manifest}` },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    return { status: answer.status, location: answer.headers.get('location') ?? '', body: Buffer.from(await answer.arrayBuffer()) };
  };

  beforeAll(async () => {
    workplace = await openWorkplace('');
    server = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: workplace.root });
  });
  afterAll(async () => {
    await server.stop();
    await workplace.close();
  });

  /** Layers that all images share, so that what one deletes another is about to use. */
  const layers = Array.from({ length: 6 }, (_, index) => Buffer.from(`layer ${index} `.repeat(2000 * (index + 1))));

  const describeBytes = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const imageOf = (layer: Buffer, config: Buffer): Buffer =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.manifest,
        config: describeBytes(MEDIA_TYPES.config, config),
        layers: [describeBytes(MEDIA_TYPES.layer, layer)],
      }),
    );

  class Refused extends Error {}

  const accepted = (status: number, what: string): void => {
    if (RETRIABLE.has(status)) throw new Refused(`${what}: ${status}`);
    if (status >= 300) throw new Error(`${what}: ${status}`);
  };

  const pushBlob = async (repository: string, bytes: Buffer): Promise<void> => {
    const digest = digestOf(bytes);
    if ((await request('HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200) return;
    const begun = await request('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}`);
    if (begun.status === 201) return;
    accepted(begun.status, 'POST');
    const location = new URL(begun.location, server.url);
    location.searchParams.set('digest', digest);
    accepted((await request('PUT', `${location.pathname}${location.search}`, bytes)).status, 'PUT blob');
  };

  /** An index of two platforms, of which what is there is not sent again. */
  const pushIndex = async (repository: string, tag: string): Promise<void> => {
    const members = [];
    for (const platform of ['amd64', 'arm64']) {
      const layer = layers[randomInt(layers.length)] ?? Buffer.alloc(0);
      const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: platform }));
      const bytes = imageOf(layer, config);
      const digest = digestOf(bytes);
      if ((await request('HEAD', `/v2/${repository}/manifests/${digest}`)).status !== 200) {
        await pushBlob(repository, layer);
        await pushBlob(repository, config);
        accepted((await request('PUT', `/v2/${repository}/manifests/${digest}`, bytes, MEDIA_TYPES.manifest)).status, 'PUT manifest');
      }
      members.push(describeBytes(MEDIA_TYPES.manifest, bytes));
    }
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: members, annotations: { at: `${tag} ${Math.random()}` } };
    const bytes = Buffer.from(JSON.stringify(index));
    accepted((await request('PUT', `/v2/${repository}/manifests/${tag}`, bytes, MEDIA_TYPES.index)).status, 'PUT index');
  };

  const pullWhole = async (repository: string, tag: string): Promise<void> => {
    const pull = async (path: string): Promise<Buffer> => {
      const { status, body } = await request('GET', path);
      expect([path, status]).toEqual([path, 200]);
      const digest = /sha256:.*/.exec(path)?.[0];
      if (digest !== undefined) expect(digestOf(body)).toBe(digest);
      return body;
    };
    const index = JSON.parse((await pull(`/v2/${repository}/manifests/${tag}`)).toString()) as { manifests: { digest: string }[] };
    for (const member of index.manifests) {
      const { config, layers: named } = JSON.parse((await pull(`/v2/${repository}/manifests/${member.digest}`)).toString()) as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      for (const { digest } of [config, ...named]) await pull(`/v2/${repository}/blobs/${digest}`);
    }
  };

  it.each([
    ['no grace', 0],
    ['a second of grace', 1000],
  ])(
    'never breaks an image that was pushed, with %s',
    async (_, grace) => {
      const until = performance.now() + MILLISECONDS;
      let pushed = 0;
      const worker = async (repository: string, tag: string): Promise<void> => {
        while (performance.now() < until) {
          try {
            await pushIndex(repository, tag);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            continue;
          }
          pushed += 1;
          await pullWhole(repository, tag);
          await request('DELETE', `/v2/${repository}/manifests/${tag}`);
        }
      };
      let collected = 0;
      const collect = async (): Promise<void> => {
        while (performance.now() < until) {
          const { files, manifests } = await collectImages(workplace.context, { grace, untagged: true, dryRun: false });
          collected += files + manifests.length;
          await sleep(randomInt(200));
        }
      };
      await Promise.all([...['one', 'two', 'three'].flatMap((tag) => [worker('team/app', tag), worker('team/other', tag)]), collect()]);
      expect(pushed).toBeGreaterThan(0);
      expect(collected).toBeGreaterThan(0);
    },
    20_000,
  );
});
