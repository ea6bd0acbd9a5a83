import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, run } from './program.ts';

/** apt with a root of its own: no packages installed, no sources but its own, and the checks of dates on whatever the machine says. */
export interface AptClient {
  readonly root: string;
  /** Sets the sources: the text of a .sources file. */
  sources(text: string): void;
  get(...args: readonly string[]): Promise<Finished>;
}

export function createAptClient(root: string): AptClient {
  for (const folder of [
    'etc/apt/sources.list.d',
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/trusted.gpg.d',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/lib/dpkg',
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  const configuration = join(root, 'apt.conf');
  writeFileSync(
    configuration,
    `Dir "${root}";\nDir::State::status "${root}/var/lib/dpkg/status";\nAPT::Architecture "amd64";\nAPT::Sandbox::User "root";\n`,
  );
  return {
    root,
    sources(text) {
      writeFileSync(join(root, 'etc/apt/sources.list.d/test.sources'), text);
    },
    get(...args) {
      const checks = ['-o', 'Acquire::Check-Date=true', '-o', 'Acquire::Check-Valid-Until=true', '-o', 'Acquire::Languages=none'];
      return run('apt-get', [...checks, '-y', ...args], {
        env: { APT_CONFIG: configuration, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      });
    },
  };
}
