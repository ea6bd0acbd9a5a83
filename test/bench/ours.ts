import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorJson, PROGRAM, succeed } from '../support/program.ts';
import type { Prepared, Side, Step } from './step.ts';
import type { Upstreams } from './upstreams.ts';

/** `mirror` with one mirror, of the APT archive, whose signature is verified. */
export function oursForApt({ aptUrl, key }: Upstreams): Side {
  return (folder) =>
    oursWith(
      folder,
      `{ type: apt, url: "${aptUrl}", suite: stable, architectures: [amd64], keys: ["${key}"] }`,
      '{ from: [upstream], distribution: stable }',
    );
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
publications: { published: ${publication} }
`,
  );
  const step = (...args: readonly string[]): Step => ({ command: [process.execPath, PROGRAM, ...args], cwd: folder });
  await succeed(process.execPath, [PROGRAM, 'key', 'generate'], { cwd: folder });
  return {
    steps: { sync: step('sync'), unchanged: step('sync'), publish: step('publish', 'published') },
    async packages() {
      const [publication] = (await mirrorJson(['show', 'published'], { cwd: folder })) as readonly { readonly packages: number }[];
      return publication?.packages ?? 0;
    },
  };
}
