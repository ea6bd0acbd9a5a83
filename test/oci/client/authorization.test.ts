import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorOf, startServer, type TestServer } from '../../fetch/servers.ts';
import { answer, openTestRegistry, refuse } from './test-registry.ts';

const MANIFEST = Buffer.from('{"schemaVersion":2}');
const LOGIN = { username: 'anna', password: 'open:sesame' };
const BASIC = `Basic ${Buffer.from('anna:open:sesame').toString('base64')}`;

function manifest(response: ServerResponse): void {
  answer(response, 200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, MANIFEST);
}

/** A registry that wants tokens, which `token` gives; `challenge` is what it answers to who has none. */
async function startTokenRegistry(
  token: (response: ServerResponse, url: URL, authorization: string | undefined) => void,
  challenge = (host: string): string => `Bearer realm="http://${host}/token",service="a \\"quoted\\" service",scope="repository:a/b:pull"`,
  good = (authorization: string | undefined): boolean => authorization === 'Bearer T1',
): Promise<TestServer> {
  return await startServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    if (url.pathname === '/token') token(response, url, request.headers.authorization);
    else if (good(request.headers.authorization)) manifest(response);
    else answer(response, 401, { 'www-authenticate': challenge(request.headers.host ?? '') });
  });
}

describe('oci/client/authorization', () => {
  it('asks for a token by what the registry says, and uses it for what has the same scope', async () => {
    const asked: { url: URL; authorization: string | undefined }[] = [];
    const server = await startTokenRegistry((response, url, authorization) => {
      asked.push({ url, authorization });
      answer(response, 200, {}, '{"access_token":"T1","expires_in":300}');
    });
    const { host } = new URL(server.url);
    const repository = (await openTestRegistry(server.url, { logins: { [host]: LOGIN } })).repository('a/b');
    await Promise.all([repository.manifestAt('v1'), repository.manifestAt('v2')]);
    expect((await repository.manifestAt('v3'))?.bytes).toEqual(MANIFEST);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.authorization).toBe(BASIC);
    expect([...(asked[0]?.url.searchParams ?? [])]).toEqual([
      ['service', 'a "quoted" service'],
      ['scope', 'repository:a/b:pull'],
    ]);
  });

  it('asks for tokens of further scopes before they are missed, and for one anew when it is refused', async () => {
    const scopes: (string | null)[] = [];
    let good = 'Bearer T1';
    const server = await startTokenRegistry(
      (response, url) => {
        scopes.push(url.searchParams.get('scope'));
        answer(response, 200, {}, JSON.stringify({ token: good.slice('Bearer '.length) }));
      },
      undefined,
      (authorization) => authorization === good,
    );
    const client = await openTestRegistry(server.url);
    await client.repository('a/b').manifestAt('v1');
    const before = server.requests.length;
    await client.repository('a/c').manifestAt('v1');
    expect(server.requests.length - before).toBe(2);
    good = 'Bearer T2';
    expect((await client.repository('a/b').manifestAt('v1'))?.bytes).toEqual(MANIFEST);
    expect(scopes).toEqual(['repository:a/b:pull', 'repository:a/c:pull', 'repository:a/b:pull']);
  });

  it('renews a token that is about to expire, even where the server says that it is very short-lived', async () => {
    let count = 0;
    const server = await startTokenRegistry((response) => {
      count++;
      answer(response, 200, {}, '{"token":"T1","expires_in":1}');
    });
    const repository = (await openTestRegistry(server.url)).repository('a/b');
    await repository.manifestAt('v1');
    await repository.manifestAt('v2');
    expect(count).toBe(1);
  });

  it('exchanges an identity token by a form, and not in an address', async () => {
    const server = await startServer((request, response) => {
      if (request.url !== '/token') {
        if (request.headers.authorization === 'Bearer T1') return manifest(response);
        return answer(response, 401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service=s` });
      }
      let form = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        form += text;
      });
      request.on('end', () => {
        const { grant_type, refresh_token, service, scope } = Object.fromEntries(new URLSearchParams(form));
        expect({ method: request.method, authorization: request.headers.authorization }).toEqual({
          method: 'POST',
          authorization: undefined,
        });
        expect({ grant_type, refresh_token, service, scope }).toEqual({
          grant_type: 'refresh_token',
          refresh_token: 'identity',
          service: 's',
          scope: 'repository:a/b:pull',
        });
        answer(response, 200, {}, '{"access_token":"T1"}');
      });
    });
    const { host } = new URL(server.url);
    const client = await openTestRegistry(server.url, { logins: { [host]: { identitytoken: 'identity' } } });
    expect((await client.repository('a/b').manifestAt('v1'))?.bytes).toEqual(MANIFEST);
  });

  it('prefers a token where there are several challenges, and takes Basic where that is all', async () => {
    const both = await startTokenRegistry(
      (response) => answer(response, 200, {}, '{"token":"T1"}'),
      (host) => `Basic realm="a, b", Bearer realm="http://${host}/token",service=s`,
    );
    expect((await (await openTestRegistry(both.url)).repository('a/b').manifestAt('v1'))?.bytes).toEqual(MANIFEST);
    const basic = await startTokenRegistry(
      () => undefined,
      () => 'Basic realm="r"',
      (authorization) => authorization === BASIC,
    );
    const { host } = new URL(basic.url);
    const client = await openTestRegistry(basic.url, { logins: { [host]: LOGIN } });
    await client.repository('a/b').manifestAt('v1');
    await client.repository('other').manifestAt('v1');
    expect(basic.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, BASIC]);
  });

  it('says which credentials were refused, in the words of the registry and without the password', async () => {
    const server = await startServer((_request, response) => {
      response.setHeader('www-authenticate', 'Basic realm="r"');
      refuse(response, 401, 'UNAUTHORIZED', 'nobody\u001b[31m knows you');
    });
    const { host } = new URL(server.url);
    const known = await errorOf((await openTestRegistry(server.url, { logins: { [host]: LOGIN } })).repository('a/b').resolve('v1'));
    expect(known.code).toBe('FETCH_DENIED');
    expect(known.message).toMatch(/with the credentials of .*auth\.json$/);
    const unknown = await errorOf((await openTestRegistry(server.url)).repository('a/b').manifestAt('v1'));
    expect(unknown.message).toBe(
      `the manifest v1 of a/b at ${host}: ${host} answered 401 (UNAUTHORIZED: nobody\\x1b[31m knows you); no credentials for ${host} were found`,
    );
    expect(unknown.hint).toContain(`skopeo login ${host}`);
    for (const { message, hint } of [known, unknown]) expect(`${message} ${hint}`).not.toContain('sesame');
  });

  it('tries again where the token server may do better, and not where it refuses', async () => {
    let count = 0;
    const busy = await startTokenRegistry((response) => {
      count++;
      if (count < 3) answer(response, 503, { 'retry-after': '0' });
      else answer(response, 200, {}, '{"token":"T1"}');
    });
    expect((await (await openTestRegistry(busy.url)).repository('a/b').manifestAt('v1'))?.bytes).toEqual(MANIFEST);
    const refusing = await startTokenRegistry((response) => answer(response, 403));
    const error = await errorOf((await openTestRegistry(refusing.url)).repository('a/b').manifestAt('v1'));
    expect(error).toMatchObject({ code: 'FETCH_DENIED', message: expect.stringContaining('answered 403') });
    expect(refusing.requests).toHaveLength(2);
  });

  it('follows no redirect of a token server, and takes no token that would be more than one header', async () => {
    const elsewhere = await startServer((_request, response) => answer(response, 200, {}, '{"token":"T1"}'));
    const redirecting = await startTokenRegistry((response) => answer(response, 302, { location: `${elsewhere.url}/token` }));
    const { host } = new URL(redirecting.url);
    const client = await openTestRegistry(redirecting.url, { logins: { [host]: LOGIN } });
    expect(await errorOf(client.repository('a/b').manifestAt('v1'))).toMatchObject({ code: 'FETCH_DENIED' });
    expect(elsewhere.requests).toEqual([]);
    const injecting = await startTokenRegistry((response) => answer(response, 200, {}, JSON.stringify({ token: 'T1\r\nx: y' })));
    expect(await errorOf((await openTestRegistry(injecting.url)).repository('a/b').manifestAt('v1'))).toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining('without a token'),
    });
  });

  it('asks another host for tokens only where that is allowed', async () => {
    const tokens = await startServer((_request, response) => answer(response, 200, {}, '{"token":"T1"}'));
    const { host } = new URL(tokens.url);
    const server = await startTokenRegistry(
      () => undefined,
      () => `Bearer realm="${tokens.url}/token"`,
    );
    const error = await errorOf((await openTestRegistry(server.url)).repository('a/b').manifestAt('v1'));
    expect(error).toMatchObject({ code: 'FETCH_DENIED', hint: expect.stringContaining(`--allow-realm ${host}`) });
    expect(tokens.requests).toEqual([]);
    const allowing = await openTestRegistry(server.url, { allowedRealms: [host] });
    expect((await allowing.repository('a/b').manifestAt('v1'))?.bytes).toEqual(MANIFEST);
  });
});
