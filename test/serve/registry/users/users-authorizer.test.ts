import { once } from 'node:events';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizedServer, startAuthorizedServer } from './authorized-server.ts';

const basic = (name: string, password: string) => ({ Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const ALICE = basic('alice', 'secret of alice');

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Each header of its own. */
  readonly challenges: readonly string[];
  readonly body: string;
}

describe('serve/registry/users/users-authorizer', () => {
  let server: AuthorizedServer;
  beforeAll(async () => {
    server = await startAuthorizedServer({ alice: 'secret of alice', bob: 'secret of bob' });
  });
  afterAll(() => server.close());

  async function ask(method: string, path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    const sent = request(`${server.url}${path}`, { method, headers }).end();
    const [answer] = await once(sent, 'response');
    const { statusCode, headers: received, headersDistinct } = answer;
    return { status: statusCode, headers: received, challenges: headersDistinct['www-authenticate'] ?? [], body: await text(answer) };
  }
  const status = async (...parameters: Parameters<typeof ask>): Promise<number | undefined> => (await ask(...parameters)).status;
  async function token(scope: string, headers: OutgoingHttpHeaders = {}): Promise<OutgoingHttpHeaders> {
    const answer = await ask('GET', `/v2/token?service=${server.host}&scope=${scope}`, headers);
    const { token } = JSON.parse(answer.body);
    return { Authorization: `Bearer ${token}` };
  }
  const bearer = (more = '') => `Bearer realm="${server.url}/v2/token",service="${server.host}"${more}`;

  it('asks whoever comes without anything how to log in, and lets everyone pull', async () => {
    const ping = await ask('GET', '/v2/');
    expect(ping).toMatchObject({ status: 401, challenges: [bearer(), 'Basic realm="mirror"'] });
    expect(JSON.parse(ping.body)).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect(ping.headers['cache-control']).toBe('no-store');
    expect(await status('GET', '/v2/team/app/manifests/1')).toBe(200);
    expect(await status('HEAD', '/v2/team/app/manifests/1')).toBe(200);
    expect(await status('GET', '/v2/_catalog')).toBe(200);
    expect(await status('GET', '/v2/app/manifests/1', basic('', ''))).toBe(200);
    expect(await status('GET', '/v2/', basic('', ''))).toBe(401);
  });

  it('takes Basic credentials for everything, and refuses wrong ones everywhere', async () => {
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2/app/manifests/1'],
      ['PUT', '/v2/app/manifests/1'],
      ['DELETE', '/v2/app/manifests/1'],
    ] as const) {
      expect(await status(method, path, ALICE)).toBe(200);
    }
    const wrong = await ask('GET', '/v2/app/manifests/1', basic('alice', 'secret of bob'));
    expect(wrong).toMatchObject({ status: 401, challenges: [bearer(',scope="repository:app:pull"'), 'Basic realm="mirror"'] });
    const unknown = await ask('GET', '/v2/app/manifests/1', basic('carol', 'secret of bob'));
    expect(unknown.body).toBe(wrong.body);
    expect(await status('GET', '/v2/', { Authorization: 'Digest x' })).toBe(401);
  });

  it('says what a token has to be for', async () => {
    const scope = async (method: string, headers = {}) => (await ask(method, '/v2/team/app/manifests/1', headers)).challenges[0];
    expect(await scope('PUT')).toBe(bearer(',scope="repository:team/app:pull,push"'));
    expect(await scope('DELETE')).toBe(bearer(',scope="repository:team/app:pull,delete"'));
    expect(await scope('GET', { Authorization: 'Bearer x.y.z' })).toBe(bearer(',scope="repository:team/app:pull",error="invalid_token"'));
    expect((await ask('PUT', '/v2/a%22,x=%22b/manifests/1')).challenges[0]).toBe(bearer());
  });

  it('takes a token for what it was given for', async () => {
    const forApp = await token('repository:app:pull,push', ALICE);
    expect(await status('GET', '/v2/', forApp)).toBe(200);
    expect(await status('PUT', '/v2/app/manifests/1', forApp)).toBe(200);
    expect(await status('GET', '/v2/other/manifests/1', forApp)).toBe(200);
    expect(await status('DELETE', '/v2/app/manifests/1', forApp)).toBe(401);
    const other = await ask('PUT', '/v2/other/manifests/1', forApp);
    expect(other).toMatchObject({
      status: 401,
      challenges: [bearer(',scope="repository:other:pull,push",error="insufficient_scope"'), expect.any(String)],
    });
    const everything = await token('repository:app:*', ALICE);
    expect(await status('DELETE', '/v2/app/manifests/1', everything)).toBe(200);
  });

  it('gives nobody in particular a token for reading', async () => {
    const anonymous = await token('repository:app:pull,push');
    expect(await status('GET', '/v2/', anonymous)).toBe(200);
    expect(await status('GET', '/v2/app/manifests/1', anonymous)).toBe(200);
    const refused = await ask('PUT', '/v2/app/manifests/1', anonymous);
    expect(refused).toMatchObject({ status: 401, challenges: [expect.stringContaining('error="insufficient_scope"'), expect.any(String)] });
  });

  it('refuses a token at another host, and after its time', async () => {
    const forApp = await token('repository:app:push', ALICE);
    expect(await status('PUT', '/v2/app/manifests/1', { ...forApp, Host: 'other.example' })).toBe(401);
    server.pass(299_000);
    expect(await status('PUT', '/v2/app/manifests/1', forApp)).toBe(200);
    server.pass(2000);
    expect(await status('PUT', '/v2/app/manifests/1', forApp)).toBe(401);
    expect(await status('GET', '/v2/app/manifests/1', forApp)).toBe(401);
  });

  it('puts nothing of a malformed Host into its challenge', async () => {
    const proxied = { Host: 'registry.example.org', 'X-Forwarded-Proto': 'https' };
    expect((await ask('GET', '/v2/', proxied)).challenges[0]).toBe(
      'Bearer realm="https://registry.example.org/v2/token",service="registry.example.org"',
    );
    expect((await ask('GET', '/v2/', { Host: 'a",realm="http://evil' })).challenges[0]).toBe(bearer());
  });

  it('forgets a user, and the tokens of one, as soon as the file does', async () => {
    const bob = basic('bob', 'secret of bob');
    const forApp = await token('repository:app:push', bob);
    expect(await status('PUT', '/v2/app/manifests/1', forApp)).toBe(200);
    server.setUsers({ alice: 'secret of alice' });
    expect(await status('PUT', '/v2/app/manifests/1', forApp)).toBe(401);
    expect(await status('PUT', '/v2/app/manifests/1', bob)).toBe(401);
    expect(await status('PUT', '/v2/app/manifests/1', ALICE)).toBe(200);
    expect(server.logged).toEqual(['the users of the registry were read again']);
  });

  it('answers 429 after ten wrong passwords a minute', async () => {
    server.pass(60_000);
    for (let count = 0; count < 10; count++) expect(await status('GET', '/v2/', basic('alice', `guess ${count}`))).toBe(401);
    const limited = await ask('GET', '/v2/', basic('alice', 'guess'));
    expect(limited.status).toBe(429);
    expect(JSON.parse(limited.body)).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    expect(Number(limited.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(await status('GET', '/v2/token', basic('alice', 'guess'))).toBe(429);
    expect(await status('GET', '/v2/', ALICE)).toBe(200);
    expect(await status('GET', '/v2/app/manifests/1')).toBe(200);
    expect(await status('GET', '/v2/', { ...basic('alice', 'guess'), 'X-Forwarded-For': '198.51.100.1' })).toBe(401);
    server.pass(61_000);
    expect(await status('GET', '/v2/', basic('alice', 'guess'))).toBe(401);
  });
});
