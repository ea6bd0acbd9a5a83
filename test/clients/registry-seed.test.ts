import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { mirror, mirrorJson, type RunningServer, startServing, succeed } from '../support/program.ts';
import { describeWithTools, MAKE_BUNDLE } from '../support/requirements.ts';

interface Seeded {
  readonly target: string;
  readonly images: readonly {
    readonly image: string;
    readonly destination?: string;
    readonly digest?: string;
    readonly status: string;
    readonly sent: number;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

/** Bundles and lists as their vendors ship them, seeded into the embedded registry and into docker-registry, and judged by skopeo. */
describeWithTools(['make-bundle', 'skopeo', 'docker-registry', 'tar'], 'clients/registry-seed', () => {
  let root: string;
  let home: string;
  let bundle: string;
  let other: DockerRegistry;
  let server: RunningServer;

  const cwd = () => ({ cwd: home });
  const seed = async (...args: readonly string[]): Promise<Seeded> => (await mirrorJson(['registry', 'seed', ...args], cwd())) as Seeded;
  const statuses = ({ images }: Seeded): string[] => images.map(({ status }) => status);
  const rawDigest = async (image: string): Promise<string> =>
    await succeed('sh', ['-c', 'skopeo inspect --raw --tls-verify=false "docker://$1" | sha256sum | cut -c1-64', 'sh', image]);
  const host = (): string => new URL(server.url).host;
  const newHome = (name: string, text = ''): string => {
    const folder = join(root, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'mirror.yaml'), `storage: storage\n${text}`);
    return folder;
  };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-seed-'));
    bundle = join(root, 'mke_bundle_v4.0.0.tar.gz');
    await succeed(MAKE_BUNDLE ?? '', ['--images', '3', '--layers', '3', '--layer-bytes', '300000', '--out', bundle]);
    home = newHome('home');
    other = await startDockerRegistry();
    server = await startServing(['serve', '--listen', '127.0.0.1:0'], { cwd: home });
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await other.stop();
    execFileSync('chmod', ['-R', 'u+w', root]);
    rmSync(root, { recursive: true });
  });

  it('brings a bundle into both with the same digests, as the vendor’s loop does, and finds nothing to do again', async () => {
    const ours = await seed(bundle, '--path', 'mke');
    const theirs = await seed(bundle, '--target', `${other.host}/mke/`);
    expect(statuses(ours)).toEqual(['seeded', 'seeded', 'seeded', 'seeded']);
    expect(theirs.images.map(({ destination, digest }) => [destination, digest])).toEqual(
      ours.images.map(({ destination, digest }) => [destination, digest]),
    );
    for (const { destination, digest } of ours.images) {
      expect(await rawDigest(`${host()}/${destination}`)).toBe(`${digest?.slice(7)}\n`);
      expect(await rawDigest(`${other.host}/${destination}`)).toBe(`${digest?.slice(7)}\n`);
    }
    for (const [index, again] of [await seed(bundle, '--path', 'mke'), await seed(bundle, '--target', `${other.host}/mke`)].entries()) {
      expect([index, statuses(again)]).toEqual([index, ['unchanged', 'unchanged', 'unchanged', 'unchanged']]);
    }
  });

  it('is taken whole by skopeo, and by sync from one registry to the other and back', async () => {
    const folder = join(root, 'pulled');
    mkdirSync(folder);
    await succeed('skopeo', [
      'copy',
      '-q',
      '--all',
      '--src-tls-verify=false',
      `docker://${host()}/mke/team/component1:v1.1.0`,
      `dir:${folder}/image`,
    ]);
    for (const name of readdirSync(`${folder}/image`).filter((file) => /^[0-9a-f]{64}$/.test(file)))
      expect((await succeed('sha256sum', [`${folder}/image/${name}`])).slice(0, 64)).toBe(name);
    const sync = ['sync', '--all', '--src', 'docker', '--dest', 'docker', '--src-tls-verify=false', '--dest-tls-verify=false'];
    await succeed('skopeo', [...sync, `${host()}/mke/team/component0`, `${other.host}/there`]);
    await succeed('skopeo', [...sync, `${other.host}/there/component0`, `${host()}/back`]);
    expect(await rawDigest(`${host()}/back/component0:v1.0.0`)).toBe(await rawDigest(`${host()}/mke/team/component0:v1.0.0`));
  });

  it('reads what the vendor’s procedure unpacks, and says what is no archive', async () => {
    await succeed('tar', ['-xzf', bundle, '-C', root]);
    writeFileSync(join(root, 'bundle/notes.target'), 'not an image');
    writeFileSync(join(root, 'bundle/Not & right@1.tar'), 'not an image either');
    home = newHome('unpacked');
    const { status, stdout } = await mirror(['registry', 'seed', join(root, 'bundle'), '--json'], cwd());
    const { images } = JSON.parse(stdout) as Seeded;
    expect(status).toBe(3);
    expect(images.filter((image) => image.status === 'failed').map(({ image }) => image.split('/').at(-1))).toEqual(
      expect.arrayContaining(['Not & right@1.tar', 'notes.target']),
    );
    expect(images.filter((image) => image.status === 'seeded')).toHaveLength(4);
    home = join(root, 'home');
  });

  it('goes on after kill -9 at any moment, and sends nothing twice', async () => {
    const killed = newHome('killed');
    const upto = async (milliseconds: number): Promise<void> => {
      await mirror(['registry', 'seed', bundle, '--target', `http://${other.host}/killed`, '--quiet'], {
        cwd: killed,
        started: (child) => void setTimeout(() => child.kill('SIGKILL'), milliseconds),
      });
    };
    for (const milliseconds of [150, 300, 400, 500]) await upto(milliseconds);
    home = killed;
    expect(statuses(await seed(bundle, '--target', `http://${other.host}/killed`)).filter((status) => status === 'failed')).toEqual([]);
    const log = other.log();
    const uploaded = [...log.matchAll(/"PUT \/v2\/killed\/[^ ]*digest=(sha256%3A[0-9a-f]{64})[^ ]* HTTP\/1.1" 201/g)].map(
      ([, digest]) => digest,
    );
    expect(uploaded.length).toBeGreaterThan(0);
    expect(uploaded).toHaveLength(new Set(uploaded).size);
    for (const index of [0, 1, 2]) {
      const name = `team/component${index}:v1.${index}.0`;
      expect(await rawDigest(`${other.host}/killed/${name}`)).toBe(await rawDigest(`${other.host}/mke/${name}`));
    }
    const direct = newHome('killed-direct');
    for (const milliseconds of [150, 250, 350, 450]) {
      await mirror(['registry', 'seed', bundle, '--quiet'], {
        cwd: direct,
        started: (child) => void setTimeout(() => child.kill('SIGKILL'), milliseconds),
      });
    }
    home = direct;
    expect(statuses(await seed(bundle)).filter((status) => status === 'failed')).toEqual([]);
    expect(existsSync(join(direct, 'storage/tmp/registry-seed'))).toBe(false);
    home = join(root, 'home');
  });

  it('seeds KET’s list with its plan, under whole names, and lists it without asking anybody', async () => {
    const from = `${other.host}/mke/team`;
    writeFileSync(
      join(home, 'container_images.yaml'),
      `official_images:
  kube_proxy: { name: ${from}/component1, version: "{{ versions.kubernetes }}" }
  pause: { name: ${from}/component0, version: v1.0.0 }
`,
    );
    writeFileSync(join(home, 'kismatic-cluster.yaml'), `cluster: { version: v1.1.0 }\ndocker_registry: { server: "${host()}" }\n`);
    const listed = await mirror(['registry', 'list', 'container_images.yaml', '--plan-file', 'kismatic-cluster.yaml'], cwd());
    expect(listed.stdout).toBe(`${from}/component1:v1.1.0\n${from}/component0:v1.0.0\n`);
    const seeded = await seed('container_images.yaml', '--plan-file', 'kismatic-cluster.yaml');
    expect(seeded.target).toBe(host());
    expect(statuses(seeded)).toEqual(['seeded', 'seeded']);
    const name = `${other.host.replace(':', '_')}/mke/team/component0:v1.0.0`;
    expect(seeded.images.map(({ destination }) => destination)).toContain(name);
    expect(await rawDigest(`${host()}/${name}`)).toBe(await rawDigest(`${from}/component0:v1.0.0`));
  });

  it('goes on with the rest of a list where an image is unknown, and says so by its exit status', async () => {
    writeFileSync(join(home, 'images.txt'), `${other.host}/mke/team/component0:v1.0.0\n${other.host}/mke/team/none:v1 # gone\n`);
    const { status, stdout } = await mirror(['registry', 'seed', 'images.txt', '--path', 'listed', '--json'], cwd());
    expect(status).toBe(3);
    const { images } = JSON.parse(stdout) as Seeded;
    expect(images.map((image) => [image.status, image.error?.code])).toEqual(
      expect.arrayContaining([
        ['failed', 'IMAGE_UNKNOWN'],
        ['seeded', undefined],
      ]),
    );
  });

  it('copies, exports what skopeo reads, deletes, and gives the space back', async () => {
    await mirrorJson(['registry', 'copy', 'mke/team/component2:v1.2.0', 'team/copy:v1'], cwd());
    await mirrorJson(['registry', 'copy', 'team/copy:v1', `http://${other.host}/copied`], cwd());
    const digest = await rawDigest(`${other.host}/copied:v1`);
    await mirrorJson(['registry', 'export', 'team/copy:v1', 'copy.tar'], cwd());
    await succeed('skopeo', [
      'copy',
      '-q',
      '--all',
      '--dest-tls-verify=false',
      `oci-archive:${join(home, 'copy.tar')}`,
      `docker://${other.host}/exported:v1`,
    ]);
    expect(await rawDigest(`${other.host}/exported:v1`)).toBe(digest);
    const emptied = newHome('emptied');
    home = emptied;
    await seed(bundle);
    const files = (): number =>
      readdirSync(join(emptied, 'storage/pool'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
    const before = files();
    const kept = await mirrorJson(['registry', 'list'], cwd());
    expect(await mirrorJson(['registry', 'gc', '--untagged', '--grace', '0s'], cwd())).toMatchObject({ manifests: [], links: 0, files: 0 });
    await mirrorJson(['registry', 'delete', 'team/component0:v1.0.0'], cwd());
    expect(await mirrorJson(['registry', 'gc', '--untagged'], cwd())).toMatchObject({ manifests: [], files: 0 });
    const collected = (await mirrorJson(['registry', 'gc', '--untagged', '--grace', '0s'], cwd())) as {
      files: number;
      manifests: unknown[];
    };
    expect(collected).toMatchObject({ manifests: [expect.anything(), expect.anything(), expect.anything()], links: 8, files: 6 });
    expect(files()).toBe(before - collected.files);
    expect(await mirrorJson(['registry', 'list'], cwd())).toEqual(
      (kept as { image: string }[]).filter(({ image }) => !image.includes('component0')),
    );
    expect(statuses(await seed(bundle))).toEqual(['seeded', 'unchanged', 'unchanged', 'unchanged']);
    home = join(root, 'home');
  }, 60_000);

  it('refuses a bundle with wrong bytes, and nothing of the bad image is in the target', async () => {
    const folder = join(root, 'wrong');
    mkdirSync(join(folder, 'inner'), { recursive: true });
    await succeed('tar', ['-xf', join(root, 'bundle/team&component1@v1.1.0.tar'), '-C', join(folder, 'inner')]);
    const blobs = join(folder, 'inner/blobs/sha256');
    const [layer = ''] = readdirSync(blobs).filter((name) => readFileSync(join(blobs, name)).length > 100_000);
    const bytes = readFileSync(join(blobs, layer));
    bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
    writeFileSync(join(blobs, layer), bytes);
    await succeed('tar', ['-cf', join(folder, 'team&bad@v1.tar'), '-C', join(folder, 'inner'), '.']);
    await succeed('sh', ['-c', 'cd "$1" && tar -czf bad.tar.gz "team&bad@v1.tar"', 'sh', folder]);
    for (const [target, listed] of [
      [[], host()],
      [['--target', `http://${other.host}`], other.host],
    ] as const) {
      const { status, stderr } = await mirror(['registry', 'seed', join(folder, 'bad.tar.gz'), ...target], cwd());
      expect(status).toBe(1);
      expect(stderr).toContain(layer.slice(0, 12));
      const answer = await fetch(`http://${listed}/v2/team/bad/tags/list`);
      expect(answer.status).toBe(404);
      expect((await fetch(`http://${listed}/v2/team/bad/blobs/sha256:${layer}`)).status).toBe(404);
    }
  });
});
