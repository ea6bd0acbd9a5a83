import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, run } from './program.ts';

/** dnf with an install root, cache and repositories of its own. */
export interface DnfClient {
  readonly root: string;
  /** Sets the repositories: the text of a .repo file. */
  repositories(text: string): void;
  dnf(...args: readonly string[]): Promise<Finished>;
}

export function createDnfClient(root: string): DnfClient {
  const folders = { repos: join(root, 'repos'), cache: join(root, 'cache'), install: join(root, 'install'), log: join(root, 'log') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, 'dnf.conf'), '[main]\n');
  return {
    root,
    repositories(text) {
      writeFileSync(join(folders.repos, 'test.repo'), text);
    },
    dnf(...args) {
      const settings = [
        `reposdir=${folders.repos}`,
        `cachedir=${folders.cache}`,
        `persistdir=${root}/persist`,
        `logdir=${folders.log}`,
        'varsdir=/nonexistent',
        'fastestmirror=0',
        'skip_if_unavailable=0',
      ];
      const options = settings.map((setting) => `--setopt=${setting}`);
      return run(
        'dnf',
        [
          '-y',
          `--config=${join(root, 'dnf.conf')}`,
          `--installroot=${folders.install}`,
          '--releasever=9',
          '--forcearch=x86_64',
          '--disableplugin=*',
          ...options,
          ...args,
        ],
        { env: { LC_ALL: 'C', HOME: root } },
      );
    },
  };
}
