import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import { openArchive } from '../../oci/archive/open-archive.ts';
import type { BlobSink } from '../../oci/content.ts';
import { configuredImageList, type ImageList, parseImageList } from '../../oci/format/image-list.ts';
import { parseKetPlan } from '../../oci/format/ket-plan.ts';
import type { Platform } from '../../oci/format/platform.ts';
import { type FileArgument, type ImageArgument, parseSourceArgument } from '../../oci/format/source-argument.ts';
import type { OperationContext } from '../context.ts';
import { fileKind } from './file-kind.ts';
import { listedImages, nameOfEntry } from './listed-images.ts';
import type { Registries } from './registries.ts';
import type { OpenedSource } from './source-images.ts';

export interface SourceOptions {
  readonly registries: Registries;
  /** What paths are relative to. */
  readonly directory: string;
  /** Of KET, which says which Kubernetes its manifest is for. */
  readonly planFile?: string | undefined;
  /** Takes blobs of archives while they are read. */
  readonly sink?: BlobSink | undefined;
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  /** Told of every piece of an archive that was read, in bytes. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** One thing to be seeded, which is opened when its turn comes. */
export interface PendingSource {
  readonly name: string;
  /** What it names, as it is written there, where it is a list; undefined where only opening it tells. */
  names(): Promise<readonly string[] | undefined>;
  open(): Promise<OpenedSource>;
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
  const fromFile = ({ path, name }: FileArgument): PendingSource => ({
    name: path,
    names: async () => ((await fileKind(at(path))) === 'list' ? namesOf(await readList(at(path), path, options)) : undefined),
    async open() {
      const kind = await fileKind(at(path));
      if (kind === 'list') return await listed(path, await readList(at(path), path, options));
      if (kind === 'chart') return await listed(path, { entries: [chartEntry(at(path), path)], problems: [] });
      const source = await openArchive(at(path), {
        name,
        sink: options.sink,
        signal: context.signal,
        ...(options.platforms.length === 0 ? {} : { platforms: options.platforms }),
        onRead: options.onRead,
      });
      return { source, wish: () => ({ platforms: [] }), failures: [] };
    },
  });
  return texts.map((text) => {
    const argument = parseSourceArgument(text, (path) => existsSync(at(path)));
    return argument.kind === 'image' ? fromImage(argument, text) : fromFile(argument);
  });
}

function namesOf({ entries }: ImageList): string[] {
  return entries.map(nameOfEntry);
}

function chartEntry(file: string, where: string) {
  return { kind: 'chart' as const, where, chart: { file }, platforms: [], withImages: true };
}

async function readList(path: string, shown: string, { planFile, directory }: SourceOptions): Promise<ImageList> {
  const plan = planFile === undefined ? undefined : parseKetPlan(await readText(resolve(directory, planFile)), planFile);
  return parseImageList(await readText(path), shown, { kubernetesVersion: plan?.kubernetesVersion, directory: dirname(path) });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMirrorError(error)) throw error;
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
