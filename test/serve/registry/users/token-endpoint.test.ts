import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizedServer, startAuthorizedServer } from './authorized-server.ts';

const basic = (name: string, password: string) => ({ Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const ALICE = basic('alice', 'secret of alice');

interface TokenAnswer {
  readonly token: string;
  readonly refresh_token?: string;
}
const tokenOf = async (answer: Response): Promise<TokenAnswer> => JSON.parse(await answer.text());

describe('serve/registry/users/token-endpoint', () => {
  let server: AuthorizedServer;
  beforeAll(async () => {
    server = await startAuthorizedServer({ alice: 'secret of alice' });
  });
  afterAll(() => server.close());

  const get = (query: string, headers: Record<string, string> = {}) => fetch(`${server.url}/v2/token?${query}`, { headers });
  const post = (fields: Record<string, string>) => fetch(`${server.url}/v2/token`, { method: 'POST', body: new URLSearchParams(fields) });
  const push = async (token: string) =>
    (await fetch(`${server.url}/v2/app/manifests/1`, { method: 'PUT', headers: { Authorization: `Bearer ${token}` } })).status;
  const password = { grant_type: 'password', username: 'alice', password: 'secret of alice', client_id: 'test' };

  it('gives a user what was asked for, of several scopes', async () => {
    const answer = await get(
      `service=${server.host}&account=alice&scope=repository:app:pull,push&scope=repository:b:pull%20repository:c:pull%2Bregistry:catalog:*`,
      ALICE,
    );
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([
      200,
      'no-store',
      'application/json; charset=utf-8',
    ]);
    const body = await tokenOf(answer);
    expect(body).toEqual({
      token: expect.any(String),
      access_token: body.token,
      token_type: 'Bearer',
      expires_in: 300,
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      scope: 'repository:app:pull,push repository:b:pull repository:c:pull registry:catalog:*',
    });
    expect(await push(body.token)).toBe(200);
  });

  it('gives others what anyone may have, which is no error', async () => {
    expect(await (await get('scope=repository:app:pull,push')).json()).toMatchObject({ scope: 'repository:app:pull' });
    expect(await (await get('scope=repository:app:push')).json()).toMatchObject({ scope: '' });
    const offline = await (await get('offline_token=true', basic('', ''))).json();
    expect(offline).not.toHaveProperty('refresh_token');
  });

  it('gives a refresh token where one is asked for, by which there are others until the password is changed', async () => {
    const first = await tokenOf(await get('offline_token=true&scope=repository:app:pull', ALICE));
    const refresh = first.refresh_token ?? '';
    expect(await push(refresh)).toBe(401);
    const fields = { grant_type: 'refresh_token', refresh_token: refresh, service: server.host, scope: 'repository:app:push' };
    const second = await tokenOf(await post(fields));
    expect(await push(second.token)).toBe(200);
    expect(await (await post(password)).json()).not.toHaveProperty('refresh_token');
    expect(await (await post({ ...password, access_type: 'offline' })).json()).toHaveProperty('refresh_token');

    expect((await post({ ...fields, refresh_token: second.token })).status).toBe(401);
    expect((await post({ ...fields, refresh_token: '' })).status).toBe(401);
    server.setUsers({ alice: 'another secret' });
    expect((await post(fields)).status).toBe(401);
    server.setUsers({ alice: 'secret of alice' });
  });

  it('takes name and password from a form', async () => {
    const answer = await post({ ...password, scope: 'repository:app:push repository:b:pull' });
    expect(answer.status).toBe(200);
    const body = await tokenOf(answer);
    expect(await push(body.token)).toBe(200);
    expect((await post({ ...password, password: 'wrong' })).status).toBe(401);
    expect(await (await post({ grant_type: 'password', username: '', password: '', scope: 'repository:app:*' })).json()).toMatchObject({
      scope: 'repository:app:pull',
    });
  });

  it('refuses wrong credentials and asks for Basic ones', async () => {
    for (const headers of [basic('alice', 'wrong'), basic('bob', 'wrong'), { Authorization: 'Bearer x' }, { Authorization: 'Basic !' }]) {
      const answer = await get('scope=repository:app:pull', headers);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="mirror"']);
      expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    }
  });

  it('refuses what is no request for a token of this service', async () => {
    expect((await get('service=other.example&scope=repository:app:pull', ALICE)).status).toBe(400);
    expect((await post({ grant_type: 'client_credentials' })).status).toBe(400);
    expect((await post({ ...password, scope: 'x'.repeat(70_000) })).status).toBe(413);
    const json = await fetch(`${server.url}/v2/token`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
    expect(json.status).toBe(415);
    const put = await fetch(`${server.url}/v2/token`, { method: 'PUT', body: '' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});
