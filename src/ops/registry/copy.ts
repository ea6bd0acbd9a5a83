import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { openArchive } from '../../oci/archive/open-archive.ts';
import { writeOciArchive } from '../../oci/archive/write-archive.ts';
import type { ImageSource, SourceImage } from '../../oci/content.ts';
import type { Platform } from '../../oci/format/platform.ts';
import { completeReference, formatReference, type ImageReference } from '../../oci/format/reference.ts';
import { parseFileArgument } from '../../oci/format/source-argument.ts';
import { embeddedContent, embeddedRoot } from '../../oci/registry/embedded-content.ts';
import { createRegistry } from '../../oci/registry/registry.ts';
import type { SeedReport } from '../../oci/seed/report.ts';
import { seedImages } from '../../oci/seed/seed.ts';
import type { SeedTarget } from '../../oci/seed/target.ts';
import { storageError } from '../../store/storage-errors.ts';
import type { OperationContext } from '../context.ts';
import { type ImagePlace, lookedUpBy, parseImagePlace } from './image-place.ts';
import { createRegistries, type Registries, type RegistryAccess } from './registries.ts';
import { withTarget } from './with-target.ts';

export interface CopySettings extends RegistryAccess {
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  readonly referrers: boolean;
  /** What paths are relative to. */
  readonly directory: string;
}

/**
 * Copies one image, byte for byte and with what refers to it, from a registry or archive to another. Names without a host are of the embedded registry; what the destination
 * does not name, tag or digest, is that of the source. Throws IMAGE_UNKNOWN, and what seeding throws.
 */
export async function copyImage(from: string, to: string, context: OperationContext, settings: CopySettings): Promise<SeedReport> {
  const registries = createRegistries(context, settings);
  try {
    const place = parseImagePlace(to);
    const source = await openSource(
      from,
      { context, registries, settings },
      place.reference.tag === undefined ? undefined : place.reference,
    );
    const [image] = source.images;
    if (image === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${from} has no image`);
    const tag = place.reference.tag ?? (place.reference.digest === undefined ? image.reference.tag : undefined);
    if (place.reference.digest !== undefined && place.reference.digest !== image.root.digest)
      throw new MirrorError('USAGE', `${from} is ${image.root.digest}, and cannot be stored as ${place.reference.digest}`);
    const { host, repository } = place.registry === undefined ? place.reference : completeReference(place.reference);
    const copy = async (target: SeedTarget): Promise<SeedReport> => ({
      target: host ?? target.name,
      images: await seedImages(source, {
        target,
        destination: () => ({ repository, tag }),
        verify: async () => undefined,
        wanted: () => settings,
        dryRun: false,
        concurrency: context.config.http.concurrency,
        signal: context.signal,
        holders: new Map(),
        claims: new Map(),
        onImage: () => undefined,
        onProgress: ({ images, totalImages, bytes, totalBytes }) =>
          context.report({ type: 'progress', subject: to, phase: 'transfer', items: images, totalItems: totalImages, bytes, totalBytes }),
      }),
    });
    return await withTarget(place, { context, registries }, copy);
  } finally {
    await registries.close();
  }
}

export interface ExportReport {
  readonly image: string;
  readonly digest: string;
  readonly file: string;
}

/** Writes one image of a registry, all its platforms and what refers to it, as an OCI archive. The file is there when it is complete. Throws IMAGE_UNKNOWN, STORAGE. */
export async function exportImage(from: string, file: string, context: OperationContext, settings: CopySettings): Promise<ExportReport> {
  const registries = createRegistries(context, settings);
  try {
    const source = await openSource(from, { context, registries, settings });
    const [image] = source.images;
    if (image === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${from} has no image`);
    const path = resolve(settings.directory, file);
    await writeWhole(path, writeOciArchive(image, { referrers: settings.referrers }), context.signal);
    return { image: formatReference(image.reference), digest: image.root.digest, file: path };
  } finally {
    await registries.close();
  }
}

async function writeWhole(path: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const part = `${path}.part-${process.pid}`;
  try {
    await pipeline(bytes, createWriteStream(part, { flags: 'wx', flush: true }), { signal });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    if (signal.aborted) throw new MirrorError('ABORTED', 'the export was interrupted; nothing was written');
    const found = storageError(error, `write ${path}`);
    if (isMirrorError(error) || found.code !== 'STORAGE') throw found;
    throw new MirrorError('STORAGE', found.message, {
      hint: 'Name a file in a directory that is there and can be written to.',
      cause: error,
    });
  }
}

interface SourceTools {
  readonly context: OperationContext;
  readonly registries: Registries;
  readonly settings: CopySettings;
}

/** @param name of the image, where it is the only one of an archive. */
async function openSource(text: string, tools: SourceTools, name?: ImageReference): Promise<ImageSource> {
  const { context, settings } = tools;
  const file = parseFileArgument(text, (path) => existsSync(resolve(settings.directory, path)));
  if (file !== undefined) {
    const { path } = file;
    const source = await openArchive(resolve(settings.directory, path), { signal: context.signal, name: file.name ?? name });
    if (source.images.length === 1) return source;
    if (source.images.length === 0) {
      throw new MirrorError('USAGE', `${path} does not name an image`, { hint: 'Name it, with its tag, where it goes: team/app:v1.' });
    }
    const names = source.images.map(({ reference }) => formatReference(reference)).join(', ');
    throw new MirrorError('USAGE', `${path} has ${source.images.length} images: ${names}`, {
      hint: 'Seed all of them with `mirror registry seed`.',
    });
  }
  const place = parseImagePlace(text);
  return { name: text, images: [await imageAt(place, tools)], problems: [], close: async () => undefined };
}

async function imageAt(place: ImagePlace, { context, registries }: SourceTools): Promise<SourceImage> {
  const unknown = (where: string, reference: ImageReference): MirrorError =>
    new MirrorError('IMAGE_UNKNOWN', `${where} has no ${formatReference({ ...reference, host: undefined })}`);
  if (place.registry === undefined) {
    const { reference } = place;
    const registry = createRegistry(context);
    const root = embeddedRoot(registry, reference.repository, lookedUpBy(reference));
    if (root === undefined) throw unknown('the embedded registry', reference);
    return { reference, root, content: embeddedContent(registry, reference.repository) };
  }
  const reference = completeReference(place.reference);
  const repository = (await registries.at(place.registry)).repository(reference.repository);
  const root = await repository.resolve(lookedUpBy(reference));
  if (root === undefined) throw unknown(reference.host, reference);
  return { reference, root, content: repository };
}
