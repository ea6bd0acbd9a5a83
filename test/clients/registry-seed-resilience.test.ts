import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import { createRegistry } from '../../src/oci/registry/registry.ts';
import { openWorkplace, type Workplace } from '../ops/operation-context.ts';
import { type Finished, mirror, mirrorJson, PROGRAM, startServing, succeed } from '../support/program.ts';
import { describeWithTools, MAKE_BUNDLE } from '../support/requirements.ts';

interface Seeded {
  readonly images: readonly { readonly status: string; readonly error?: { readonly code: string } }[];
}

interface Named {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

/** Seeding the embedded registry, and collecting it, where something comes in between. */
describeWithTools(['make-bundle', 'tar'], 'clients/registry-seed-resilience', () => {
  let root: string;
  let bundle: string;
  let workplace: Workplace;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-seed-'));
    bundle = join(root, 'bundle.tar.gz');
    await succeed(MAKE_BUNDLE ?? '', ['--images', '4', '--layers', '3', '--layer-bytes', '400000', '--out', bundle]);
    await succeed('tar', ['-xzf', bundle, '-C', root]);
  });
  beforeEach(async () => {
    workplace = await openWorkplace('');
  });
  afterEach(() => workplace.close());
  afterAll(() => rmSync(root, { recursive: true }));

  const cwd = () => ({ cwd: workplace.root });
  const run = (...args: readonly string[]): Promise<Finished> => mirror(['registry', ...args], cwd());
  const seed = async (...args: readonly string[]): Promise<string[]> =>
    ((await mirrorJson(['registry', 'seed', ...args], cwd())) as Seeded).images.map(({ status }) => status);
  const killed = (milliseconds: number, signal: NodeJS.Signals, ...args: readonly string[]): Promise<Finished> =>
    mirror(['registry', ...args], { ...cwd(), started: (child) => void setTimeout(() => child.kill(signal), milliseconds) });
  const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };

  /** Every tag leads to all that it needs, and every file of the pool is what its name says. Gives the number of tags. */
  const expectWhole = async (): Promise<number> => {
    const { catalogue, blobs, clock } = workplace.context;
    const registry = createRegistry({ catalogue, blobs, clock });
    const visit = (repository: string, digest: string): void => {
      const bytes = registry.manifestBytes(repository, digest) ?? Buffer.alloc(0);
      expect([repository, digestOf(bytes)]).toEqual([repository, digest]);
      const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString()) as Named;
      for (const blob of [...(config === undefined ? [] : [config]), ...layers])
        expect([blob.digest, blobs.has(registry.blob(repository, blob.digest)?.sha256 ?? '')]).toEqual([blob.digest, true]);
      for (const member of manifests) visit(repository, member.digest);
    };
    let tags = 0;
    for (const repository of registry.repositories().entries) {
      for (const tag of registry.tags(repository)?.entries ?? []) {
        visit(repository, registry.manifest(repository, tag)?.digest ?? '');
        tags += 1;
      }
    }
    for await (const { sha256 } of blobs.list()) await blobs.readWhole(sha256, 10_000_000);
    return tags;
  };
  const leftovers = (): string[] => readdirSync(join(workplace.root, 'storage/tmp'));

  it.each(['bundle.tar.gz', 'bundle'])(
    'is whole after kill -9 at any moment of seeding %s and of a collection',
    async (name) => {
      const source = join(root, name);
      const whole = await timeOf(() => seed(source, '--path', 'first'));
      expect(await expectWhole()).toBe(5);
      const steps = 6;
      for (let step = 1; step < steps; step++) {
        await killed((whole * step) / steps, 'SIGKILL', 'seed', source, '--path', `killed/${step}`);
        await expectWhole();
      }
      for (let step = 1; step < steps; step++) expect(await seed(source, '--path', `killed/${step}`)).not.toContain('failed');
      expect(await expectWhole()).toBe(5 * steps);
      expect(leftovers()).toEqual([]);
      const tagged = ((await mirrorJson(['registry', 'list'], cwd())) as { image: string }[]).map(({ image }) => image);
      await mirrorJson(['registry', 'delete', ...tagged.filter((image) => !image.startsWith('first/'))], cwd());
      for (const step of [3, 5]) {
        await killed((whole * step) / steps, 'SIGKILL', 'gc', '--untagged', '--grace', '0s');
        expect(await expectWhole()).toBe(5);
      }
      await mirrorJson(['registry', 'gc', '--untagged', '--grace', '0s'], cwd());
      expect(await mirrorJson(['registry', 'gc', '--untagged', '--grace', '0s'], cwd())).toMatchObject({
        manifests: [],
        links: 0,
        files: 0,
      });
      expect(await expectWhole()).toBe(5);
      expect(workplace.context.catalogue.registry.allRepositories({ limit: 100 })).toHaveLength(5);
    },
    40_000,
  );

  it('ends with 130 when it is interrupted, and goes on when it is run again', async () => {
    const whole = await timeOf(() => seed(bundle, '--path', 'first'));
    for (const step of [4, 5, 6]) {
      const { status, stderr } = await killed((whole * step) / 7, 'SIGINT', 'seed', bundle, '--path', `new${step}`);
      expect([0, 130]).toContain(status);
      if (status === 130) expect(stderr).toContain('(ABORTED)');
    }
    expect(await seed(bundle, '--path', 'new')).not.toContain('failed');
    await expectWhole();
    expect(leftovers()).toEqual([]);
  }, 20_000);

  it('lets one seeding and one collection work at a time, and says who does', async () => {
    const results = await Promise.all([run('seed', bundle), run('seed', bundle, '--path', 'other')]);
    const lost = results.filter(({ status }) => status !== 0);
    for (const { stderr } of lost)
      expect(stderr).toMatch(/another process is working on registry-seed: seeding the registry \(process \d+/);
    expect(lost.length).toBeLessThan(2);
    await expectWhole();
  });

  it('seeds beside a server that is pushed to, and beside collections', async () => {
    const server = await startServing(['serve', '--listen', '127.0.0.1:0'], cwd());
    try {
      let pushing = true;
      let pushed = 0;
      const push = async (): Promise<void> => {
        while (pushing) {
          const bytes = Buffer.from(`pushed ${pushed}`);
          const address = `${server.url}/v2/pushed/blobs/uploads/?digest=${digestOf(bytes)}`;
          expect((await fetch(address, { method: 'POST', body: new Uint8Array(bytes) })).status).toBe(201);
          pushed += 1;
        }
      };
      const seeding = async (): Promise<void> => {
        for (const path of ['one', 'two', 'three']) expect(await seed(bundle, '--path', path)).not.toContain('failed');
        pushing = false;
      };
      const collecting = async (): Promise<void> => {
        while (pushing) expect((await run('gc', '--untagged', '--grace', '1m')).status).toBe(0);
      };
      await Promise.all([seeding(), push(), collecting()]);
      expect(pushed).toBeGreaterThan(0);
      expect(await expectWhole()).toBe(15);
    } finally {
      await server.stop();
    }
  }, 20_000);
});

/** As the same user may have a full disk, or one that is mounted read-only. */
describeWithTools(['make-bundle', 'root', 'unshare', 'mount'], 'clients/registry-seed-resilience, on disks of its own', () => {
  it('says that the disk is full, has no half images, and goes on when there is room', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mirror-full-'));
    const bundle = join(folder, 'bundle.tar.gz');
    await succeed(MAKE_BUNDLE ?? '', ['--images', '4', '--layers', '3', '--layer-bytes', '600000', '--out', bundle]);
    const script = `cd "$1" && shift
mkdir storage && mount -t tmpfs -o size=6m none storage && printf 'storage: storage\n' > mirror.yaml
try() { "$@" 2>&1; echo "status $?"; }
try "$@" seed bundle.tar.gz --quiet
try "$@" list
mount -o remount,size=60m storage
try "$@" seed bundle.tar.gz --quiet
try ls storage/tmp
mount -o remount,ro storage
try "$@" list
try "$@" export team/component0:v1.0.0 image.tar
try "$@" seed bundle.tar.gz --path x --quiet`;
    const said = await succeed('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, PROGRAM, 'registry']);
    rmSync(folder, { recursive: true });
    const [full = '', listed, seeded, left, read, exported, refused = ''] = said.split(/(?<=^status \d\n)/m);
    expect(full).toContain('(STORAGE_FULL)');
    expect(full).toMatch(/status 1\n$/);
    expect(listed).toBe('There are no images.\nstatus 0\n');
    expect(seeded).toContain('5 images: 5 seeded');
    expect(left).toBe('status 0\n');
    expect(read?.split('\n')).toHaveLength(8);
    expect(exported).toMatch(/written to .*\nstatus 0\n$/);
    expect(refused).toMatch(/\(STORAGE\)[\s\S]*status 1\n$/);
  }, 30_000);
});
