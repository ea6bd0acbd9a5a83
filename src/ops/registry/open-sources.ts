import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import { openArchive } from '../../oci/archive/open-archive.ts';
import type { BlobSink, ImageSource } from '../../oci/content.ts';
import { configuredImageList, type ImageList, parseImageList } from '../../oci/format/image-list.ts';
import { type KetPlan, parseKetPlan } from '../../oci/format/ket-plan.ts';
import type { Platform } from '../../oci/format/platform.ts';
import { formatReference } from '../../oci/format/reference.ts';
import { type FileArgument, type ImageArgument, parseSourceArgument } from '../../oci/format/source-argument.ts';
import type { OperationContext } from '../context.ts';
import { fileKind } from './file-kind.ts';
import { entryFailures, listedImages, nameOfEntry } from './listed-images.ts';
import type { Registries } from './registries.ts';
import { archiveIdentity, type NotedSource, noteSource, rememberedSource } from './remembered-archive.ts';
import type { FailedSource, OpenedSource } from './source-images.ts';

export interface SourceOptions {
  readonly registries: Registries;
  /** What paths are relative to. */
  readonly directory: string;
  /** Of KET, which says which Kubernetes its manifest is for. */
  readonly plan?: KetPlan | undefined;
  /** Takes blobs of archives while they are read. */
  readonly sink?: BlobSink | undefined;
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  /** Told of every piece of an archive that was read, in bytes. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** What a list names, without asking registries. */
export interface NamedImages {
  /** As they are written there. */
  readonly names: readonly string[];
  /** Entries that cannot be read. */
  readonly failures: readonly FailedSource[];
}

/** One thing to be seeded, which is opened when its turn comes. */
export interface PendingSource {
  readonly name: string;
  /** What it names, where it is a list; undefined where only opening it tells. */
  names(): Promise<NamedImages | undefined>;
  /** Of an archive that was seeded before and is the same file: its images without their blobs, which need not be read to see that all are there. */
  remembered?(): Promise<OpenedSource | undefined>;
  open(): Promise<OpenedSource>;
  /** Notes what was read of the source, once it is seeded. */
  note?(): Promise<void>;
}

/**
 * What some arguments of the command line stand for; what the configuration lists where there are none. Throws REFERENCE_INVALID, and USAGE where there is nothing at all.
 * Opening one throws FILE_MISSING, ARCHIVE_INVALID, LIST_INVALID and the like.
 */
export function pendingSources(texts: readonly string[], context: OperationContext, options: SourceOptions): PendingSource[] {
  const at = (path: string): string => resolve(options.directory, path);
  const listed = (name: string, list: ImageList, scheme?: 'http' | 'https'): Promise<OpenedSource> =>
    listedImages(name, list, {
      registries: options.registries,
      concurrency: context.config.http.concurrency,
      signal: context.signal,
      scheme,
    });
  if (texts.length === 0) {
    const { images = [], charts = [] } = context.config.registry ?? {};
    if (images.length + charts.length === 0) {
      throw new MirrorError('USAGE', 'there is nothing to seed: no source was named, and the configuration has no registry.images', {
        hint: 'Name a bundle, a list of images, a chart or an image, or list images in the configuration.',
      });
    }
    const list = configuredImageList(images, charts);
    return [{ name: context.configPath, names: async () => namesOf(list), open: () => listed(context.configPath, list) }];
  }
  const fromImage = ({ reference, scheme }: ImageArgument, text: string): PendingSource => {
    const entry = { kind: 'image' as const, where: text, reference, platforms: [] };
    return { name: text, names: async () => undefined, open: () => listed(text, { entries: [entry], problems: [] }, scheme) };
  };
  const fromFile = ({ path, name }: FileArgument): PendingSource => {
    const key = name === undefined ? at(path) : `${at(path)} ${formatReference(name)}`;
    let noted: NotedSource | undefined;
    let identity: string | undefined;
    return {
      name: path,
      names: async () => ((await fileKind(at(path))) === 'list' ? namesOf(await readList(at(path), path, options)) : undefined),
      async remembered() {
        const file = await archiveIdentity(at(path));
        const outline = file === undefined ? undefined : context.catalogue.registry.archiveOutline(key, file);
        const source = outline === undefined ? undefined : rememberedSource(path, outline);
        return source === undefined ? undefined : archiveSource(source);
      },
      async open() {
        const kind = await fileKind(at(path));
        if (kind === 'list') return await listed(path, await readList(at(path), path, options));
        if (kind === 'chart') return await listed(path, { entries: [chartEntry(at(path), path)], problems: [] });
        identity = await archiveIdentity(at(path));
        const { platforms, sink, onRead } = options;
        const { signal } = context;
        noted = noteSource(await openArchive(at(path), { name, sink, signal, onRead, ...(platforms.length === 0 ? {} : { platforms }) }));
        return archiveSource(noted.source);
      },
      async note() {
        // A file that was changed while it was read is not what was read.
        if (noted === undefined || identity === undefined || (await archiveIdentity(at(path))) !== identity) return;
        context.catalogue.registry.noteArchive(key, identity, JSON.stringify(noted.outline()));
      },
    };
  };
  return texts.map((text) => {
    const argument = parseSourceArgument(text, (path) => existsSync(at(path)));
    return argument.kind === 'image' ? fromImage(argument, text) : fromFile(argument);
  });
}

function archiveSource(source: ImageSource): OpenedSource {
  const failures = source.problems.map(({ what, reason }) => ({ what, error: new MirrorError('ARCHIVE_INVALID', reason) }));
  return { source, wish: () => ({ platforms: [] }), failures };
}

function namesOf(list: ImageList): NamedImages {
  return { names: list.entries.map(nameOfEntry), failures: entryFailures(list) };
}

function chartEntry(file: string, where: string) {
  return { kind: 'chart' as const, where, chart: { file }, platforms: [], withImages: true };
}

async function readList(path: string, shown: string, { plan }: SourceOptions): Promise<ImageList> {
  return parseImageList(await readText(path), shown, { kubernetesVersion: plan?.kubernetesVersion, directory: dirname(path) });
}

/** Reads a plan file of KET. Throws FILE_MISSING and LIST_INVALID. */
export async function readPlan(path: string, directory: string): Promise<KetPlan> {
  return parseKetPlan(await readText(resolve(directory, path)), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMirrorError(error)) throw error;
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
