import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { type ClientRegistryOptions, clientRegistry } from '../../../src/ops/registry-client/client-registry.ts';
import type { ClientRegistry } from '../../../src/ops/registry-client/registry-address.ts';
import { AUTHORITY, CertificateMaker, SIGNER } from '../../oci/signature/certificates.ts';
import { describeWithTools } from '../../support/requirements.ts';

function config(more = ''): Config {
  return parseConfig(`storage: s\nserve: { listen: "127.0.0.1:8080" }\n${more}`, '/etc/mirror/mirror.yaml', {});
}

const of = (text: string, options: Partial<ClientRegistryOptions> = {}, repositories: readonly string[] = []): Promise<ClientRegistry> =>
  clientRegistry(config(text), { cwd: '/', ...options }, repositories);

describe('ops/registry-client/client-registry', () => {
  it('is the server of the configuration', async () => {
    expect(await of('', {}, ['docker.io/library/nginx', 'quay.io/a/b', 'localhost_5000/a', 'team/app', 'nginx', 'docker.io'])).toEqual({
      url: 'http://127.0.0.1:8080',
      path: '',
      namespaces: ['docker.io', 'localhost:5000', 'quay.io'],
      naming: 'keep-host',
      understandsNamespaces: true,
      fallback: false,
      ca: undefined,
      username: undefined,
    });
  });

  it('is the target of the configuration, below its path', async () => {
    expect(await of('registry: { target: "registry.example.com:8080/mke/" }\n', {}, ['docker.io/library/nginx'])).toMatchObject({
      url: 'https://registry.example.com:8080',
      path: 'mke',
      namespaces: [],
      understandsNamespaces: false,
    });
    expect(await of('registry: { target: "127.0.0.1:8080/mke" }\n', {}, ['mke/quay.io/a/b', 'docker.io/a/b'])).toMatchObject({
      url: 'http://127.0.0.1:8080',
      path: 'mke',
      namespaces: ['quay.io'],
      understandsNamespaces: true,
    });
    expect((await of('registry: { target: "localhost:5000" }\n')).url).toBe('http://localhost:5000');
  });

  it('is what is asked for', async () => {
    const options = { url: 'https://Mirror.example.com:443/', path: '/a/b/', namespaces: ['docker.io', 'docker.io'], fallback: true };
    expect(await of('', options)).toMatchObject({
      url: 'https://mirror.example.com',
      path: 'a/b',
      namespaces: ['docker.io'],
      fallback: true,
    });
    expect((await of('', { url: 'https://m.example.com/mke/' })).path).toBe('mke');
  });

  it('refuses what cannot be', async () => {
    for (const options of [
      { url: 'mirror.example.com' },
      { url: 'ftp://mirror.example.com' },
      { url: 'https://user@mirror.example.com' },
      { path: 'Upper' },
      { namespaces: ['docker.io/library'] },
    ]) {
      await expect(of('', options)).rejects.toMatchObject({ code: 'USAGE' });
    }
    await expect(of('', { url: 'https://m', ca: 'missing.pem' })).rejects.toMatchObject({ code: 'FILE_MISSING' });
    await expect(of('', { url: 'https://m', ca: '/dev/null' })).rejects.toMatchObject({ code: 'KEY_INVALID' });
    expect((await of('', { url: 'http://m', ca: 'missing.pem' })).ca).toBeUndefined();
  });
});

describeWithTools(['openssl'], 'ops/registry-client/client-registry: certificates', () => {
  let directory: string;
  let maker: CertificateMaker;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-client-'));
    maker = await CertificateMaker.start();
  });
  afterAll(() => Promise.all([maker.end(), rm(directory, { recursive: true })]));

  it('takes the authority from the server where nobody else has issued its certificate', async () => {
    const root = await maker.issue('Root', { key: 'P-256', extensions: AUTHORITY });
    const server = await maker.issue('Server', { key: 'P-256', extensions: SIGNER, issuer: root });
    const cert = join(directory, 'server.crt');
    const tls = `storage: s\nserve: { listen: "127.0.0.1:8443", tls: { cert: ${cert}, key: k } }\n`;
    const registry = (options: Partial<ClientRegistryOptions> = {}): Promise<ClientRegistry> =>
      clientRegistry(parseConfig(tls, '/etc/mirror.yaml', {}), { cwd: directory, ...options }, []);
    await writeFile(cert, server.certificate.toString());
    expect((await registry()).ca).toBeUndefined();
    await writeFile(cert, `${server.certificate.toString()}${root.certificate.toString()}`);
    expect((await registry()).ca).toEqual({ file: cert, pem: root.certificate.toString() });
    await writeFile(join(directory, 'ca.pem'), `text before\n${root.certificate.toString()}`);
    expect((await registry({ ca: 'ca.pem' })).ca).toEqual({ file: join(directory, 'ca.pem'), pem: root.certificate.toString() });
  });
});
