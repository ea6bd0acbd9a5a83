import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCredentialFinder, type FoundCredentials } from '../../../src/oci/client/credentials.ts';
import { errorOf } from '../../fetch/servers.ts';
import { temporaryFolder } from './test-registry.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const APP = { host: 'registry.example.com', repository: 'team/app' };

function write(path: string, content: unknown): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function login(username: string, password = 'secret', key = APP.host): object {
  return { auths: { [key]: { auth: encoded(`${username}:${password}`) } } };
}

function findCredentials({ host, repository }: typeof APP, environment: Record<string, string>): Promise<FoundCredentials | undefined> {
  return createCredentialFinder(host, environment)(repository);
}

async function userOf(environment: Record<string, string>, registry = APP): Promise<string | undefined> {
  const credentials = (await findCredentials(registry, environment))?.credentials;
  return credentials?.kind === 'password' ? credentials.username : credentials?.token;
}

/** Puts a credential helper on a path of its own; gives the environment to find it by. */
function helper(home: string, script: string): Record<string, string> {
  const path = write(join(home, 'bin/docker-credential-test'), `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { HOME: home, PATH: `${dirname(path)}:${process.env['PATH']}` };
}

describe('oci/client/credentials', () => {
  it('are looked for in the files of podman and docker, in their order', async () => {
    const home = temporaryFolder();
    const environment: Record<string, string> = { HOME: home };
    expect(await userOf(environment)).toBeUndefined();
    write(join(home, '.dockercfg'), { [APP.host]: { auth: encoded('legacy:secret') } });
    expect(await userOf(environment)).toBe('legacy');
    write(join(home, '.docker/config.json'), login('docker'));
    expect(await userOf(environment)).toBe('docker');
    environment['DOCKER_CONFIG'] = dirname(write(join(home, 'elsewhere/config.json'), login('moved')));
    expect(await userOf(environment)).toBe('moved');
    write(join(home, '.config/containers/auth.json'), login('containers'));
    expect(await userOf(environment)).toBe('containers');
    environment['XDG_RUNTIME_DIR'] = join(home, 'run');
    write(join(home, 'run/containers/auth.json'), login('runtime'));
    expect(await userOf(environment)).toBe('runtime');
    environment['REGISTRY_AUTH_FILE'] = write(join(home, 'named.json'), login('named'));
    expect(await userOf(environment)).toBe('named');
    expect((await findCredentials(APP, environment))?.from).toBe(join(home, 'named.json'));
  });

  it('are the most specific ones, and those of the host otherwise', async () => {
    const home = temporaryFolder();
    const auths = {
      'registry.example.com': { auth: encoded('host:s') },
      'registry.example.com/team': { auth: encoded('team:s') },
      'registry.example.com/team/app': { auth: encoded('app:s') },
      'registry.example.com:5000': { auth: encoded('port:s') },
      'https://index.docker.io/v1/': { auth: encoded('hub:s') },
      'https://old.example.com/v1/': { username: 'plain', password: 'p:q' },
      'token.example.com': { identitytoken: 'identity', auth: encoded('ignored:x') },
      'azure.example.com': { auth: encoded('<token>:azure') },
    };
    write(join(home, '.docker/config.json'), { auths });
    const user = (host: string, repository = ''): Promise<string | undefined> => userOf({ HOME: home }, { host, repository });
    expect(await user(APP.host, 'team/app')).toBe('app');
    expect(await user(APP.host, 'team/other')).toBe('team');
    expect(await user(APP.host, 'teams')).toBe('host');
    expect(await user('registry.example.com:5000', 'team/app')).toBe('port');
    expect(await user('docker.io', 'library/nginx')).toBe('hub');
    expect(await user('registry-1.docker.io', 'library/nginx')).toBe('hub');
    expect(await user('old.example.com')).toBe('plain');
    expect(await user('token.example.com')).toBe('identity');
    expect(await user('azure.example.com')).toBe('azure');
    expect(await user('example.com')).toBeUndefined();
    expect(await user('__proto__')).toBeUndefined();
  });

  it('are not in a file that is malformed, and the next one counts', async () => {
    const home = temporaryFolder();
    write(join(home, '.config/containers/auth.json'), '{ not json');
    write(join(home, '.docker/config.json'), login('docker'));
    expect(await userOf({ HOME: home })).toBe('docker');
  });

  it('come from a helper, which is told the host and nothing else', async () => {
    const home = temporaryFolder();
    const environment = helper(home, 'read host; echo "{\\"Username\\":\\"$1 $host $#\\",\\"Secret\\":\\"s\\"}"');
    write(join(home, '.docker/config.json'), { credHelpers: { [APP.host]: 'test' }, credsStore: 'missing' });
    expect(await userOf(environment)).toBe(`get ${APP.host} 1`);
    write(join(home, '.docker/config.json'), { credsStore: 'test' });
    expect(await userOf(environment, { host: 'docker.io', repository: 'a/b' })).toBe('get https://index.docker.io/v1/ 1');
  });

  it('are asked for once for all repositories', async () => {
    const home = temporaryFolder();
    const environment = helper(home, `echo "$*" >>${join(home, 'asked')}; echo '{"Username":"u","Secret":"s"}'`);
    write(join(home, '.docker/config.json'), { credsStore: 'test' });
    const find = createCredentialFinder(APP.host, environment);
    const found = { credentials: { kind: 'password', username: 'u', password: 's' }, from: join(home, '.docker/config.json') };
    expect(await Promise.all([find('a'), find('b')])).toEqual([found, found]);
    expect(readFileSync(join(home, 'asked'), 'utf8')).toBe('get\n');
  });

  it('are none where the helper knows none', async () => {
    const home = temporaryFolder();
    const environment = helper(home, 'echo "credentials not found in native keychain"; exit 1');
    write(join(home, '.docker/config.json'), { credsStore: 'test' });
    expect(await findCredentials(APP, environment)).toBeUndefined();
  });

  it.each([
    ['../../bin/sh', 'exit 0', 'a name that no program has'],
    ['a b', 'exit 0', 'a name that no program has'],
    ['test', 'echo "not json: hunter2"', 'did not answer as a helper does'],
    ['test', 'echo hunter2; exit 3', 'ended with 3'],
    ['test', 'head -c 1000000 /dev/zero; sleep 20', 'said too much'],
    ['test', 'yes hunter2', 'said too much'],
    ['other', 'exit 0', 'cannot be started'],
  ])('from a helper named "%s" that does `%s` are an error without secrets', async (name, script, why) => {
    const home = temporaryFolder();
    const environment = helper(home, script);
    write(join(home, '.docker/config.json'), { credsStore: name });
    const error = await errorOf(findCredentials(APP, environment));
    expect(error).toMatchObject({ code: 'FETCH_DENIED', message: expect.stringContaining(why) });
    expect(error.message).not.toContain('hunter2');
  });
});
