import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCredentials, passwordVariable } from '../../src/fetch/credentials.ts';
import { makeCertificates } from './servers.ts';

let certificates: ReturnType<typeof makeCertificates>;
const file = (name: string, content: string): string => {
  const path = join(certificates.directory, name);
  writeFileSync(path, content);
  return path;
};
beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => certificates.remove());

describe('fetch/credentials', () => {
  it('has none where none are configured', async () => {
    expect(await loadCredentials({}, { MIRROR_PASSWORD_A: 'x' }, 'a')).toBeUndefined();
  });

  it('names the variable after the mirror', () => {
    expect(passwordVariable('rhel-7.server_rpms')).toBe('MIRROR_PASSWORD_RHEL_7_SERVER_RPMS');
  });

  it('reads a password file up to its line break, and only that one', async () => {
    const load = (content: string) => loadCredentials({ username: 'me', passwordFile: file('password', content) }, {}, 'a');
    expect(await load('secret\n')).toEqual({ username: 'me', password: 'secret' });
    expect(await load('secret\r\n')).toEqual({ username: 'me', password: 'secret' });
    expect(await load(' a b \n\n')).toEqual({ username: 'me', password: ' a b \n' });
    expect(await load('secret')).toEqual({ username: 'me', password: 'secret' });
  });

  it('reads the environment, and the file before it', async () => {
    const environment = { MIRROR_PASSWORD_ESM_APPS: 'from-environment' };
    expect(await loadCredentials({ username: 'bearer' }, environment, 'esm-apps')).toEqual({
      username: 'bearer',
      password: 'from-environment',
    });
    expect(await loadCredentials({ username: 'bearer', passwordFile: file('p', 'from-file') }, environment, 'esm-apps')).toEqual({
      username: 'bearer',
      password: 'from-file',
    });
  });

  it('reads a client certificate and its key, also from one file', async () => {
    const { certPath, keyPath, cert, key } = certificates.client;
    expect(await loadCredentials({ clientCert: certPath, clientKey: keyPath }, {}, 'a')).toEqual({ clientCert: cert, clientKey: key });
    const both = file('both.pem', cert + key);
    expect(await loadCredentials({ clientCert: both }, {}, 'a')).toEqual({ clientCert: cert + key, clientKey: cert + key });
  });

  it('says what is missing or wrong', async () => {
    const { certPath, keyPath } = certificates.client;
    const otherKey = join(certificates.directory, 'server.key');
    const nowhere = join(certificates.directory, 'nowhere');
    const cases = [
      [{ username: 'me', passwordFile: nowhere }, nowhere],
      [{ username: 'me' }, 'no password'],
      [{ passwordFile: file('p', 'x') }, 'no username'],
      [{ clientKey: keyPath }, 'no clientCert'],
      [{ clientCert: certPath }, certPath],
      [{ clientCert: certPath, clientKey: nowhere }, nowhere],
      [{ clientCert: certPath, clientKey: otherKey }, 'cannot use the client certificate'],
    ] as const;
    for (const [settings, why] of cases) {
      const loading = loadCredentials(settings, {}, 'a');
      await expect(loading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      await expect(loading).rejects.toThrow(why);
    }
  });
});
