import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsKnowProxies, createAgents, proxyVariables, readAuthorities } from '../../src/fetch/agents.ts';
import { makeCertificates } from './servers.ts';

let certificates: ReturnType<typeof makeCertificates>;
beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => certificates.remove());

describe('fetch/agents', () => {
  it('takes proxies from the environment, and the configured one before them', () => {
    const environment = { http_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2', no_proxy: 'internal.example' };
    expect(proxyVariables(null, environment)).toEqual({
      http_proxy: 'http://a:1',
      https_proxy: 'http://b:2',
      no_proxy: 'internal.example',
    });
    expect(proxyVariables('http://c:3', environment)).toEqual({
      http_proxy: 'http://c:3',
      https_proxy: 'http://c:3',
      no_proxy: 'internal.example',
    });
    expect(proxyVariables(null, { no_proxy: 'x', HTTP_PROXY: 'http://cgi:1', http_proxy: '' })).toBeUndefined();
  });

  it('takes a proxy without a scheme, and refuses other schemes without showing credentials', () => {
    expect(proxyVariables(null, { https_proxy: 'proxy.example:3128' })).toEqual({ https_proxy: 'http://proxy.example:3128' });
    expect(() => proxyVariables(null, { https_proxy: 'socks5://me:s3cret@proxy:1080' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'the proxy in https_proxy in the environment is not an http or https address',
      }),
    );
  });

  it('says so when a client certificate cannot be used', () => {
    const agents = createAgents({ proxy: null, ca: undefined }, {});
    expect(() => agents.secure({ cert: 'no certificate', key: 'no key' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    agents.destroy();
  });

  it('knows which Node can use a proxy', () => {
    expect(['v24.21.0', 'v24.5.0', 'v25.0.0', 'v22.21.0', 'v22.20.0', 'v24.4.1', 'v23.11.0'].map(agentsKnowProxies)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('keeps one agent for each client identity', () => {
    const agents = createAgents({ proxy: null, ca: undefined }, {});
    const { cert, key } = certificates.client;
    expect(agents.secure(undefined)).toBe(agents.secure(undefined));
    expect(agents.secure({ cert, key })).toBe(agents.secure({ cert, key }));
    expect(agents.secure({ cert, key })).not.toBe(agents.secure(undefined));
    agents.destroy();
  });

  it('reads authorities', async () => {
    expect(await readAuthorities(certificates.authority)).toContain('BEGIN CERTIFICATE');
  });

  it.each([
    ['missing', undefined, 'cannot read'],
    ['empty', 'no certificate here\n', 'has no certificate'],
    ['damaged', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'damaged'],
  ])('refuses a file of authorities that is %s', async (name, content, why) => {
    const path = join(certificates.directory, `${name}.pem`);
    if (content !== undefined) writeFileSync(path, content);
    const reading = readAuthorities(path);
    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(path) });
    await expect(reading).rejects.toThrow(why);
  });
});
