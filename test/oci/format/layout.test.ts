import { describe, expect, it } from 'vitest';
import { blobPathOf, checkLayoutVersion, digestOfBlobPath, readLayoutIndex } from '../../../src/oci/format/layout.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const descriptor = { mediaType: MEDIA_TYPES.manifest, digest: DIGEST, size: 7 };

function read(...manifests: readonly object[]): ReturnType<typeof readLayoutIndex> {
  return readLayoutIndex(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })), 'it');
}

function named(annotations: Readonly<Record<string, string>>): object {
  return { ...descriptor, annotations };
}

describe('layouts', () => {
  it('have blobs by their digests', () => {
    expect(blobPathOf(DIGEST)).toBe(`blobs/sha256/${'a'.repeat(64)}`);
    expect(digestOfBlobPath(blobPathOf(DIGEST), 'it')).toBe(DIGEST);
    expect(digestOfBlobPath('blobs/blake3/abcd', 'it')).toBeUndefined();
    for (const path of [
      'blobs/sha256/abcd',
      `blobs/sha256/${'A'.repeat(64)}`,
      'blobs/x',
      'blobs/sha256/a/b',
      'blobs/',
      `blobs/sha512/${'a'.repeat(64)}`,
    ])
      expect(() => digestOfBlobPath(path, 'it'), path).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }));
  });

  it('are of one version', () => {
    checkLayoutVersion(Buffer.from('{"imageLayoutVersion": "1.0.0", "more": 1}'), 'it');
    expect(() => checkLayoutVersion(Buffer.from('{"imageLayoutVersion":"1.1.0"}'), 'it')).toThrow(
      expect.objectContaining({ code: 'ARCHIVE_INVALID' }),
    );
    expect(() => checkLayoutVersion(Buffer.from('{}'), 'it')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  it('name images in full, by a tag alone, or not at all', () => {
    const reference = { host: 'docker.io', repository: 'library/nginx', tag: '1' };
    const names = { 'io.containerd.image.name': 'docker.io/library/nginx:1', 'org.opencontainers.image.ref.name': '1' };
    expect(read(named(names))).toMatchObject([{ reference, tag: undefined, attached: undefined }]);
    expect(read(named({ 'org.opencontainers.image.ref.name': 'team/app:v1' }))).toMatchObject([
      { reference: { repository: 'team/app', tag: 'v1' } },
    ]);
    expect(read(named({ 'org.opencontainers.image.ref.name': 'latest' }))).toMatchObject([{ reference: undefined, tag: 'latest' }]);
    expect(read(named({ 'org.opencontainers.image.ref.name': '../x' }), descriptor)).toMatchObject([
      { reference: undefined, tag: undefined },
      { reference: undefined, tag: undefined },
    ]);
  });

  it('pass over what is no manifest', () => {
    expect(read({ ...descriptor, mediaType: 'application/json' })).toEqual([]);
  });

  it("know what belongs to another manifest: by cosign's tags, and by hauler's kinds", () => {
    const tag = `sha256-${'b'.repeat(64)}.sig`;
    expect(read(named({ 'org.opencontainers.image.ref.name': tag }))).toMatchObject([
      { attached: { tag, subject: `sha256:${'b'.repeat(64)}` } },
    ]);
    const name = { 'io.containerd.image.name': 'h.example/app:v1' };
    const other = { ...descriptor, digest: `sha256:${'c'.repeat(64)}` };
    for (const kind of ['dev.cosignproject.cosign/sigs', 'dev.hauler/sigs'])
      expect(read({ ...other, annotations: { ...name, kind } }, named({ ...name, kind: 'dev.hauler/image' }))).toMatchObject([
        { attached: { tag: `sha256-${'a'.repeat(64)}.sig`, subject: DIGEST } },
        { attached: undefined },
      ]);
    const subject = { 'hauler.dev/subject-digest': `sha256:${'d'.repeat(64)}`, kind: 'dev.hauler/atts/dddd' };
    expect(read({ ...other, annotations: { ...name, ...subject } })).toMatchObject([{ attached: { tag: `sha256-${'d'.repeat(64)}.att` } }]);
    expect(read({ ...other, annotations: { ...name, kind: 'dev.hauler/referrers/abc' } })).toMatchObject([
      { attached: { tag: undefined } },
    ]);
  });
});
