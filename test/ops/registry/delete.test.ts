import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteImages } from '../../../src/ops/registry/delete.ts';
import { type EmbeddedWorkplace, openEmbedded } from './embedded-workplace.ts';

describe('ops/registry/delete', () => {
  let workplace: EmbeddedWorkplace;

  beforeEach(async () => {
    workplace = await openEmbedded();
  });
  afterEach(() => workplace.close());

  const remove = (...images: readonly string[]) => deleteImages(images, workplace.context, { allowedRealms: [], environment: {} });

  it('deletes a tag alone, and a manifest with all its tags', async () => {
    const { push, registry } = workplace;
    const { digest } = await push.image('app', ['layer'], 'v1');
    await push.image('app', ['layer'], 'v2');
    await push.image('app', ['other'], 'v3');
    expect(await remove('app:v1')).toEqual([{ image: 'app:v1', removed: 'tag' }]);
    expect(registry.manifest('app', digest)).toBeDefined();
    expect(registry.tags('app')?.entries).toEqual(['v2', 'v3']);
    expect(await remove(`app@${digest}`)).toEqual([{ image: `app@${digest}`, removed: 'manifest' }]);
    expect(registry.tags('app')?.entries).toEqual(['v3']);
  });

  it('says what it had deleted before it came to one that is not there', async () => {
    await workplace.push.image('app', ['layer'], 'v1');
    await expect(remove('app:v1', 'app:none', 'app:v2')).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
      message: 'there is no app:none',
      hint: 'Deleted before it: app:v1.',
    });
    await expect(remove('app:v1')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN', hint: undefined });
  });

  it('deletes nothing when one name is wrong', async () => {
    const { push, registry } = workplace;
    await push.image('app', ['layer'], 'v1');
    await expect(remove('app:v1', 'app')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(remove('app:v1', 'App:v1')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    expect(registry.manifest('app', 'v1')).toBeDefined();
  });
});
