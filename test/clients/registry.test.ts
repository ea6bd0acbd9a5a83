import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/format/media-types.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type RunningServer, run, startServing, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

interface LayoutEntry {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An OCI layout with an image of two architectures, tagged `multi`. Gives the digest of its index. */
async function makeLayout(layout: string): Promise<string> {
  await succeed('umoci', ['init', '--layout', layout]);
  for (const architecture of ['amd64', 'arm64']) {
    const file = `${layout}-${architecture}`;
    writeFileSync(file, architecture.repeat(1000));
    await succeed('umoci', ['new', '--image', `${layout}:${architecture}`]);
    await succeed('umoci', ['config', '--image', `${layout}:${architecture}`, '--architecture', architecture]);
    await succeed('umoci', ['insert', '--image', `${layout}:${architecture}`, file, '/data']);
  }
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { readonly manifests: readonly LayoutEntry[] };
  const platforms = manifests.map(({ annotations, ...entry }) => ({
    ...entry,
    platform: { os: 'linux', architecture: annotations?.['org.opencontainers.image.ref.name'] },
  }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: platforms }));
  const digest = digestOf(index);
  writeFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), index);
  const entry = { mediaType: MEDIA_TYPES.index, digest, size: index.length, annotations: { 'org.opencontainers.image.ref.name': 'multi' } };
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  return digest;
}

/** A containerd of its own. */
async function startContainerd(directory: string): Promise<ChildProcess> {
  mkdirSync(directory);
  const at = (name: string): string => join(directory, name);
  const disabled = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\nversion = 2\n';
  writeFileSync(at('config.toml'), disabled);
  const paths = ['--root', at('root'), '--state', at('state'), '--address', at('socket'), '--config', at('config.toml')];
  const child = spawn('containerd', paths, { stdio: 'ignore' });
  for (let tries = 0; (await run('ctr', ['-a', at('socket'), 'version'])).status !== 0; tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error('containerd does not start');
    await sleep(100);
  }
  return child;
}

const TOOLS = ['root', 'openssl', 'skopeo', 'umoci', 'podman', 'buildah', 'containerd', 'ctr', 'docker-registry'];

describeWithTools(TOOLS, 'clients/registry', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirror-'));
  const at = (name: string): string => join(directory, name);
  const servers: Record<string, { readonly server: RunningServer; readonly host: string }> = {};
  let containerd: ChildProcess;
  let peer: DockerRegistry;
  let index: string;

  beforeAll(async () => {
    const names = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('server.key')];
    mkdirSync(at('certs'));
    execFileSync('openssl', ['req', '-x509', ...key, '-out', at('certs/ca.crt'), '-days', '1', ...names], { stdio: 'ignore' });
    for (const [scheme, tls] of [
      ['http', ''],
      ['https', ', tls: { cert: certs/ca.crt, key: server.key }'],
    ] as const) {
      writeFileSync(at(`${scheme}.yaml`), `storage: ${scheme}\nserve: { listen: "127.0.0.1:8080"${tls} }\n`);
      const server = await startServing(['serve', '--config', at(`${scheme}.yaml`), '--listen', '127.0.0.1:0']);
      servers[scheme] = { server, host: new URL(server.url).host };
    }
    index = await makeLayout(at('layout'));
    [containerd, peer] = await Promise.all([startContainerd(at('containerd')), startDockerRegistry()]);
  });
  afterAll(async () => {
    for (const { server } of Object.values(servers)) await server.stop();
    const ended = once(containerd, 'close');
    containerd.kill('SIGTERM');
    await ended;
    await peer.stop();
    // Layers of images may have files that even their owner may not remove.
    await succeed('chmod', ['-R', 'u+rwx', directory]);
    rmSync(directory, { recursive: true, force: true });
  });

  const host = (scheme: string): string => servers[scheme]?.host ?? '';
  const flags = (scheme: string, http: string, certificates: string): string[] =>
    scheme === 'http' ? [http] : [certificates, at('certs')];
  const source = (scheme: string): string[] => flags(scheme, '--src-tls-verify=false', '--src-cert-dir');
  const destination = (scheme: string): string[] => flags(scheme, '--dest-tls-verify=false', '--dest-cert-dir');
  const both = (scheme: string): string[] => flags(scheme, '--tls-verify=false', '--cert-dir');
  /** What the registry answers with, which skopeo shows as it is. */
  const raw = (scheme: string, image: string): Promise<string> =>
    succeed('skopeo', ['inspect', '--raw', ...both(scheme), `docker://${host(scheme)}/${image}`]);
  const inLayout = (digest: string, layout = 'layout'): string =>
    readFileSync(at(`${layout}/blobs/sha256/${digest.slice('sha256:'.length)}`), 'utf8');

  /** Without it containerd speaks plain HTTP to this machine. */
  const hostsDirectory = (registry: string, ca: string): string => {
    const folder = at(`hosts/${registry.replace(/:(\d+)$/, '_$1_')}`);
    mkdirSync(folder, { recursive: true });
    const url = `"https://${registry}"`;
    writeFileSync(join(folder, 'hosts.toml'), `server = ${url}\n[host.${url}]\ncapabilities = ["pull", "resolve", "push"]\nca = "${ca}"\n`);
    return at('hosts');
  };

  const schemes = ['http', 'https'];

  it.each(schemes)('takes and gives every platform of an image with skopeo over %s, byte for byte', async (scheme) => {
    const image = `${host(scheme)}/team/deep/er/app`;
    await succeed('skopeo', ['copy', '--all', ...destination(scheme), `oci:${at('layout')}:multi`, `docker://${image}:v1`]);
    expect(await raw(scheme, 'team/deep/er/app:v1')).toBe(inLayout(index));
    const { manifests } = JSON.parse(inLayout(index)) as { readonly manifests: readonly LayoutEntry[] };
    for (const { digest } of manifests) expect(await raw(scheme, `team/deep/er/app@${digest}`)).toBe(inLayout(digest));

    await succeed('skopeo', ['copy', '--all', ...source(scheme), `docker://${image}:v1`, `oci:${at(`back-${scheme}`)}:multi`]);
    expect(inLayout(index, `back-${scheme}`)).toBe(inLayout(index));
    await succeed('skopeo', [
      'copy',
      '--all',
      ...source(scheme),
      ...destination(scheme),
      `docker://${image}:v1`,
      `docker://${host(scheme)}/mounted:v2`,
    ]);
    expect(await raw(scheme, 'mounted:v2')).toBe(inLayout(index));
  });

  it.each(schemes)('tells skopeo about an image, and deletes it, over %s', async (scheme) => {
    const image = `docker://${host(scheme)}/short`;
    for (const tag of ['v1', 'v2'])
      await succeed('skopeo', ['copy', '--all', ...destination(scheme), `oci:${at('layout')}:multi`, `${image}:${tag}`]);
    const listed = JSON.parse(await succeed('skopeo', ['list-tags', ...both(scheme), image]));
    expect(listed.Tags).toEqual(['v1', 'v2']);
    const inspected = JSON.parse(await succeed('skopeo', ['inspect', '--override-arch', 'arm64', ...both(scheme), `${image}:v1`]));
    expect([inspected.Digest, inspected.Architecture]).toEqual([index, 'arm64']);
    await succeed('skopeo', ['delete', ...both(scheme), `${image}:v1`]);
    expect(JSON.parse(await succeed('skopeo', ['list-tags', ...both(scheme), image])).Tags).toEqual([]);
  });

  it('keeps digests when skopeo syncs it to docker-registry and back', async () => {
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const sync = (from: string, to: string) =>
      succeed('skopeo', ['sync', '--all', '--src', 'docker', '--dest', 'docker', ...tls, from, to]);
    await succeed('skopeo', ['copy', '--all', ...destination('http'), `oci:${at('layout')}:multi`, `docker://${host('http')}/synced:v1`]);
    await sync(`${host('http')}/synced`, peer.host);
    await sync(`${peer.host}/synced`, `${host('http')}/back`);
    expect(await raw('http', 'back/synced:v1')).toBe(inLayout(index));
  });

  it.each(schemes)('works with podman and buildah over %s', async (scheme) => {
    const image = `${host(scheme)}/tools`;
    await succeed('skopeo', ['copy', '--all', ...destination(scheme), `oci:${at('layout')}:multi`, `docker://${image}:v1`]);
    for (const tool of ['podman', 'buildah']) {
      // Podman takes no longer path than 50 characters.
      const storage = ['--root', at(`${tool}-${scheme}`), '--runroot', at(`run-${tool}-${scheme}`), '--storage-driver', 'vfs'];
      await succeed(tool, [...storage, 'pull', '--quiet', ...both(scheme), `${image}:v1`]);
      await succeed(tool, [...storage, 'push', '--quiet', ...both(scheme), `${image}:v1`, `${image}:${tool}`]);
      const pushed = JSON.parse(await raw(scheme, `tools:${tool}`)) as {
        readonly config: LayoutEntry;
        readonly layers: readonly LayoutEntry[];
      };
      expect(pushed.layers.length).toBe(1);
      await succeed(tool, [...storage, 'rmi', '--all', '--force']);
    }
  });

  it.each(schemes)('works with containerd over %s', async (scheme) => {
    const image = `${host(scheme)}/containerd`;
    await succeed('skopeo', ['copy', '--all', ...destination(scheme), `oci:${at('layout')}:multi`, `docker://${image}:v1`]);
    const ctr = ['-a', at('containerd/socket')];
    const access = scheme === 'http' ? ['--plain-http'] : ['--hosts-dir', hostsDirectory(host(scheme), at('certs/ca.crt'))];
    await succeed('ctr', [...ctr, 'content', 'fetch', '--all-platforms', ...access, `${image}:v1`]);
    expect(await succeed('ctr', [...ctr, 'content', 'get', index])).toBe(inLayout(index));
    await succeed('ctr', [...ctr, 'images', 'push', ...access, `${host(scheme)}/pushed:v1`, `${image}:v1`]);
    expect(await raw(scheme, 'pushed:v1')).toBe(inLayout(index));
  });
});
