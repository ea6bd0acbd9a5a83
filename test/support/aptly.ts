import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, succeed } from './program.ts';

/** aptly with a database of its own, to compare with. Nothing is signed. */
export interface Aptly {
  /** A command that must succeed; what it printed. */
  ok(...args: readonly string[]): Promise<string>;
  /** A command that may fail; what it printed on standard output. */
  output(...args: readonly string[]): Promise<string>;
  /** A snapshot of these package files. */
  snapshot(name: string, files: readonly string[]): Promise<void>;
  /** The packages of a snapshot, sorted by their text. */
  packages(snapshot: string): Promise<string[]>;
}

export function openAptly(root: string): Aptly {
  mkdirSync(root, { recursive: true });
  const config = join(root, 'aptly.conf');
  writeFileSync(config, JSON.stringify({ rootDir: join(root, 'aptly'), gpgDisableSign: true, gpgDisableVerify: true }));
  const ok = (...args: readonly string[]): Promise<string> => succeed('aptly', [`-config=${config}`, ...args]);
  return {
    ok,
    output: async (...args) => (await run('aptly', [`-config=${config}`, ...args])).stdout,
    async snapshot(name, files) {
      if (files.length === 0) {
        await ok('snapshot', 'create', name, 'empty');
        return;
      }
      await ok('repo', 'create', `repo-${name}`);
      await ok('repo', 'add', `repo-${name}`, ...files);
      await ok('snapshot', 'create', name, 'from', 'repo', `repo-${name}`);
    },
    async packages(snapshot) {
      const shown = await ok('snapshot', 'show', '-with-packages', snapshot);
      const lines = shown.slice(shown.indexOf('Packages:\n') + 'Packages:\n'.length).split('\n');
      return lines.flatMap((line) => (line.startsWith('  ') ? [line.trim()] : [])).sort();
    },
  };
}
