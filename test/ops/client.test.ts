import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { type ClientOptions, clientInstructions, pasteable } from '../../src/ops/client.ts';
import type { PublicationState } from '../../src/store/catalogue.ts';
import { describeWithTools } from '../support/requirements.ts';

const run = promisify(execFile);
const SIGNER = 'AB'.repeat(20);
let publicKey: string;
let fingerprint: string;

beforeAll(async () => {
  ({ publicKey, fingerprint } = await generateKey({ userId: 'Test', algorithm: 'ed25519', time: new Date(1_700_000_000_000) }));
});

function publication(more: Partial<PublicationState> = {}): PublicationState {
  return {
    name: 'xenial-repo',
    family: 'apt',
    path: '/',
    distribution: 'xenial',
    components: ['main', 'stable'],
    architectures: ['all', 'amd64', 'i386', 'source'],
    from: ['a'],
    verified: true,
    packagesSigned: false,
    signedBy: fingerprint,
    publicKey,
    packageKeys: [],
    packages: 1,
    bytes: 1,
    generation: { publication: 'xenial-repo', number: 1, digest: '', publishedAt: 0, inputs: '', parts: [] },
    ...more,
  };
}

const show = (state: PublicationState, options: Partial<ClientOptions> = {}): string =>
  pasteable(clientInstructions(state, { serverUrl: 'http://mirror.example.org:8080/', family: state.family, ...options }));

describe('ops/client', () => {
  it('writes a deb822 source with the key inside', () => {
    const text = show(publication());
    expect(text.startsWith("cat > /etc/apt/sources.list.d/xenial-repo.sources <<'EOF'\nTypes: deb deb-src\n")).toBe(true);
    expect(text).toContain(
      'URIs: http://mirror.example.org:8080/\nSuites: xenial\nComponents: main stable\nArchitectures: amd64 i386\nSigned-By:\n -----BEGIN',
    );
    expect(text.endsWith(' -----END PGP PUBLIC KEY BLOCK-----\nEOF\napt-get update\n')).toBe(true);
    expect(text).toContain('\n .\n');
  });

  it('says what is not verified or not signed', () => {
    const text = show(publication({ verified: false, signedBy: undefined, publicKey: undefined, path: '/a/b' }));
    expect(text).toContain('# WARNING: xenial-repo has packages of an upstream that was not verified');
    expect(text).toContain('# WARNING: xenial-repo is not signed');
    expect(text).toContain('URIs: http://mirror.example.org:8080/a/b/\n');
    expect(text).toContain('Trusted: yes\n');
    expect(show(publication({ signedBy: undefined, publicKey: undefined }), { oneLine: true })).toContain('trusted=yes');
  });

  it('asks for source packages where there are some', () => {
    const without = publication({ architectures: ['amd64'] });
    expect(show(without)).toContain('Types: deb\n');
    expect(show(without, { oneLine: true })).not.toContain('deb-src');
    expect(show(publication(), { oneLine: true })).toMatch(/^deb (\[.*\] .*)\ndeb-src \1$/m);
  });

  it('gives the packages a priority where asked to, by what the Release calls itself', () => {
    const release = { origin: 'Example', label: 'Nodes, all', suite: 'xenial', codename: 'xenial' };
    const named = show(publication({ release }), { priority: 1001 });
    expect(named).toContain("cat > /etc/apt/preferences.d/xenial-repo.pref <<'EOF'\nPackage: *\n");
    expect(named).toContain('Pin: release o=Example,n=xenial\nPin-Priority: 1001\n');
    expect(show(publication(), { priority: -1 })).toContain('Pin: origin "mirror.example.org"\nPin-Priority: -1\n');
  });

  it('writes a yum repository that checks packages only where each is signed', () => {
    const yum = publication({ name: 'docker', family: 'yum', path: '/docker', packageKeys: [{ fingerprint: SIGNER, armored: '' }] });
    expect(show(yum)).toBe(
      [
        '# Not every package carries a signature of its own (gpgcheck=0): the signed metadata (repo_gpgcheck=1) vouches for them.',
        "cat > /etc/yum.repos.d/docker.repo <<'EOF'",
        '[docker]',
        'name=docker',
        'baseurl=http://mirror.example.org:8080/docker/',
        'enabled=1',
        'gpgcheck=0',
        'repo_gpgcheck=1',
        `gpgkey=http://mirror.example.org:8080/-/keys/${fingerprint}.asc`,
        'EOF',
        "yum --disablerepo='*' --enablerepo=docker makecache",
        '',
      ].join('\n'),
    );
    const signed = show({ ...yum, packagesSigned: true });
    expect(signed).toContain('gpgcheck=1\nrepo_gpgcheck=1\n');
    expect(signed).toContain(`${fingerprint}.asc\n       http://mirror.example.org:8080/-/keys/${SIGNER}.asc\n`);
    expect(show({ ...yum, signedBy: undefined, publicKey: undefined })).toContain('gpgcheck=0\nrepo_gpgcheck=0\nEOF');
  });

  it('refuses another family', () => {
    expect(() => show(publication(), { family: 'yum' })).toThrow('is for apt clients, not for yum');
  });

  describeWithTools(['apt-get', 'gpgv', 'gpg', 'sh', 'base64'], 'with real apt', () => {
    let root: string;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'mirror-client-'));
    });
    afterAll(async () => await rm(root, { recursive: true }));

    /** Runs the pasted text with /etc in the test's directory, and asks apt what it understood. */
    async function paste(text: string): Promise<string> {
      const directory = await mkdtemp(join(root, 'etc-'));
      for (const part of ['sources.list.d', 'preferences.d']) await mkdir(join(directory, 'apt', part), { recursive: true });
      await run('sh', ['-euc', text.replaceAll('/etc/', `${directory}/`).replace('apt-get update\n', '')]);
      await writeFile(join(directory, 'status'), '');
      const settings = [
        `Dir::Etc=${directory}/apt`,
        `Dir::State=${directory}`,
        `Dir::State::status=${directory}/status`,
        `Dir::Cache=${directory}`,
      ];
      const { stdout } = await run('apt-get', [...settings.flatMap((one) => ['-o', one]), 'update', '--print-uris']);
      return stdout;
    }
    const wanted = ['InRelease', 'main/binary-amd64/Packages', 'stable/binary-amd64/Packages', 'stable/binary-i386/Packages'];
    const urls = wanted.map((path) => `'http://mirror.example.org:8080/dists/xenial/${path}`);

    it('is understood in either format', async () => {
      for (const options of [{}, { oneLine: true }, { priority: 990 }]) {
        const printed = await paste(show(publication(), options));
        for (const url of urls) expect(printed).toContain(url);
      }
    });

    it('brings the key that it names to clients without deb822 keys', async () => {
      const directory = await mkdtemp(join(root, 'key-'));
      await mkdir(join(directory, 'apt/sources.list.d'), { recursive: true });
      const text = show(publication(), { oneLine: true }).replace('apt-get update\n', '');
      await run('sh', ['-euc', text.replaceAll('/etc/', `${directory}/`)]);
      const line = await readFile(join(directory, 'apt/sources.list.d/xenial-repo.list'), 'utf8');
      const keyring = /signed-by=([^\]]+)\]/.exec(line)?.[1] ?? '';
      expect(dirname(keyring)).toBe(join(directory, 'apt/keyrings'));
      const { stdout } = await run('gpg', ['--homedir', directory, '--show-keys', '--with-colons', keyring]);
      expect(stdout).toContain(`:${fingerprint}:`);
    });
  });
});
