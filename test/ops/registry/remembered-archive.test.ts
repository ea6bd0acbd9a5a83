import { linkSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveIdentity, noteSource, rememberedSource } from '../../../src/ops/registry/remembered-archive.ts';
import { makeContent, sourceImage, sourceOf } from '../../oci/seed/memory.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';

describe('ops/registry/remembered-archive', () => {
  it('gives back what was asked of the source, and no more', async () => {
    const made = makeContent();
    const child = made.image(['layer']);
    const root = made.index([child]);
    const signature = made.image(['signature'], { subject: root });
    made.tag('sha256-1.sig', signature);
    const { source, outline } = noteSource({
      ...sourceOf([sourceImage('r.example.com/app:v1', root, made.content)]),
      problems: [{ what: 'x', reason: 'y' }],
    });
    const [noted] = source.images;
    if (noted === undefined) throw new Error('no image');
    await noted.content.manifest(root);
    await noted.content.referrers(root.digest);
    for (const tag of ['sha256-1.sig', 'none']) await noted.content.tagged(tag);
    const remembered = rememberedSource('bundle.tar', JSON.stringify(outline()));
    expect(remembered).toMatchObject({ name: 'bundle.tar', problems: [{ what: 'x', reason: 'y' }] });
    const [image] = remembered?.images ?? [];
    expect(image).toMatchObject({ reference: { host: 'r.example.com', repository: 'app', tag: 'v1' }, root });
    const content = image?.content;
    expect(await content?.manifest(root)).toEqual(made.blobs.get(root.digest));
    expect(await content?.referrers(root.digest)).toMatchObject([{ digest: signature.digest }]);
    expect(await content?.tagged('sha256-1.sig')).toEqual(signature);
    expect(await content?.tagged('none')).toBeUndefined();
    for (const unknown of [
      content?.manifest(child),
      content?.referrers(child.digest),
      content?.tagged('other'),
      content?.tagged('__proto__'),
    ])
      await expect(unknown).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    expect(() => content?.blob(child, 0)).toThrow(/in the archive only/);
    expect(await content?.has(child.digest)).toBe(false);
  });

  it.each(['', '{', '[]', '{}', '{"images":[{"reference":"a:1"}],"problems":[],"manifests":{},"referrers":{},"tagged":{}}'])(
    'has no use for %j',
    (text) => {
      expect(rememberedSource('bundle.tar', text)).toBeUndefined();
    },
  );

  it('knows the same file again, and no other', async () => {
    const folder = await temporaryDirectory();
    const path = join(folder, 'bundle.tar');
    writeFileSync(path, 'content');
    const identity = await archiveIdentity(path);
    expect(await archiveIdentity(path)).toBe(identity);
    writeFileSync(path, 'CONTENT');
    utimesSync(path, 1, 1);
    const changed = await archiveIdentity(path);
    expect(changed).not.toBe(identity);
    linkSync(path, join(folder, 'kept'));
    writeFileSync(join(folder, 'other'), 'CONTENT');
    utimesSync(join(folder, 'other'), 1, 1);
    renameSync(join(folder, 'other'), path);
    expect(await archiveIdentity(path)).not.toBe(changed);
    expect(await archiveIdentity(folder)).toBeUndefined();
    await expect(archiveIdentity(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
