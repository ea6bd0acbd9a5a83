import type { Command } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { partlyDone } from '../outcomes.ts';
import { addRealmOption, addSourceOptions, platformsOf, type SourceFlags, sourceSettings } from './registry-sources.ts';

const COPY_EXAMPLES = `
A name without a host is one of the registry of \`mirror serve\`, whose storage is read and written directly.

Examples:
  mirror registry copy docker.io/library/nginx:1.27 team/nginx:1.27
  mirror registry copy team/nginx:1.27 registry.example.com/team/nginx
  mirror registry copy oci-archive:app.tar team/app:v1
`;

/** `mirror registry list`, `copy`, `export` and `delete`. */
export function addRegistryImageCommands(parent: Command, host: Host): void {
  addList(parent, host);
  addCopy(parent, host);
  addExport(parent, host);
  addDelete(parent, host);
}

function addList(parent: Command, host: Host): void {
  interface Flags extends SourceFlags {
    readonly target?: string;
    readonly configured?: boolean;
    readonly digests?: boolean;
  }
  const command = parent
    .command('list')
    .description('list what would be seeded from sources, or what a registry holds; nothing is written anywhere')
    .argument('[sources...]', 'as `mirror registry seed` takes them; the registry of `mirror serve` when left out')
    .option('--target <host/path>', 'instead of the registry of `mirror serve`: list what is there')
    .option('--configured', 'list what registry.images and registry.charts name, which `mirror registry seed` seeds without sources')
    .option('--digests', 'ask registries for digests, platforms and sizes of what a list names');
  addSourceOptions(command).action(
    host.run(async (session, sources: readonly string[], flags: Flags) => {
      const { target, configured = false, digests = false } = flags;
      if ([sources.length > 0, target !== undefined, configured].filter((asked) => asked).length > 1)
        throw new MirrorError('USAGE', 'one thing can be listed: sources, a registry, or what is configured', {
          hint: 'Leave out --target, --configured, or the sources.',
        });
      const [{ listImages }, { imagesText, imagesValue }] = await Promise.all([
        import('../../ops/registry/list.ts'),
        import('../render/registry.ts'),
      ]);
      const images = await listImages(sources, await session.readingContext(), {
        ...(await sourceSettings(session, flags)),
        target,
        configured,
        digests,
      });
      const statuses = images.map(({ error }) => ({ status: error === undefined ? 'listed' : 'failed' }));
      return { value: imagesValue(images), text: imagesText(images), exitStatus: partlyDone(statuses) };
    }),
  );
}

interface CopyFlags {
  readonly platform: readonly string[];
  readonly referrers: boolean;
  readonly allowRealm: readonly string[];
}

function addCopy(parent: Command, host: Host): void {
  const command = parent
    .command('copy')
    .description('copy one image, byte for byte, from one registry to another')
    .argument('<from>', 'such as quay.io/team/app:v1, or oci-archive:FILE')
    .argument('<to>', 'such as team/app:v1; with the tag of <from> where it has none')
    .option('--no-referrers', 'without signatures, attestations and whatever else refers to the image');
  addSourceOptions(command, { planFile: false })
    .addHelpText('after', COPY_EXAMPLES)
    .action(
      host.run(async (session, from: string, to: string, flags: CopyFlags) => {
        const [{ copyImage }, { seedText, seedValue }] = await Promise.all([
          import('../../ops/registry/copy.ts'),
          import('../render/seeding.ts'),
        ]);
        const report = await copyImage(from, to, await session.context(), copySettings(session, flags));
        return { value: seedValue(report), text: seedText(report), exitStatus: partlyDone(report.images) };
      }),
    );
}

function addExport(parent: Command, host: Host): void {
  const command = parent
    .command('export')
    .description('write one image as an OCI archive, which skopeo, podman, containerd and docker read')
    .argument('<image>', 'such as team/app:v1')
    .argument('<file>', 'the archive; one that is there is replaced')
    .option('--no-referrers', 'without signatures, attestations and whatever else refers to the image');
  addRealmOption(command).action(
    host.run(async (session, image: string, file: string, flags: Omit<CopyFlags, 'platform'>) => {
      const { exportImage } = await import('../../ops/registry/copy.ts');
      const report = await exportImage(image, file, await session.readingContext(), copySettings(session, { ...flags, platform: [] }));
      return { value: report, text: `${report.image} (${report.digest}) written to ${report.file}\n` };
    }),
  );
}

function addDelete(parent: Command, host: Host): void {
  const command = parent
    .command('delete')
    .description(
      'delete tags, or manifests by their digests with all their tags; `mirror registry gc --untagged` gives the space back, after its --grace',
    )
    .argument('<images...>', 'such as team/app:v1 or team/app@sha256:…; with a host, of that registry');
  addRealmOption(command).action(
    host.run(async (session, images: readonly string[], flags: { readonly allowRealm: readonly string[] }) => {
      const { deleteImages } = await import('../../ops/registry/delete.ts');
      const { environment } = session.io;
      const deleted = await deleteImages(images, await session.context(), { allowedRealms: flags.allowRealm, environment });
      return { value: deleted, text: deleted.map(({ image, removed }) => `${removed} ${image} deleted\n`).join('') };
    }),
  );
}

function copySettings({ io }: Parameters<typeof sourceSettings>[0], { platform, referrers, allowRealm }: CopyFlags) {
  return { platforms: platformsOf(platform), referrers, allowedRealms: allowRealm, environment: io.environment, directory: io.cwd };
}
