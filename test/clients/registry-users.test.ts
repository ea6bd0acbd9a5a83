import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '../serve/free-port.ts';
import { mirror, type RunningServer, run, startServing, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

const PASSWORD = 'secret of alice';

/** A server whose registry asks for users, and an image. */
interface RegistryWithUsers {
  readonly directory: string;
  /** HOST:PORT. */
  readonly host: string;
  /** As skopeo names it: an OCI layout. */
  readonly image: string;
  /** Of its manifest. */
  readonly digest: string;
  at(name: string): string;
  /** The digest that a tag has in the registry, which anyone may ask for. */
  digestOf(repository: string, tag: string): Promise<string | null>;
  /** `mirror registry user`. */
  user(args: readonly string[], password?: string): Promise<void>;
  stop(): Promise<void>;
}

async function startRegistry(tls = false): Promise<RegistryWithUsers> {
  const directory = mkdtempSync(join(tmpdir(), 'mirror-registry-users-'));
  const at = (name: string): string => join(directory, name);
  const secure = tls ? ', tls: { cert: ca.crt, key: server.key }' : '';
  if (tls) makeCertificate(directory);
  writeFileSync(at('mirror.yaml'), `storage: storage\nserve: { registry: { push: users, users: people }${secure} }\n`);
  const user = async (args: readonly string[], password?: string): Promise<void> => {
    const { status, stderr } = await mirror(['registry', 'user', ...args, '--config', at('mirror.yaml')], { input: password });
    if (status !== 0) throw new Error(stderr);
  };
  await user(['add', 'alice'], PASSWORD);
  writeFileSync(at('hello'), 'hello\n');
  const layout = at('layout');
  await succeed('umoci', ['init', '--layout', layout]);
  await succeed('umoci', ['new', '--image', `${layout}:v1`]);
  await succeed('umoci', ['insert', '--image', `${layout}:v1`, at('hello'), '/hello']);
  const index: { manifests: readonly { digest: string }[] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  const server: RunningServer = await startServing(['serve', '--config', at('mirror.yaml'), '--listen', '127.0.0.1:0']);
  return {
    directory,
    host: new URL(server.url).host,
    image: `oci:${layout}:v1`,
    digest: index.manifests[0]?.digest ?? '',
    at,
    async digestOf(repository, tag) {
      const answer = await fetch(`${server.url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' });
      return answer.headers.get('docker-content-digest');
    },
    user,
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

function makeCertificate(directory: string): void {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(directory, 'server.key')];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', join(directory, 'ca.crt'), '-days', '1', ...subject], { stdio: 'ignore' });
}

describeWithTools(['skopeo', 'umoci', 'curl', 'htpasswd', 'openssl'], 'users of the registry: skopeo, curl and htpasswd', () => {
  let registry: RegistryWithUsers;
  beforeAll(async () => {
    registry = await startRegistry();
  }, 30_000);
  afterAll(() => registry.stop());
  const remote = (name: string): string => `docker://${registry.host}/${name}`;
  const copy = async (name: string, ...args: readonly string[]) =>
    await run('skopeo', ['copy', '--dest-tls-verify=false', ...args, registry.image, remote(name)]);

  it('skopeo pushes with a password, and anyone pulls', async () => {
    expect((await copy('team/app:v1', '--dest-creds', `alice:${PASSWORD}`)).stderr).toBe('');
    expect(await registry.digestOf('team/app', 'v1')).toBe(registry.digest);
    await succeed('skopeo', ['copy', '--src-tls-verify=false', remote('team/app:v1'), `oci:${registry.at('pulled')}:v1`]);
    expect(readFileSync(registry.at('pulled/index.json'), 'utf8')).toContain(registry.digest);
    expect(await succeed('skopeo', ['list-tags', '--tls-verify=false', remote('team/app')])).toContain('"v1"');
  });

  it('skopeo logs in, pushes into several repositories with what it keeps, and deletes', async () => {
    const authfile = registry.at('auth.json');
    await succeed('skopeo', ['login', '--tls-verify=false', '--authfile', authfile, '-u', 'alice', '-p', PASSWORD, registry.host]);
    for (const name of ['a:v1', 'b:v1']) expect((await copy(name, '--dest-authfile', authfile)).stderr).toBe('');
    expect(await registry.digestOf('b', 'v1')).toBe(registry.digest);
    await succeed('skopeo', ['delete', '--tls-verify=false', '--authfile', authfile, remote('b:v1')]);
    expect(await registry.digestOf('b', 'v1')).toBeNull();
  });

  it('skopeo pushes nothing without a password, and logs in with none that is wrong', async () => {
    expect((await copy('no/app:v1')).stderr).toMatch(/authentication required|unauthorized/i);
    expect((await copy('no/app:v1', '--dest-creds', 'alice:wrong')).stderr).toMatch(
      /authentication required|unauthorized|invalid username/i,
    );
    const login = ['login', '--tls-verify=false', '--authfile', registry.at('none.json'), '-u', 'alice', '-p', 'wrong', registry.host];
    expect(await run('skopeo', login)).toMatchObject({ status: 1, stderr: expect.stringContaining('invalid username/password') });
    expect(await registry.digestOf('no/app', 'v1')).toBeNull();
  });

  it('curl sends Basic credentials', async () => {
    const status = async (...args: readonly string[]) => await succeed('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...args]);
    const url = `http://${registry.host}/v2`;
    expect(await status(`${url}/`)).toBe('401');
    expect(await status('-u', `alice:${PASSWORD}`, `${url}/`)).toBe('200');
    expect(await status('-u', ':', `${url}/`)).toBe('401');
    expect(await status('-X', 'POST', '-u', `alice:${PASSWORD}`, `${url}/curl/blobs/uploads/`)).toBe('202');
    expect(await status('-X', 'POST', `${url}/curl/blobs/uploads/`)).toBe('401');
  });

  it('takes what htpasswd writes, beside what mirror writes, while it runs', async () => {
    const file = registry.at('people');
    await succeed('htpasswd', ['-B', '-b', file, 'bob', 'secret of bob']);
    await succeed('htpasswd', ['-B', '-C', '12', '-b', file, 'carol', 'secret of carol']);
    chmodSync(file, 0o640);
    await registry.user(['add', 'dave'], 'secret of dave');
    for (const name of ['bob', 'carol', 'dave', 'alice'])
      expect((await copy(`${name}:v1`, '--dest-creds', `${name}:secret of ${name}`)).stderr).toBe('');
    await succeed('htpasswd', ['-v', '-b', file, 'dave', 'secret of dave']);
    await registry.user(['remove', 'bob']);
    expect((await copy('bob:v2', '--dest-creds', 'bob:secret of bob')).status).not.toBe(0);
  });
});

describeWithTools(['nginx', 'skopeo', 'umoci', 'openssl'], 'users of the registry over HTTPS', () => {
  /** Trusts no other certificate than the registry's. */
  async function logInAndPush(registry: RegistryWithUsers, host: string): Promise<void> {
    const certificates = registry.at('trusted');
    mkdirSync(certificates);
    writeFileSync(join(certificates, 'ca.crt'), readFileSync(registry.at('ca.crt')));
    const authfile = registry.at('auth.json');
    await succeed('skopeo', ['login', '--cert-dir', certificates, '--authfile', authfile, '-u', 'alice', '-p', PASSWORD, host]);
    const remote = `docker://${host}/team/app:v1`;
    await succeed('skopeo', ['copy', '--dest-cert-dir', certificates, '--dest-authfile', authfile, registry.image, remote]);
    expect(await succeed('skopeo', ['inspect', '--raw', '--cert-dir', certificates, remote])).toContain('"schemaVersion"');
  }

  it('skopeo logs in and pushes', async () => {
    const registry = await startRegistry(true);
    await logInAndPush(registry, registry.host);
    await registry.stop();
  });

  it('skopeo logs in and pushes through nginx as the guide sets it up', async () => {
    const registry = await startRegistry();
    makeCertificate(registry.directory);
    const guide = readFileSync(new URL('../../docs/guides/registry.md', import.meta.url), 'utf8');
    const [, location = ''] = /```nginx\n([\s\S]*?)```/.exec(guide) ?? [];
    const port = await freePort();
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${registry.at(kind)};`).join('\n');
    writeFileSync(
      registry.at('nginx.conf'),
      `daemon off; master_process off; pid ${registry.at('pid')}; error_log stderr; events {}
       http { access_log off; ${temporary}
         server { listen 127.0.0.1:${port} ssl; ssl_certificate ca.crt; ssl_certificate_key server.key;
           ${location.replace('127.0.0.1:8080', registry.host)} } }`,
    );
    const nginx = spawn('nginx', ['-p', registry.directory, '-c', registry.at('nginx.conf'), '-e', 'stderr'], { stdio: 'ignore' });
    const ended = once(nginx, 'exit');
    await vi.waitFor(async () => await once(connect(port, '127.0.0.1'), 'connect'), { timeout: 10_000 });
    await logInAndPush(registry, `127.0.0.1:${port}`);
    nginx.kill();
    await ended;
    await registry.stop();
  });
});

describeWithTools(['root', 'podman', 'buildah', 'skopeo', 'umoci'], 'users of the registry: podman and buildah', () => {
  let registry: RegistryWithUsers;
  beforeAll(async () => {
    registry = await startRegistry();
  }, 30_000);
  afterAll(() => registry.stop());
  const storage = () => ['--root', registry.at('root'), '--runroot', registry.at('runroot'), '--storage-driver', 'vfs'];
  const login = async (program: string, authfile: string, password: string) =>
    await run(program, ['login', '--tls-verify=false', '--authfile', authfile, '-u', 'alice', '--password-stdin', registry.host], {
      input: password,
    });

  it('podman logs in, pushes, and pulls without having logged in', async () => {
    const authfile = registry.at('podman.json');
    expect((await login('podman', authfile, 'wrong')).status).not.toBe(0);
    expect(await login('podman', authfile, PASSWORD)).toMatchObject({ status: 0 });
    const archive = registry.at('app.tar');
    await succeed('skopeo', ['copy', '-q', registry.image, `oci-archive:${archive}:app:v1`]);
    const id = (await succeed('podman', [...storage(), 'pull', '-q', `oci-archive:${archive}`])).trim();
    const remote = `docker://${registry.host}/podman/app:v1`;
    await succeed('podman', [...storage(), 'push', '-q', '--tls-verify=false', '--authfile', authfile, id, remote]);
    await succeed('podman', [...storage(), 'rmi', '-f', id]);
    expect((await succeed('podman', [...storage(), 'pull', '-q', '--tls-verify=false', remote])).trim()).toBe(id);
    expect((await run('podman', [...storage(), 'push', '-q', '--tls-verify=false', id, remote])).status).not.toBe(0);
  });

  it('buildah logs in and pushes', async () => {
    const authfile = registry.at('buildah.json');
    expect(await login('buildah', authfile, PASSWORD)).toMatchObject({ status: 0 });
    const container = (await succeed('buildah', [...storage(), 'from', 'scratch'])).trim();
    await succeed('buildah', [...storage(), 'commit', '-q', container, 'built:v1']);
    const remote = `docker://${registry.host}/buildah/app:v1`;
    await succeed('buildah', [...storage(), 'push', '-q', '--tls-verify=false', '--authfile', authfile, 'built:v1', remote]);
    expect(await registry.digestOf('buildah/app', 'v1')).toMatch(/^sha256:/);
    expect((await run('buildah', [...storage(), 'push', '-q', '--tls-verify=false', 'built:v1', remote])).status).not.toBe(0);
  });
});

describeWithTools(['root', 'containerd', 'ctr', 'skopeo', 'umoci'], 'users of the registry: containerd', () => {
  let registry: RegistryWithUsers;
  let containerd: ChildProcess;
  const ctr = (...args: readonly string[]) => run('ctr', ['-a', registry.at('socket'), ...args]);
  beforeAll(async () => {
    registry = await startRegistry();
    writeFileSync(registry.at('containerd.toml'), 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
    const places = ['--root', registry.at('containerd'), '--state', registry.at('state'), '--address', registry.at('socket')];
    containerd = spawn('containerd', ['-c', registry.at('containerd.toml'), ...places], { stdio: 'ignore' });
    while ((await ctr('version')).status !== 0 && containerd.exitCode === null) await delay(50);
  }, 30_000);
  afterAll(async () => {
    const ended = once(containerd, 'close');
    containerd.kill();
    await ended;
    await registry.stop();
  });

  it('ctr pushes with a password, which it sends as a form, and pulls without', async () => {
    const name = `${registry.host}/ctr/app:v1`;
    const archive = registry.at('app.tar');
    await succeed('skopeo', ['copy', '-q', registry.image, `oci-archive:${archive}:v1`]);
    expect(await ctr('images', 'import', '--no-unpack', '--base-name', `${registry.host}/ctr/app`, archive)).toMatchObject({ status: 0 });
    expect((await ctr('images', 'push', '--plain-http', name)).status).not.toBe(0);
    expect((await ctr('images', 'push', '--plain-http', '-u', 'alice:wrong', name)).status).not.toBe(0);
    expect(await registry.digestOf('ctr/app', 'v1')).toBeNull();
    expect(await ctr('images', 'push', '--plain-http', '-u', `alice:${PASSWORD}`, name)).toMatchObject({ status: 0 });
    expect(await registry.digestOf('ctr/app', 'v1')).toBe(registry.digest);
    expect(await ctr('content', 'fetch', '--plain-http', name)).toMatchObject({ status: 0 });
  });
});
