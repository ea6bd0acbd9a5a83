import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mirror } from '../../support/program.ts';

describe('cli/commands/registry-images', () => {
  let home: string;
  const registry = (...args: readonly string[]) => mirror(['registry', ...args], { cwd: home });

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'mirror-images-'));
    writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\n');
    writeNamelessArchive(home);
  });
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+w', home]);
    rmSync(home, { recursive: true });
  });

  it('lists the names of a list, one a line, and tells of entries that cannot be read', async () => {
    writeFileSync(join(home, 'images.txt'), 'nginx:1.25\nno name\nquay.io/team/app:v1\n');
    const listed = await registry('list', 'images.txt');
    expect(listed).toMatchObject({ status: 3, stdout: 'nginx:1.25\nquay.io/team/app:v1\n' });
    expect(listed.stderr).toContain('images.txt:2: "no name" is more than one word: a line has one image (LIST_INVALID)');
  });

  it('says how to name the image of an archive that does not', async () => {
    const listed = await registry('list', 'app.tar');
    expect(listed.status).toBe(1);
    expect(listed.stderr).toContain('write its name behind the file');
    expect((await registry('list', 'oci-archive:app.tar:team/app:v1')).stdout).toContain('team/app:v1');
  });

  it('copies such an image under the name that it is to have', async () => {
    expect((await registry('copy', 'oci-archive:app.tar', 'team/app:v1')).stdout).toContain('1 seeded');
    expect((await registry('copy', 'oci-archive:app.tar:team/named:v2', 'team/copied')).stdout).toContain('team/copied:v2');
    const nameless = await registry('copy', 'oci-archive:app.tar', 'team/app');
    expect(nameless).toMatchObject({ status: 2, stdout: '' });
    expect(nameless.stderr).toContain('app.tar does not name an image');
  });
});

/** An OCI archive as skopeo writes it: its index.json has one image, without a name. */
function writeNamelessArchive(folder: string): void {
  const blobs = join(folder, 'layout/blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const store = (mediaType: string, content: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(blobs, hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const config = store('application/vnd.oci.image.config.v1+json', '{}');
  const root = store(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  writeFileSync(join(folder, 'layout/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'layout/index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  execFileSync('tar', ['-cf', join(folder, 'app.tar'), '-C', join(folder, 'layout'), '.']);
}
