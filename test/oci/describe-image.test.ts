import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../src/core/errors.ts';
import { describeImage } from '../../src/oci/describe-image.ts';
import { makeContent } from './seed/memory.ts';

const ARM = { os: 'linux', architecture: 'arm64', variant: 'v8' };

describe('oci/describe-image', () => {
  it('adds up what an image of several platforms has, each blob once', async () => {
    const made = makeContent();
    const root = made.index([made.image(['base', 'amd']), made.image(['base', 'arm'], {}, ARM)]);
    const size = [...made.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    expect(await describeImage(root, made.content)).toEqual({
      digest: root.digest,
      mediaType: root.mediaType,
      kind: 'image',
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      size,
    });
  });

  it('passes over members that are not there, and what is for no platform', async () => {
    const made = makeContent();
    const there = made.image(['amd']);
    const gone = made.image(['arm'], {}, ARM);
    const attestation = made.image(['attestation'], {}, { os: 'unknown', architecture: 'unknown' });
    const root = made.index([there, gone, attestation]);
    made.blobs.delete(gone.digest);
    expect(await describeImage(root, made.content)).toMatchObject({ platforms: ['linux/amd64'] });
  });

  it('reads the platform of a single image from its config, where that says one', async () => {
    const made = makeContent();
    expect(await describeImage(made.image(['x'], {}, ARM), made.content)).toMatchObject({ platforms: ['linux/arm64/v8'] });
    const config = (text: string) => made.blob(text, 'application/vnd.oci.image.config.v1+json');
    for (const text of ['not JSON', '{}', '[]', 'null', '{"os":5,"architecture":"amd64"}'])
      expect([text, (await describeImage(made.image([], { config: config(text) }), made.content)).platforms]).toEqual([text, []]);
    const huge = { ...config('{"os":"linux","architecture":"amd64"}'), size: 2 ** 40 };
    made.read.length = 0;
    expect(await describeImage(made.image([], { config: huge }), made.content)).toMatchObject({ platforms: [] });
    expect(made.read).toEqual([]);
  });

  it.each([
    ['application/vnd.cncf.helm.config.v1+json', 'chart'],
    ['application/vnd.docker.container.image.v1+json', 'image'],
    ['application/vnd.example.config+json', 'artifact'],
  ])('knows what it is by the type of its config, %s', async (mediaType, kind) => {
    const made = makeContent();
    expect(await describeImage(made.image([], { config: made.blob('{}', mediaType) }), made.content)).toMatchObject({ kind });
  });

  it('ends with indexes that lead in a circle or go down without an end, and says what else went wrong', async () => {
    const made = makeContent();
    let root = made.image(['x']);
    for (let depth = 0; depth < 30; depth++) root = made.index([root]);
    expect(await describeImage(root, made.content)).toMatchObject({ kind: 'image' });
    const circle = { ...made.content, manifest: async () => made.blobs.get(root.digest) ?? Buffer.alloc(0) };
    expect(await describeImage(root, circle)).toMatchObject({ kind: 'image' });
    const failing = {
      ...made.content,
      manifest: async () => {
        throw new MirrorError('FETCH_FAILED', 'no connection');
      },
    };
    await expect(describeImage(root, failing)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  });
});
