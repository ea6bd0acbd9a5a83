import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorJson, PROGRAM, succeed } from '../support/program.ts';
import type { Prepared, Side, Step } from './step.ts';
import type { Upstreams } from './upstreams.ts';

/** `mirror` with one mirror, of the APT archive, whose signature is verified, and a repo, to which `change` adds one package. */
export function oursForApt({ aptUrl, key, deb }: Upstreams): Side {
  return async (folder) => {
    const prepared = await oursWith(
      folder,
      `{ type: apt, url: "${aptUrl}", suite: stable, architectures: [amd64], keys: ["${key}"] }`,
      '{ from: [upstream, changes], distribution: stable }',
    );
    const steps = {
      ...prepared.steps,
      change: program(folder, 'repo', 'add', 'changes', deb),
      again: program(folder, 'publish', 'published'),
    };
    return { ...prepared, steps };
  };
}

/** `mirror` with one mirror, of the yum repository, which is not signed. */
export function oursForYum({ yumUrl }: Upstreams): Side {
  return (folder) => oursWith(folder, `{ type: yum, url: "${yumUrl}", verify: [] }`, '{ from: [upstream] }');
}

async function oursWith(folder: string, mirror: string, publication: string): Promise<Prepared> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'mirror.yaml'),
    `storage: storage
signing: { key: signing-key.asc }
mirrors: { upstream: ${mirror} }
repos: { changes: { type: apt } }
publications: { published: ${publication} }
`,
  );
  await succeed(process.execPath, [PROGRAM, 'key', 'generate'], { cwd: folder });
  return {
    steps: { sync: program(folder, 'sync'), unchanged: program(folder, 'sync'), publish: program(folder, 'publish', 'published') },
    async packages() {
      const [mirror] = (await mirrorJson(['show', 'upstream'], { cwd: folder })) as readonly { readonly packages: number }[];
      return mirror?.packages ?? 0;
    },
  };
}

function program(folder: string, ...args: readonly string[]): Step {
  return { command: [process.execPath, PROGRAM, ...args], cwd: folder };
}
