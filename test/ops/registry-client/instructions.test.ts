import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { pasteable } from '../../../src/ops/client.ts';
import { type RegistryClientName, registryClientInstructions, yamlFragment } from '../../../src/ops/registry-client/instructions.ts';
import type { ClientRegistry } from '../../../src/ops/registry-client/registry-address.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

function registry(more: Partial<ClientRegistry> = {}): ClientRegistry {
  return {
    url: 'http://mirror.example.com:8080',
    path: '',
    namespaces: [],
    naming: 'keep-host',
    understandsNamespaces: true,
    fallback: false,
    ...more,
  };
}

function filesFor(client: RegistryClientName, more: Partial<ClientRegistry> = {}): Record<string, string> {
  const { files } = registryClientInstructions(client, registry(more));
  return Object.fromEntries(files.map(({ path, content }) => [path, content]));
}

const tomlAt = (files: Record<string, string>, path: string): unknown => parseToml(files[path] ?? '');
const notesFor = (client: RegistryClientName, more: Partial<ClientRegistry> = {}): string =>
  registryClientInstructions(client, registry(more)).notes.join('\n');

describe('ops/registry-client: containerd', () => {
  it('stands in for every host where none is named', () => {
    const files = filesFor('containerd');
    const url = 'http://mirror.example.com:8080';
    const expected = { server: url, capabilities: ['pull', 'resolve'], host: { [url]: { capabilities: ['pull', 'resolve'] } } };
    expect(Object.keys(files)).toEqual([
      '/etc/containerd/certs.d/_default/hosts.toml',
      '/etc/containerd/certs.d/mirror.example.com:8080/hosts.toml',
    ]);
    for (const path of Object.keys(files)) expect(tomlAt(files, path)).toEqual(expected);
    expect(notesFor('containerd')).toContain('config_path = "/etc/containerd/certs.d"');
    expect(notesFor('containerd')).toContain('WARNING: http://mirror.example.com:8080 has no TLS');
  });

  it('asks a registry that knows no ns, or one below a path, by paths', () => {
    const files = filesFor('containerd', { namespaces: ['docker.io', 'localhost:5000'], path: 'mke', understandsNamespaces: false });
    const at = (path: string): unknown => {
      const settings = { capabilities: ['pull', 'resolve'], override_path: true };
      return {
        server: `http://mirror.example.com:8080/v2/${path}`,
        ...settings,
        host: { [`http://mirror.example.com:8080/v2/${path}`]: settings },
      };
    };
    expect(tomlAt(files, '/etc/containerd/certs.d/docker.io/hosts.toml')).toEqual(at('mke/docker.io'));
    expect(tomlAt(files, '/etc/containerd/certs.d/localhost:5000/hosts.toml')).toEqual(at('mke/localhost_5000'));
    const stripped = filesFor('containerd', { namespaces: ['docker.io'], path: 'mke', naming: 'strip-host' });
    expect(tomlAt(stripped, '/etc/containerd/certs.d/docker.io/hosts.toml')).toEqual(at('mke'));
  });

  it('has the authority, and leaves the host itself where that is asked for', () => {
    const url = 'https://mirror.example.com';
    const files = filesFor('containerd', { url, namespaces: ['quay.io'], fallback: true, ca: { file: '/ca.pem', pem: PEM } });
    expect(files['/etc/containerd/certs.d/mirror.example.com-ca.crt']).toBe(PEM);
    const settings = { capabilities: ['pull', 'resolve'], ca: '/etc/containerd/certs.d/mirror.example.com-ca.crt' };
    expect(tomlAt(files, '/etc/containerd/certs.d/quay.io/hosts.toml')).toEqual({ host: { [url]: settings } });
    expect(notesFor('containerd', { url })).not.toContain('WARNING');
  });
});

describe('ops/registry-client: docker', () => {
  it('allows plain HTTP, and mirrors Docker Hub at the root', () => {
    expect(JSON.parse(filesFor('docker')['/etc/docker/daemon.json'] ?? '')).toEqual({
      'insecure-registries': ['mirror.example.com:8080'],
      'registry-mirrors': ['http://mirror.example.com:8080'],
    });
    expect(notesFor('docker')).toContain('docker pull mirror.example.com:8080/docker.io/library/nginx:1.25');
  });

  it('has no mirror below a path, or for other hosts, and the authority where it needs one', () => {
    const url = 'https://mirror.example.com:8443';
    const files = filesFor('docker', { url, path: 'mke', ca: { file: '/ca.pem', pem: PEM } });
    expect(files).toEqual({ '/etc/docker/certs.d/mirror.example.com:8443/ca.crt': PEM });
    expect(filesFor('docker', { url, namespaces: ['quay.io'] })).toEqual({});
    expect(notesFor('docker', { path: 'mke' })).toContain('not below a path');
    expect(registryClientInstructions('docker', registry({ url, path: 'mke' })).commands).toEqual([]);
  });

  it('does not overwrite a configuration that is there', () => {
    const text = pasteable(registryClientInstructions('docker', registry()));
    expect(text).toContain(
      'cat > "$(test -e /etc/docker/daemon.json && echo /etc/docker/daemon.json.mirror || echo /etc/docker/daemon.json)" <<\'EOF\'',
    );
    expect(text).toContain('systemctl reload docker\n');
  });
});

describe('ops/registry-client: podman', () => {
  const path = '/etc/containers/registries.conf.d/mirror.conf';

  it('stands in for hosts', () => {
    const own = { location: 'mirror.example.com:8080', insecure: true };
    expect(tomlAt(filesFor('podman', { namespaces: ['docker.io'] }), path)).toEqual({
      registry: [{ prefix: 'docker.io', location: 'mirror.example.com:8080/docker.io', insecure: true }, own],
    });
    expect(tomlAt(filesFor('podman', { namespaces: ['quay.io'], fallback: true, path: 'a/b', naming: 'strip-host' }), path)).toEqual({
      registry: [{ prefix: 'quay.io', location: 'quay.io', mirror: [{ location: 'mirror.example.com:8080/a/b', insecure: true }] }, own],
    });
    expect(notesFor('podman')).toContain('--namespace');
  });

  it('has the authority', () => {
    const files = filesFor('podman', { url: 'https://mirror.example.com', ca: { file: '/ca.pem', pem: PEM } });
    expect(files['/etc/containers/certs.d/mirror.example.com/ca.crt']).toBe(PEM);
    expect(tomlAt(files, path)).toEqual({ registry: [{ location: 'mirror.example.com', insecure: false }] });
  });
});

describe('ops/registry-client: KET and MKE', () => {
  it('has the part of a plan file', () => {
    const secure = { url: 'https://mirror.example.com:8443', ca: { file: '/etc/mirror/ca.pem', pem: PEM }, username: 'kismaticuser' };
    const instructions = registryClientInstructions('ket', registry(secure));
    expect(parseYaml(yamlFragment(instructions))).toEqual({
      cluster: { disconnected_installation: true },
      docker_registry: { server: 'mirror.example.com:8443', CA: '/etc/mirror/ca.pem', username: 'kismaticuser', password: '' },
    });
    expect(notesFor('ket', secure)).not.toContain('WARNING');
    expect(notesFor('ket', { path: 'a' })).toContain('has no TLS');
    expect(notesFor('ket', { naming: 'strip-host' })).toContain('without --strip-host');
  });

  it('has the part of an mke4.yaml, without a slash at an end', () => {
    const instructions = registryClientInstructions('mke4', registry({ url: 'https://registry.example.com:8080', path: 'mke' }));
    const text = yamlFragment(instructions);
    expect(parseYaml(text)).toEqual({
      spec: {
        registries: {
          imageRegistry: { URL: 'registry.example.com:8080/mke' },
          chartRegistry: { URL: 'oci://registry.example.com:8080/mke' },
        },
        airgap: { enabled: true },
      },
    });
    expect(text).not.toMatch(/\/"?$/m);
    expect(text).not.toContain('WARNING');
    expect(notesFor('mke4')).toContain('plain HTTP');
    expect(notesFor('mke4', { url: 'https://a', ca: { file: '/ca', pem: PEM } })).toContain('publicly trusted');
  });
});
