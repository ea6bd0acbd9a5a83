import type { Command } from 'commander';
import { collectInOneGo } from '../heap.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';
import { addSourceOptions, type SourceFlags, sourceSettings } from './registry-sources.ts';

const EXAMPLES = `
A source is a vendor's bundle (.tar.gz, .tar.zst, .tar or a directory), an OCI or docker archive or layout, a list of images (KET's manifest, a plain text, YAML), a
chart (.tgz or oci://…), or an image of a registry. Without any, what registry.images lists in the configuration.

Examples:
  mirror registry seed mke_bundle_v4.0.0.tar.gz --path mke            into the registry of \`mirror serve\`
  mirror registry seed container_images.yaml --target registry.example.com:8443
  mirror registry seed quay.io/prometheus/node-exporter:v1.8.2 oci://ghcr.io/charts/app:1.2.0
  mirror registry seed images.txt --platform linux/amd64 --dry-run

Exit status: 0 when all are there, 1 when all failed, 3 when some failed and the others are there.
`;

interface SeedFlags extends SourceFlags {
  readonly target?: string;
  readonly path?: string;
  readonly stripHost?: boolean;
  readonly referrers: boolean;
  readonly dryRun?: boolean;
}

export function addRegistrySeedCommand(parent: Command, host: Host): void {
  const command = parent
    .command('seed')
    .description('bring images and charts into a registry; what is there is not sent again')
    .argument('[sources...]', 'bundles, archives, lists, charts and images, mixed freely')
    .option('--target <host/path>', 'the registry (default: registry.target, or that of `mirror serve`, whose storage is written directly)')
    .option('--path <path>', 'what stands in front of every repository, such as mke')
    .option('--strip-host', 'without the host that a name begins with: quay.io/team/app becomes team/app')
    .option('--no-referrers', 'without signatures, attestations and whatever else refers to the images')
    .option('--dry-run', 'only say what would be sent');
  addSourceOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(
      host.run(async (session, sources: readonly string[], flags: SeedFlags) => {
        const [{ seedRegistry }, { seedText, seedValue }] = await Promise.all([
          import('../../ops/registry/seed.ts'),
          import('../render/seeding.ts'),
        ]);
        collectInOneGo();
        const { target, path, stripHost, referrers, dryRun = false } = flags;
        const report = await seedRegistry(sources, await session.context(), {
          ...(await sourceSettings(session, flags)),
          target,
          path,
          convention: stripHost === true ? 'strip-host' : 'keep-host',
          referrers,
          dryRun,
        });
        return { value: seedValue(report), text: seedText(report), exitStatus: partlyDone(report.images) };
      }),
    );
}
