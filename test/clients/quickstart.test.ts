import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientInstructions } from '../../src/ops/client.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { mirror, mirrorJson, type RunningServer, startServing } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

const ASKED_FOR = ['socat', 'ebtables', 'ethtool', 'conntrack'];

/** Takes a few packages from the archive that the machine's own apt uses, as a new user does. */
describeWithTools(['apt-get', 'dpkg'], 'clients/quickstart', () => {
  const root = mkdtempSync(join(tmpdir(), 'mirror-quickstart-'));
  const options = { cwd: root };
  let server: RunningServer | undefined;
  let client: AptClient;

  beforeAll(async () => {
    server = await startServing(['quickstart', '--dir', 'site'], options);
    client = createAptClient(join(root, 'client'));
    const published = (await mirrorJson(['publish', 'list', '--config', 'site/mirror.yaml'], options)) as { name: string }[];
    const name = published[0]?.name ?? '';
    const printed = await mirrorJson(['client', name, '--for', 'apt', '--url', server.url, '--config', 'site/mirror.yaml'], options);
    client.sources((printed as ClientInstructions[]).flatMap(({ files }) => files.map((file) => file.content)).join('\n'));
  }, 300_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('ends serving a signed repository that apt updates from without a warning', async () => {
    const { status, stdout, stderr } = await client.get('update');
    expect(stdout + stderr).not.toMatch(/^[WE]:/m);
    expect(status).toBe(0);
  });

  it('has everything that the packages need: an empty machine could install them', async () => {
    const { status, stdout } = await client.get('install', '--simulate', '--no-install-recommends', ...ASKED_FOR);
    expect(status).toBe(0);
    for (const name of [...ASKED_FOR, 'libc6', 'libssl3']) expect(stdout).toContain(`Inst ${name} `);
  });

  it('gives apt the packages themselves', async () => {
    expect(await client.get('install', '--download-only', '--no-install-recommends', 'socat')).toMatchObject({ status: 0 });
  });

  it('goes on from what is there when it is run again', async () => {
    await server?.stop();
    const again = await mirror(['quickstart', '--dir', 'site', '--no-serve', '--json'], options);
    expect(again.status).toBe(0);
    const { mirrors } = JSON.parse(again.stdout) as { mirrors: { status: string }[] };
    expect(new Set(mirrors.map(({ status }) => status))).toEqual(new Set(['unchanged']));
    expect(await mirrorJson(['publish', 'list', '--config', 'site/mirror.yaml'], options)).toMatchObject([{ generation: 1 }]);
  });

  it('says which names are near when a package does not exist', async () => {
    const { status, stderr } = await mirror(['quickstart', '--dir', 'other', '--no-serve', '--packages', 'socta'], options);
    expect(status).toBe(1);
    expect(stderr).toContain('socta');
    expect(stderr).toMatch(/did you mean .*socat/i);
  });
});
