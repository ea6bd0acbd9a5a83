import PQueue from 'p-queue';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { RegistryClient } from '../../oci/client/registry-client.ts';
import type { SourceImage } from '../../oci/content.ts';
import type { ChartEntry, ImageList, ImageListEntry } from '../../oci/format/image-list.ts';
import { completeReference, formatReference, type ImageReference } from '../../oci/format/reference.ts';
import { describeSelection, selectTags, type TagSelection } from '../../oci/format/select-tags.ts';
import { chartFileImage, imagesOfChart } from './charts.ts';
import type { Registries } from './registries.ts';
import type { FailedSource, ImageWish, OpenedSource } from './source-images.ts';

export interface ListedOptions {
  readonly registries: Registries;
  /** Images that are looked up at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Where an address on the command line began with a scheme. */
  readonly scheme?: 'http' | 'https' | undefined;
}

/** Finds the images of a list at their registries: what its tags, globs and ranges stand for, its charts, and the images that these name. One that is not found does not stop the others. Throws ABORTED. */
export async function listedImages(name: string, list: ImageList, options: ListedOptions): Promise<OpenedSource> {
  const lookup = new Lookup(options);
  await lookup.all(list.entries);
  const { images, wishes, failures } = lookup;
  return {
    source: { name, images, problems: [], close: async () => undefined },
    wish: (image) => wishes.get(image) ?? { platforms: [] },
    failures: [...entryFailures(list), ...failures],
  };
}

/** The entries of a list that cannot be read. */
export function entryFailures({ problems }: ImageList): FailedSource[] {
  return problems.map(({ what, reason }) => ({ what, error: new MirrorError('LIST_INVALID', reason) }));
}

class Lookup {
  readonly images: SourceImage[] = [];
  readonly wishes = new Map<SourceImage, ImageWish>();
  readonly failures: FailedSource[] = [];
  readonly #options: ListedOptions;
  readonly #seen = new Set<string>();

  constructor(options: ListedOptions) {
    this.#options = options;
  }

  async all(entries: readonly ImageListEntry[]): Promise<void> {
    const queue = new PQueue({ concurrency: this.#options.concurrency });
    // In the order of the list, however long each takes.
    const found = await queue.addAll(entries.map((entry) => () => this.#found(entry)));
    const further: ImageListEntry[] = [];
    for (const [index, images] of found.entries()) {
      const entry = entries[index];
      if (entry === undefined) continue;
      for (const image of images) {
        this.#add(image, entry);
        if (entry.kind === 'chart' && entry.withImages) further.push(...(await this.#namedBy(image, entry)));
      }
    }
    if (further.length > 0) await this.all(further);
  }

  async #found(entry: ImageListEntry): Promise<SourceImage[]> {
    const what = nameOfEntry(entry);
    try {
      this.#options.signal.throwIfAborted();
      const wanted = entry.kind === 'chart' ? entry.chart : entry;
      return 'file' in wanted ? [await chartFileImage(wanted.file)] : await this.#atRegistry(wanted.reference, wanted.select);
    } catch (error) {
      return this.#failed(what, error);
    }
  }

  async #atRegistry(reference: ImageReference, select: TagSelection | undefined): Promise<SourceImage[]> {
    const { host, repository, tag, digest } = completeReference(reference);
    const client: RegistryClient = await this.#options.registries.at({ host, scheme: this.#options.scheme });
    const content = client.repository(repository);
    const resolve = async (at: string, named: ImageReference): Promise<SourceImage> => {
      const root = await content.resolve(at);
      if (root === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${host} has no ${formatReference({ ...named, host: undefined })}`);
      return { reference: named, root, content };
    };
    if (select === undefined) return [await resolve(digest ?? tag ?? 'latest', reference)];
    const tags = selectTags(select, await content.tags());
    if (tags.length === 0)
      throw new MirrorError('IMAGE_UNKNOWN', `no tag of ${formatReference(reference)} is one of ${describeSelection(select)}`);
    return await Promise.all(tags.map((one) => resolve(one, { ...reference, tag: one })));
  }

  async #namedBy(image: SourceImage, entry: ChartEntry): Promise<readonly ImageListEntry[]> {
    const name = formatReference(image.reference);
    try {
      const found = await imagesOfChart(image, entry);
      if (found === undefined) throw new MirrorError('LIST_INVALID', `${name} is no Helm chart`);
      const { entries, problems } = found;
      for (const { what, reason } of problems) {
        this.failures.push({
          what: `${name}: ${what}`,
          error: new MirrorError('LIST_INVALID', `the chart ${name} has at ${what} ${reason}`),
        });
      }
      return entries;
    } catch (error) {
      return this.#failed(name, error);
    }
  }

  #add(image: SourceImage, { as, platforms, verify }: ImageListEntry): void {
    const key = `${formatReference(image.reference)} ${as ?? ''}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.images.push(image);
    this.wishes.set(image, { as, platforms, verify });
  }

  #failed(what: string, error: unknown): [] {
    if (!isMirrorError(error) || this.#options.signal.aborted) throw error;
    this.failures.push({ what, error });
    return [];
  }
}

/** What an entry of a list is called: `nginx:1.27`, or `nginx (v1.*)` where tags are chosen. */
export function nameOfEntry(entry: ImageListEntry): string {
  const wanted = entry.kind === 'chart' ? entry.chart : entry;
  if ('file' in wanted) return wanted.file;
  const name = `${entry.kind === 'chart' ? 'oci://' : ''}${formatReference(wanted.reference)}`;
  return wanted.select === undefined ? name : `${name} (${describeSelection(wanted.select)})`;
}
