import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, mirror } from '../../support/program.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirror-client-command-'));
  writeFileSync(join(directory, 'mirror.yaml'), 'storage: storage\nregistry: { target: "registry.example.com:8080/mke" }\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

const client = (...args: readonly string[]): Promise<Finished> => mirror(['client', ...args], { cwd: directory });

describe('cli/commands/client', () => {
  it('prints parts of files as they are to be merged', async () => {
    const { status, stdout } = await client('--for', 'mke4');
    expect(status).toBe(0);
    expect(stdout).toBe(
      `# The same keys in mke4.yaml are to have these values; then run \`mkectl apply\`.
# mke4.yaml
spec:
  registries:
    imageRegistry:
      URL: registry.example.com:8080/mke
    chartRegistry:
      URL: oci://registry.example.com:8080/mke
  airgap:
    enabled: true
`,
    );
  });

  it('takes several hosts, in one option or in several', async () => {
    const { stdout } = await client('--for', 'podman', '--namespace', 'docker.io,quay.io', '--namespace', 'ghcr.io', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ client: 'podman', notes: [expect.stringContaining('docker.io, quay.io, ghcr.io')] });
  });

  it.each([
    [['xenial-repo', '--for', 'docker'], '"xenial-repo" names a publication'],
    [['--for', 'docker', '--priority', '500'], '--one-line and --priority are for apt clients'],
    [['--for', 'apt', '--path', 'mke'], 'some of the options are for images'],
    [['--for', 'docker', '--url', 'registry'], 'is no address of a registry'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await client(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
