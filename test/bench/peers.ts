import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from '../support/program.ts';
import type { Side, Step } from './step.ts';
import type { Upstreams } from './upstreams.ts';

/** What aptly signs with, unprotected. */
const SIGNING_KEY = `%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Name-Real: Benchmark
Expire-Date: 0
%commit
`;

/** aptly with a mirror whose signature is verified. `freeze` makes the snapshot that `publish` and `publishWithoutContents` publish. */
export function aptly({ aptUrl, key }: Upstreams): Side {
  return async (folder) => {
    const gnupg = join(folder, 'gnupg');
    mkdirSync(gnupg, { recursive: true });
    chmodSync(gnupg, 0o700);
    const env = { GNUPGHOME: gnupg, HOME: folder };
    writeFileSync(join(folder, 'key-parameters'), SIGNING_KEY);
    const keyring = join(folder, 'trusted.gpg');
    await succeed('gpg', ['--batch', '--quiet', '--gen-key', join(folder, 'key-parameters')], { env });
    await succeed('gpg', ['--batch', '--quiet', '--no-default-keyring', '--keyring', keyring, '--import', key], { env });
    const config = join(folder, 'aptly.conf');
    writeFileSync(config, JSON.stringify({ rootDir: join(folder, 'aptly'), gpgDisableVerify: false, gpgDisableSign: false }));
    const arguments_ = (...args: readonly string[]): string[] => [...args.slice(0, 2), `-config=${config}`, ...args.slice(2)];
    const step = (...args: readonly string[]): Step => ({ command: ['aptly', ...arguments_(...args)], cwd: folder, env });
    const create = ['mirror', 'create', '-architectures=amd64', '-ignore-signatures=false', `-keyring=${keyring}`, 'upstream'];
    await succeed('aptly', arguments_(...create, aptUrl, 'stable', 'main'), { cwd: folder, env });
    const update = step('mirror', 'update', '-ignore-signatures=false', `-keyring=${keyring}`, 'upstream');
    const publish = (prefix: string, ...options: readonly string[]): Step =>
      step('publish', 'snapshot', '-batch', '-acquire-by-hash', '-distribution=stable', ...options, 'frozen', prefix);
    return {
      steps: {
        sync: update,
        unchanged: update,
        freeze: step('snapshot', 'create', 'frozen', 'from', 'mirror', 'upstream'),
        publish: publish('all'),
        publishWithoutContents: publish('plain', '-skip-contents', '-skip-bz2'),
      },
      packages: () => countFiles(join(folder, 'aptly/pool'), '.deb'),
      async close() {
        await succeed('gpgconf', ['--kill', 'all'], { env });
      },
    };
  };
}

/** dnf's reposync, with no cache but its own. */
export function reposync({ yumUrl }: Upstreams): Side {
  return async (folder) => {
    const repositories = join(folder, 'repos');
    mkdirSync(repositories, { recursive: true });
    writeFileSync(join(folder, 'dnf.conf'), '[main]\n');
    writeFileSync(join(repositories, 'upstream.repo'), `[upstream]\nname=upstream\nbaseurl=${yumUrl}\nenabled=1\ngpgcheck=0\n`);
    const settings = {
      reposdir: repositories,
      cachedir: join(folder, 'cache'),
      persistdir: join(folder, 'persist'),
      logdir: join(folder, 'log'),
      varsdir: '/nonexistent',
    };
    const sync: Step = {
      command: [
        'dnf',
        '--quiet',
        `--config=${join(folder, 'dnf.conf')}`,
        '--releasever=9',
        '--forcearch=x86_64',
        '--disableplugin=*',
        '--enableplugin=reposync',
        ...Object.entries(settings).map(([name, value]) => `--setopt=${name}=${value}`),
        'reposync',
        '--repoid=upstream',
        `--download-path=${join(folder, 'files')}`,
        '--download-metadata',
      ],
      cwd: folder,
      env: { HOME: folder, LC_ALL: 'C' },
    };
    return { steps: { sync, unchanged: sync }, packages: () => countFiles(join(folder, 'files'), '.rpm') };
  };
}

/** createrepo_c over the packages of the upstream, writing to another folder. */
export function createrepo({ rpms }: Upstreams): Side {
  return async (folder) => {
    mkdirSync(folder, { recursive: true });
    return { steps: { publish: { command: ['createrepo_c', '--quiet', '--no-database', '--outputdir', folder, rpms] } } };
  };
}

async function countFiles(folder: string, suffix: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(suffix)).length;
}

/** The version that a program says it has: the first number with dots in what it prints. */
export async function versionOf(program: string, argument = '--version'): Promise<string> {
  const said = await succeed('sh', ['-c', '"$0" "$1" 2>&1', program, argument]);
  return `${program} ${/\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'of unknown version'}`;
}

/** The model of the processor, as Linux tells it. */
export function processorModel(): string {
  return /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
}
