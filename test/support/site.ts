import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientInstructions } from '../../src/ops/client.ts';
import { type GnuPg, openGnuPg } from '../openpgp/gnupg.ts';
import { type FileServer, serveFiles } from './file-server.ts';
import { type Finished, mirror, mirrorJson, type RunningServer, startServing, succeed } from './program.ts';

/** A folder with an upstream that is served on loopback, and a `mirror` of its own with a signing key. */
export interface Site {
  readonly root: string;
  /** The folder that the upstream serves. */
  readonly upstream: string;
  readonly server: FileServer;
  readonly gnupg: GnuPg;
  /** Where mirror.yaml is; commands run here. */
  readonly home: string;
  /** Writes mirror.yaml: `storage` and `signing` are put in front. */
  configure(text: string): void;
  mirror(...args: readonly string[]): Promise<Finished>;
  /** A command that must succeed. */
  ok(...args: readonly string[]): Promise<string>;
  json(...args: readonly string[]): Promise<unknown>;
  /** What goes on a client of a publication that is served at the URL. */
  client(name: string, family: 'apt' | 'yum', url: string): Promise<string>;
  /** Starts `mirror serve` on a free port; ended with the site. */
  serve(): Promise<RunningServer>;
  close(): Promise<void>;
}

export async function createSite(): Promise<Site> {
  const root = mkdtempSync(join(tmpdir(), 'mirror-site-'));
  const upstream = join(root, 'upstream');
  const home = join(root, 'home');
  mkdirSync(upstream);
  mkdirSync(home);
  const gnupg = openGnuPg();
  const server = await serveFiles(upstream);
  const running: RunningServer[] = [];
  const options = { cwd: home };
  const ok = async (...args: readonly string[]): Promise<string> => {
    const finished = await mirror(args, options);
    if (finished.status !== 0)
      throw new Error(`mirror ${args.join(' ')} ended with ${finished.status}:\n${finished.stdout}${finished.stderr}`);
    return finished.stdout;
  };
  writeFileSync(join(home, 'mirror.yaml'), 'storage: storage\nsigning: { key: signing-key.asc }\n');
  await ok('key', 'generate');
  return {
    root,
    upstream,
    server,
    gnupg,
    home,
    configure: (text) => writeFileSync(join(home, 'mirror.yaml'), `storage: storage\nsigning: { key: signing-key.asc }\n${text}`),
    mirror: (...args) => mirror(args, options),
    ok,
    json: (...args) => mirrorJson(args, options),
    async client(name, family, url) {
      const instructions = (await mirrorJson(['client', name, '--for', family, '--url', url], options)) as ClientInstructions[];
      return instructions.flatMap(({ files }) => files.map((file) => file.content)).join('\n');
    },
    async serve() {
      const started = await startServing(['serve', '--listen', '127.0.0.1:0'], options);
      running.push(started);
      return started;
    },
    async close() {
      for (const started of running) await started.stop();
      await server.close();
      gnupg.close();
      await succeed('chmod', ['-R', 'u+w', root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
