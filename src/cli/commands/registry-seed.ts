import { type Command, Option } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { Platform } from '../../oci/format/platform.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';
import { collect } from '../repeatable.ts';
import type { Session } from '../session.ts';

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

/** What seeding and listing share. */
export interface SourceFlags {
  readonly planFile?: string;
  readonly platform: readonly string[];
  readonly allowRealm: readonly string[];
}

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

/** The options that say how sources are read. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(new Option('--platform <os/architecture>', 'only this platform; may be repeated').argParser(collect).default([], 'all'))
    .option('--plan-file <file>', 'of KET, which says for which Kubernetes its list is')
    .addOption(
      new Option('--allow-realm <host>', 'lets a registry send us to this host for tokens; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    );
}

/** What these options say, and where the command runs. */
export async function sourceSettings({ io }: Session, flags: SourceFlags) {
  const { parsePlatform } = await import('../../oci/format/platform.ts');
  const platforms = flags.platform.map((text): Platform => {
    const platform = parsePlatform(text);
    if (platform === undefined)
      throw new MirrorError('USAGE', `"${text}" is no platform`, { hint: 'Write it like linux/amd64 or linux/arm/v7.' });
    return platform;
  });
  return { platforms, planFile: flags.planFile, allowedRealms: flags.allowRealm, environment: io.environment, directory: io.cwd };
}
