import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RegistryClientInstructions } from '../../src/ops/registry-client/instructions.ts';
import { AUTHORITY, CertificateMaker } from '../oci/signature/certificates.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { mirrorJson, type RunningServer, startServing, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

/** Images by the names that clients know them by. */
const NAMES = ['docker.io/library/probe:1', 'quay.io/team/app:1'];

/** An image as an OCI layout. */
interface Layout {
  /** As skopeo names it. */
  readonly source: string;
  readonly digest: string;
}

async function makeLayout(directory: string): Promise<Layout> {
  const layout = join(directory, 'layout');
  writeFileSync(join(directory, 'hello'), 'hello\n');
  await succeed('umoci', ['init', '--layout', layout]);
  await succeed('umoci', ['new', '--image', `${layout}:v1`]);
  await succeed('umoci', ['insert', '--image', `${layout}:v1`, join(directory, 'hello'), '/hello']);
  const index: { manifests: readonly { digest: string }[] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  return { source: `oci:${layout}:v1`, digest: index.manifests[0]?.digest ?? '' };
}

/** Puts the image into a registry below the hosts that its names have. */
async function seed({ source }: Layout, host: string, path = '', more: readonly string[] = []): Promise<void> {
  for (const name of NAMES)
    await succeed('skopeo', ['copy', '--dest-tls-verify=false', ...more, source, `docker://${host}/${path}${name}`]);
}

/** What `mirror client` says, with its files below a directory instead of `/`. */
async function place(args: readonly string[], config: string, below: string): Promise<RegistryClientInstructions> {
  const instructions = (await mirrorJson(['client', ...args, '--config', config])) as RegistryClientInstructions;
  for (const { path, content } of instructions.files) {
    mkdirSync(dirname(join(below, path)), { recursive: true });
    writeFileSync(join(below, path), content.replaceAll('"/etc/', `"${below}/etc/`));
  }
  return instructions;
}

describeWithTools(['containerd', 'ctr', 'docker-registry', 'openssl', 'skopeo', 'umoci', 'root'], 'clients of a registry', () => {
  let directory: string;
  let layout: Layout;
  let containerd: Containerd;
  const at = (name: string): string => join(directory, name);
  const writeConfig = (name: string, text: string): string => {
    writeFileSync(at(name), `storage: ${name}-storage\n${text}`);
    return at(name);
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-registry-client-'));
    layout = await makeLayout(directory);
    containerd = await startContainerd();
  }, 60_000);
  afterAll(async () => {
    await containerd?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Has containerd fetch an image by its usual name, and gives the digest that it stored. */
  const fetchByContainerd = async (namespace: string, below: string, name: string): Promise<string> => {
    await containerd.ctr(['--namespace', namespace, 'content', 'fetch', '--hosts-dir', `${below}/etc/containerd/certs.d`, name]);
    const listed = await containerd.ctr(['--namespace', namespace, 'images', 'list', `name==${name}`]);
    return /sha256:[0-9a-f]{64}/.exec(listed)?.[0] ?? listed;
  };
  const inspectBySkopeo = (below: string, name: string): Promise<string> => {
    const file = `${below}/etc/containers/registries.conf.d/mirror.conf`;
    return succeed('skopeo', ['--registries-conf', file, 'inspect', '--no-tags', '--format', '{{.Digest}}', `docker://${name}`]);
  };

  it('lets containerd and skopeo take images from another registry by their usual names', async () => {
    const registry: DockerRegistry = await startDockerRegistry();
    try {
      await seed(layout, registry.host, 'mke/');
      const config = writeConfig('other.yaml', `registry: { target: "${registry.host}/mke" }\n`);
      for (const client of ['containerd', 'podman'])
        await place(['--for', client, '--namespace', 'docker.io,quay.io'], config, at('other'));
      for (const name of NAMES) {
        expect(await fetchByContainerd('other', at('other'), name)).toBe(layout.digest);
        expect((await inspectBySkopeo(at('other'), name)).trim()).toBe(layout.digest);
      }
      expect((await inspectBySkopeo(at('other'), `${registry.host}/mke/${NAMES[0]}`)).trim()).toBe(layout.digest);
    } finally {
      await registry.stop();
    }
  }, 60_000);

  it('lets them take images from the registry of `mirror serve`, which is found by what is in it', async () => {
    const config = writeConfig('own.yaml', 'serve: { registry: { push: loopback } }\n');
    const server: RunningServer = await startServing(['serve', '--config', config, '--listen', '127.0.0.1:0']);
    try {
      const { host } = new URL(server.url);
      await seed(layout, host);
      await place(['--for', 'containerd', '--url', server.url], config, at('own'));
      const { notes } = await place(['--for', 'podman', '--url', server.url], config, at('own'));
      expect(notes.join('\n')).toContain('Images of docker.io, quay.io come from');
      for (const name of [...NAMES, `${host}/${NAMES[0]}`]) {
        expect(await fetchByContainerd('own', at('own'), name)).toBe(layout.digest);
        expect((await inspectBySkopeo(at('own'), name)).trim()).toBe(layout.digest);
      }
    } finally {
      await server.stop();
    }
  }, 60_000);

  it('lets containerd trust a registry whose authority it does not know, for every host', async () => {
    const maker = await CertificateMaker.start();
    const root = await maker.issue('Root', { key: 'P-256', extensions: AUTHORITY });
    const names = ['subjectAltName=IP:127.0.0.1', 'basicConstraints=CA:FALSE'];
    const { certificate, key } = await maker.issue('127.0.0.1', { key: 'P-256', extensions: names, issuer: root });
    await maker.end();
    writeFileSync(at('server.crt'), certificate.toString() + root.certificate.toString());
    writeFileSync(at('server.key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const config = writeConfig('tls.yaml', 'serve: { tls: { cert: server.crt, key: server.key }, registry: { push: loopback } }\n');
    const server: RunningServer = await startServing(['serve', '--config', config, '--listen', '127.0.0.1:0']);
    try {
      await place(['--for', 'containerd', '--url', server.url], config, at('tls'));
      await seed(layout, new URL(server.url).host);
      for (const name of NAMES) expect(await fetchByContainerd('tls', at('tls'), name)).toBe(layout.digest);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
