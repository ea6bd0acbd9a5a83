import { isMirrorError, type MirrorError } from '../../core/errors.ts';
import { failedEvent } from '../../core/events.ts';
import { runAll } from '../../core/run-all.ts';
import type { ImageContent, SourceImage } from '../../oci/content.ts';
import { describeImage, type ImageDescription } from '../../oci/describe-image.ts';
import type { Descriptor } from '../../oci/format/descriptor.ts';
import { digestInTag } from '../../oci/format/digest-tags.ts';
import type { Platform } from '../../oci/format/platform.ts';
import { formatReference } from '../../oci/format/reference.ts';
import { embeddedContent, embeddedRoot } from '../../oci/registry/embedded-content.ts';
import { createRegistry, type Registry } from '../../oci/registry/registry.ts';
import type { OperationContext } from '../context.ts';
import { type PendingSource, pendingSources, readPlan } from './open-sources.ts';
import { createRegistries, type Registries, type RegistryAccess } from './registries.ts';
import type { FailedSource } from './source-images.ts';
import { parseTarget } from './target-argument.ts';

/** One image of a registry or a source. */
export interface ListedImage extends Partial<ImageDescription> {
  /** As the source or the registry names it. */
  readonly image: string;
  readonly source: string;
  readonly error?: MirrorError | undefined;
}

export interface ListSettings extends RegistryAccess {
  /** The registry whose images are listed where no source is named: `[http://]HOST[:PORT][/PATH]`. */
  readonly target?: string | undefined;
  /** Lists what the configuration names instead, as if it were a list. */
  readonly configured: boolean;
  /** Asks registries for what lists only name. */
  readonly digests: boolean;
  readonly planFile?: string | undefined;
  readonly platforms: readonly Platform[];
  readonly directory: string;
}

const PAGE = 1000;

/**
 * What would be seeded from some sources, or what a registry holds: the embedded one where none is named. Nothing is written anywhere. The images of a list are
 * only named, as nothing more is known without asking registries.
 */
export async function listImages(texts: readonly string[], context: OperationContext, settings: ListSettings): Promise<ListedImage[]> {
  const images = await findImages(texts, context, settings);
  for (const { image, error } of images) if (error !== undefined) context.report(failedEvent(image, error));
  return images;
}

async function findImages(texts: readonly string[], context: OperationContext, settings: ListSettings): Promise<ListedImage[]> {
  const registries = createRegistries(context, settings);
  try {
    return texts.length === 0 && !settings.configured
      ? await registryImages(registries, context, settings)
      : await sourceImages(texts, registries, context, settings);
  } finally {
    await registries.close();
  }
}

async function registryImages(registries: Registries, context: OperationContext, { target }: ListSettings): Promise<ListedImage[]> {
  const { registry, path } = parseTarget(target);
  if (registry === undefined) return await embeddedImages(createRegistry(context), context);
  const client = await registries.at(registry);
  const names = (await client.repositories()).filter((name) => path === '' || name === path || name.startsWith(`${path}/`));
  const found = await runAll(
    names.map((name) => async () => {
      const repository = client.repository(name);
      const tags = await repository.tags();
      return tags.map((tag) => ({ name, tag, repository }));
    }),
    context.config.http.concurrency,
  );
  return await describeAll(
    found.flat().map(({ name, tag, repository }) => ({
      image: `${name}:${tag}`,
      source: client.host,
      describe: async () => {
        const root = await repository.resolve(tag);
        return root === undefined ? undefined : await describeTag(tag, root, repository);
      },
    })),
    context,
  );
}

async function sourceImages(
  texts: readonly string[],
  registries: Registries,
  context: OperationContext,
  settings: ListSettings,
): Promise<ListedImage[]> {
  const plan = settings.planFile === undefined ? undefined : await readPlan(settings.planFile, settings.directory);
  const images: ListedImage[] = [];
  for (const source of pendingSources(texts, context, { ...settings, plan, registries })) {
    try {
      images.push(...(await imagesOfSource(source, settings.digests, context)));
    } catch (error) {
      if (!isMirrorError(error) || error.code === 'ABORTED') throw error;
      images.push({ image: source.name, source: source.name, error });
    }
  }
  return images;
}

async function imagesOfSource(pending: PendingSource, digests: boolean, context: OperationContext): Promise<ListedImage[]> {
  const failed = ({ what, error }: FailedSource): ListedImage => ({ image: what, source: pending.name, error });
  const named = digests ? undefined : await pending.names();
  if (named !== undefined) return [...named.failures.map(failed), ...named.names.map((image) => ({ image, source: pending.name }))];
  const { source, failures } = await pending.open();
  try {
    const listed = await describeAll(
      source.images.map((image) => describing(image, pending.name)),
      context,
    );
    return [...failures.map(failed), ...listed];
  } finally {
    await source.close();
  }
}

/** What is at a tag that is made of a digest is about an image, and none. */
async function describeTag(tag: string, root: Descriptor, content: ImageContent): Promise<ImageDescription> {
  const description = await describeImage(root, content);
  return digestInTag(tag) === undefined ? description : { ...description, kind: 'artifact' };
}

interface Describing {
  readonly image: string;
  readonly source: string;
  describe(): Promise<ImageDescription | undefined>;
}

function describing({ reference, root, content }: SourceImage, source: string): Describing {
  return { image: formatReference(reference), source, describe: () => describeImage(root, content) };
}

/** Every tag of every repository. */
async function embeddedImages(registry: Registry, context: OperationContext): Promise<ListedImage[]> {
  const all: Describing[] = [];
  for (const repository of everyEntry((last) => registry.repositories({ last, n: PAGE }))) {
    for (const tag of everyEntry((last) => registry.tags(repository, { last, n: PAGE }) ?? { entries: [], more: false })) {
      all.push({
        image: `${repository}:${tag}`,
        source: 'the embedded registry',
        describe: async () => {
          const root = embeddedRoot(registry, repository, tag);
          return root === undefined ? undefined : await describeTag(tag, root, embeddedContent(registry, repository));
        },
      });
    }
  }
  return await describeAll(all, context);
}

async function describeAll(images: readonly Describing[], { config }: OperationContext): Promise<ListedImage[]> {
  const found = await runAll(
    images.map(({ image, source, describe }) => async (): Promise<ListedImage | undefined> => {
      try {
        const description = await describe();
        return description === undefined ? undefined : { image, source, ...description };
      } catch (error) {
        if (!isMirrorError(error) || error.code === 'ABORTED') throw error;
        return { image, source, error };
      }
    }),
    config.http.concurrency,
  );
  return found.flatMap((image) => image ?? []);
}

function* everyEntry(
  read: (last: string | undefined) => { readonly entries: readonly string[]; readonly more: boolean },
): Generator<string> {
  let last: string | undefined;
  for (;;) {
    const { entries, more } = read(last);
    yield* entries;
    last = entries.at(-1);
    if (!more || last === undefined) return;
  }
}
