import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const FORGED = 'Origin: forged\nSuite: stable\n';

/** An upstream whose own paths are kept says that its packages are where clients of another publication look for metadata. */
describeWithTools(['dpkg-deb', 'gpg'], 'clients/shadowing-upstream', () => {
  let site: Site;
  let hostile: AptArchive;
  let honest: AptArchive;

  beforeAll(async () => {
    site = await createSite();
    hostile = createAptArchive(join(site.upstream, 'hostile'), site.gnupg);
    honest = createAptArchive(join(site.upstream, 'honest'), site.gnupg);
    await honest.publish([await buildDeb(site.root, { Package: 'a' })]);
  });
  afterAll(() => site.close());

  /** The publication `honest` has no signature, and therefore no InRelease of its own. */
  const prepare = async (place: { readonly path: string; readonly distribution: string }, forged: string): Promise<void> => {
    const at = join(site.upstream, 'hostile', forged);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, FORGED);
    const file = { control: 'Package: x\nVersion: 1\nArchitecture: amd64\n', content: Buffer.from(FORGED), name: 'x' };
    await hostile.publish([file], {}, forged);
    rmSync(join(site.home, 'storage'), { recursive: true, force: true });
    const mirror = (name: string, key: string): string =>
      `  ${name}: { type: apt, url: "${site.server.url}${name}", suite: stable, architectures: [amd64], keys: ["${key}"] }`;
    writeFileSync(
      join(site.home, 'mirror.yaml'),
      `storage: storage
mirrors:
${mirror('hostile', hostile.key)}
${mirror('honest', honest.key)}
publications:
  honest: { from: [honest], distribution: ${place.distribution}, path: ${place.path} }
  hostile: { from: [hostile], distribution: stable, path: /, metadata: verbatim }
`,
    );
    await site.ok('sync');
  };

  it.each([
    ['below its path', { path: '/docker', distribution: 'stable' }, 'docker/dists/stable/InRelease'],
    ['in its distribution', { path: '/', distribution: 'other' }, 'dists/other/InRelease'],
  ])('has nothing %s, whichever is published first', async (_, place, forged) => {
    await prepare(place, forged);
    await site.ok('publish', 'honest');
    const refused = await site.mirror('publish', 'hostile');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('PACKAGE_CONFLICT') });
    expect(refused.stderr).toContain(forged);
    const server = await site.serve();
    const { status } = await fetch(`${server.url}${place.path === '/' ? '' : place.path}/dists/${place.distribution}/InRelease`);
    await server.stop();
    expect(status).toBe(404);

    await site.ok('publish', 'drop', 'honest');
    await site.ok('publish', 'hostile');
    expect(await site.mirror('publish', 'honest')).toMatchObject({ status: 1, stderr: expect.stringContaining(forged) });
  });
});

describeWithTools(['createrepo_c'], 'clients/shadowing-upstream: yum', () => {
  let site: Site;

  beforeAll(async () => {
    site = await createSite();
    for (const name of ['hostile', 'honest']) {
      mkdirSync(join(site.upstream, name));
      await succeed('createrepo_c', ['--quiet', join(site.upstream, name)]);
    }
    const forged = join(site.upstream, 'hostile/honest/repodata/repomd.xml.asc');
    mkdirSync(dirname(forged), { recursive: true });
    writeFileSync(forged, FORGED);
    const checksum = createHash('sha256').update(FORGED).digest('hex');
    const record = `<data type="notes"><checksum type="sha256">${checksum}</checksum><location href="honest/repodata/repomd.xml.asc"/></data>`;
    const repomd = join(site.upstream, 'hostile/repodata/repomd.xml');
    writeFileSync(repomd, readFileSync(repomd, 'utf8').replace('</repomd>', `${record}</repomd>`));
    const mirror = (name: string): string => `  ${name}: { type: yum, url: "${site.server.url}${name}/", verify: [] }`;
    writeFileSync(
      join(site.home, 'mirror.yaml'),
      `storage: storage
mirrors:
${mirror('hostile')}
${mirror('honest')}
publications:
  honest: { from: [honest] }
  hostile: { from: [hostile], path: /, metadata: verbatim }
`,
    );
    await site.ok('sync');
  });
  afterAll(() => site.close());

  it('has nothing below the path of another repository, whichever is published first', async () => {
    await site.ok('publish', 'honest');
    const refused = await site.mirror('publish', 'hostile');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('PACKAGE_CONFLICT') });
    expect(refused.stderr).toContain('honest/repodata/repomd.xml.asc');
    const server = await site.serve();
    expect((await fetch(`${server.url}/honest/repodata/repomd.xml`)).status).toBe(200);
    expect((await fetch(`${server.url}/honest/repodata/repomd.xml.asc`)).status).toBe(404);
    await server.stop();

    await site.ok('publish', 'drop', 'honest');
    await site.ok('publish', 'hostile');
    expect(await site.mirror('publish', 'honest')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('honest/repodata/repomd.xml.asc'),
    });
  });
});
