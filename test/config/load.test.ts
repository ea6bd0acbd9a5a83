import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { isMirrorError } from '../../src/core/errors.ts';

/** The problems of a text, without the file's name. */
function problemsOf(text: string, environment: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, '/etc/mirror.yaml', environment);
    return [];
  } catch (error) {
    if (!isMirrorError(error, 'CONFIG_INVALID')) throw error;
    const [summary, ...lines] = error.message.split('\n');
    expect(summary).toBe(lines.length === 1 ? 'the configuration has an error' : `the configuration has ${lines.length} errors`);
    return lines.map((line) => {
      expect(line.startsWith('/etc/mirror.yaml:')).toBe(true);
      return line.slice('/etc/mirror.yaml:'.length);
    });
  }
}

describe('config/load', () => {
  it('fills in defaults', () => {
    const config = parseConfig('storage: data\n', '/srv/mirror.yaml', {});
    expect(config).toMatchObject({
      storage: '/srv/data',
      http: { concurrency: 16, retries: 4, timeout: '30s', bandwidth: 0, proxy: null, ca: null },
      mirrors: {},
      groups: {},
      publications: {},
      serve: { listen: '127.0.0.1:8080' },
    });
  });

  it('takes sections of which every line is commented out', () => {
    expect(problemsOf('storage: x\nmirrors:\n  # a: {}\npublications:\nhttp:\n')).toEqual([]);
  });

  it('makes file names absolute, and leaves URLs and fingerprints', () => {
    const text = `
storage: ./s
signing: { key: k.asc, passphraseFile: ../p }
http: { ca: ca.pem }
mirrors:
  a:
    type: apt
    url: http://x/
    suite: s
    keys: [keys/a.asc, /abs.gpg, "file:///etc/b.asc", https://x/key, 3FE869A93FE869A93FE869A93FE869A93FE869A9]
    keyserver: https://keys.example.org
    username: u
    passwordFile: pw
    clientCert: c.pem
    clientKey: /k.pem
repos: { r: { type: apt, keys: [keys/r.asc, https://x/key] } }
serve: { tls: { cert: t.crt, key: t.key } }
`;
    const config = parseConfig(text, '/srv/m/mirror.yaml', {});
    expect(config.storage).toBe('/srv/m/s');
    expect(config.signing).toEqual({ key: '/srv/m/k.asc', passphraseFile: '/srv/p' });
    expect(config.http.ca).toBe('/srv/m/ca.pem');
    expect(config.mirrors['a']).toMatchObject({
      keys: ['/srv/m/keys/a.asc', '/abs.gpg', '/etc/b.asc', 'https://x/key', '3FE869A93FE869A93FE869A93FE869A93FE869A9'],
      passwordFile: '/srv/m/pw',
      clientCert: '/srv/m/c.pem',
      clientKey: '/k.pem',
      url: ['http://x/'],
    });
    expect(config.repos['r']?.keys).toEqual(['/srv/m/keys/r.asc', 'https://x/key']);
    expect(config.serve.tls).toEqual({ cert: '/srv/m/t.crt', key: '/srv/m/t.key' });
  });

  it('keeps tags of images as they are written, and makes the files of images absolute', () => {
    const text = `storage: s
registry:
  images:
    - { image: a/b, tags: [1.10, 3.0, 0x10], verify: { cosign: { key: k.pub }, notation: { trust: [/t.crt, u.crt] } } }
  charts: [c.tgz, "oci://h.example/c:1", { chart: "oci://h.example/d", version: 1.20, images: false }]
`;
    const { registry } = parseConfig(text, '/etc/mirror/mirror.yaml', {});
    expect(registry?.images).toEqual([
      expect.objectContaining({
        tags: ['1.10', '3.0', '0x10'],
        verify: { cosign: { key: ['/etc/mirror/k.pub'] }, notation: { trust: ['/t.crt', '/etc/mirror/u.crt'] } },
      }),
    ]);
    expect(registry?.charts).toEqual([
      '/etc/mirror/c.tgz',
      'oci://h.example/c:1',
      expect.objectContaining({ chart: 'oci://h.example/d', version: '1.20', images: false }),
    ]);
  });

  it("finds the registry's users beside the configuration, where it asks for users", () => {
    const users = (registry: string): string | undefined =>
      parseConfig(`storage: s\nserve: { registry: ${registry} }\n`, '/srv/m/mirror.yaml', {}).serve.registry.users;
    expect(users('{}')).toBeUndefined();
    expect(users('{ push: none }')).toBeUndefined();
    expect(users('{ push: users }')).toBe('/srv/m/registry-users');
    expect(users('{ push: users, users: ../htpasswd }')).toBe('/srv/htpasswd');
    expect(problemsOf('storage: s\nserve: { registry: { users: htpasswd } }\n')).toEqual([
      '2:22: serve.registry.users: nothing asks for users: push is loopback; allowed: push: users beside it',
    ]);
  });

  it('takes numbers from the environment', () => {
    const text = `storage: x\nhttp: { concurrency: "$\{N}" }\n`;
    expect(parseConfig(text, '/m.yaml', { N: '7' }).http.concurrency).toBe(7);
    expect(problemsOf(text, { N: 'many' })).toEqual(['2:22: http.concurrency: a text stands here; allowed: a number']);
  });

  it.each<[name: string, text: string, problem: string]>([
    [
      'an unknown key',
      'storage: x\nhtp: 1\n',
      '2:1: htp: unknown key; allowed: storage, signing, http, mirrors, groups, repos, publications, serve, registry, schedule; did you mean "http"?',
    ],
    [
      'an unknown key of a mirror of one family',
      'storage: x\nmirrors:\n  a:\n    type: yum\n    url: http://x/\n    suites: x\n',
      '6:5: mirrors.a.suites: unknown key; allowed: type, url, mirrorlist, metalink, vars, architectures, newestOnly, keepVersions, installer, allowWeak, keys, keyserver, verify, filter, withDeps, username, passwordFile, clientCert, clientKey, allowExpired, allowRollback',
    ],
    [
      'a password',
      'storage: x\nmirrors: { a: { type: yum, url: "http://x/", password: y } }\n',
      '2:46: mirrors.a.password: a secret may not stand in this file; allowed: passwordFile: the name of a file that only mirror can read',
    ],
    [
      'a passphrase',
      'storage: x\nsigning: { key: k, passphrase: y }\n',
      '2:20: signing.passphrase: a secret may not stand in this file; allowed: passphraseFile: the name of a file that only mirror can read',
    ],
    ['a key twice', 'storage: x\nstorage: y\n', '2:1: this key is there twice; remove one of the two'],
    ['a tab', 'storage: x\nmirrors:\n\ta: {}\n', '3:1: a tab is used to indent; YAML allows only spaces'],
    ['an empty file', '', '1:1: the file is empty; allowed: at least `storage: DIRECTORY`'],
    ['a list', '- a\n', '1:1: a list stands here; allowed: a map of keys'],
    ['a value inside itself', 'storage: x\nmirrors: &m { a: *m }\n', '2:18: an alias (*name) stands inside the value that it names'],
    ['what is missing', 'mirrors: {}\n', '1:1: storage: is missing; allowed: a text'],
    [
      'a number for a text',
      'storage: x\nmirrors: { a: { type: yum, url: "http://x/", vars: { releasever: 7 } } }\n',
      '2:66: mirrors.a.vars.releasever: 7 is a number here; allowed: a text: put it in quotes, "7"',
    ],
    [
      'an unknown type',
      'storage: x\nmirrors: { a: { type: atp } }\n',
      '2:23: mirrors.a.type: "atp" is not one of the known values; allowed: apt, yum; did you mean "apt"?',
    ],
    ['a missing type', 'storage: x\nmirrors: { a: { suite: x } }\n', '2:12: mirrors.a.type: is missing; allowed: apt or yum'],
    [
      'an unknown value in a list',
      'storage: x\nmirrors: { a: { type: yum, url: "http://x/", verify: [package] } }\n',
      '2:55: mirrors.a.verify[0]: "package" is not one of the known values; allowed: metadata, packages; did you mean "packages"?',
    ],
    [
      'a key in one of two forms',
      'storage: x\nmirrors: { a: { type: yum, url: "http://x/", withDeps: { recomends: true } } }\n',
      '2:58: mirrors.a.withDeps.recomends: unknown key; allowed: recommends, suggests, source, allVariants, required, installed; did you mean "recommends"?',
    ],
    [
      'neither of two forms',
      'storage: x\nmirrors: { a: { type: yum, url: 3 } }\n',
      '2:33: mirrors.a.url: the number 3 stands here; allowed: a text or a list',
    ],
    [
      'a URL of another kind',
      'storage: x\nmirrors: { a: { type: apt, suite: s, url: [ftp://x/] } }\n',
      '2:44: mirrors.a.url[0]: "ftp://x/" is not allowed; allowed: an http:// or https:// URL',
    ],
    ['a number that is too small', 'storage: x\nhttp: { concurrency: 0 }\n', '2:22: http.concurrency: 0 is too small; allowed: 1 or more'],
    ['an empty list', 'storage: x\ngroups: { g: [] }\n', '2:14: groups.g: the list is empty; allowed: at least one item'],
    [
      'a name',
      'storage: x\nmirrors: { A b: { type: yum, url: "http://x/" } }\n',
      '2:12: mirrors.A b: "A b" cannot be a name; allowed: a name starts with a letter or digit and has only a-z, 0-9, ".", "_" and "-"',
    ],
    [
      'a duration',
      'storage: x\nhttp: { timeout: "30" }\n',
      '2:18: http.timeout: "30" is not allowed; allowed: a duration such as 500ms, 30s, 5m, 12h or 7d',
    ],
    [
      'an unset variable',
      `storage: $\{NOWHERE}/x\n`,
      '1:10: storage: the environment variable NOWHERE is not set; allowed: a variable of the environment that mirror is started in',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('gives every problem at once, in the order of the file', () => {
    const problems = problemsOf('storage: x\nserve: { listen: ":80" }\nmirrors: { a: { type: apt } }\nhttp: { retries: 99 }\n');
    expect(problems.map((problem) => problem.slice(0, 4))).toEqual(['2:18', '3:12', '4:18']);
  });

  it('refuses more aliases than a person writes', () => {
    const levels = Array.from({ length: 9 }, (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`);
    expect(problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)[0]).toContain('Excessive alias count');
  });

  describe('where it is looked for', () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'mirror-load-'));
      await mkdir(join(directory, 'cwd'));
    });
    afterEach(async () => await rm(directory, { recursive: true }));

    const load = async (options: { explicitPath?: string; environment?: Record<string, string> }) =>
      await loadConfig({ environment: {}, cwd: join(directory, 'cwd'), ...options });

    it('--config, then MIRROR_CONFIG, then mirror.yaml', async () => {
      for (const name of ['explicit.yaml', 'environment.yaml', 'cwd/mirror.yaml']) await writeFile(join(directory, name), 'storage: s\n');
      const environment = { MIRROR_CONFIG: '../environment.yaml' };
      expect((await load({ explicitPath: '../explicit.yaml', environment })).path).toBe(join(directory, 'explicit.yaml'));
      expect((await load({ environment })).path).toBe(join(directory, 'environment.yaml'));
      const found = await load({});
      expect(found).toMatchObject({ path: join(directory, 'cwd/mirror.yaml'), text: 'storage: s\n' });
      expect(found.config.storage).toBe(join(directory, 'cwd/s'));
    });

    it('does not look further when a named file is not there', async () => {
      await writeFile(join(directory, 'cwd/mirror.yaml'), 'storage: s\n');
      await expect(load({ explicitPath: 'no.yaml' })).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND', exitStatus: 2 });
      await expect(load({ environment: { MIRROR_CONFIG: 'no.yaml' } })).rejects.toThrow('named by MIRROR_CONFIG');
    });

    it('says where it looked', async () => {
      await expect(load({})).rejects.toThrow(`looked for ${join(directory, 'cwd/mirror.yaml')} and /etc/mirror/mirror.yaml`);
    });

    it('says that it cannot read a directory', async () => {
      await expect(load({ explicitPath: '.' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    });
  });
});
