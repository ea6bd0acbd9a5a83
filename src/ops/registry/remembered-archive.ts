import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { parsedJson } from '../../core/json.ts';
import type { ImageContent, ImageSource, SourceProblem } from '../../oci/content.ts';
import { type Descriptor, descriptorSchema } from '../../oci/format/descriptor.ts';
import { formatReference, parseReference } from '../../oci/format/reference.ts';

/** What was read of an archive when it was whole and right: all but its blobs. */
export interface ArchiveOutline {
  readonly images: readonly { readonly reference: string; readonly root: Descriptor }[];
  readonly problems: readonly SourceProblem[];
  /** By digest, in base64. */
  readonly manifests: Readonly<Record<string, string>>;
  /** By digest. */
  readonly referrers: Readonly<Record<string, readonly Descriptor[]>>;
  /** By tag; null where there is none. */
  readonly tagged: Readonly<Record<string, Descriptor | null>>;
}

const outlineSchema: z.ZodType<ArchiveOutline> = z.object({
  images: z.array(z.object({ reference: z.string(), root: descriptorSchema })),
  problems: z.array(z.object({ what: z.string(), reason: z.string() })),
  manifests: z.record(z.string(), z.string()),
  referrers: z.record(z.string(), z.array(descriptorSchema)),
  tagged: z.record(z.string(), descriptorSchema.nullable()),
});

/** Which file it is and how it was last changed; undefined for what is no single file. */
export async function archiveIdentity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) return undefined;
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':');
}

/** A source of which is noted what is asked of it, but for blobs. */
export interface NotedSource {
  readonly source: ImageSource;
  outline(): ArchiveOutline;
}

export function noteSource(source: ImageSource): NotedSource {
  const manifests: Record<string, string> = {};
  const referrers: Record<string, readonly Descriptor[]> = {};
  const tagged: Record<string, Descriptor | null> = {};
  const noted = (content: ImageContent): ImageContent => ({
    async manifest(descriptor) {
      const bytes = await content.manifest(descriptor);
      manifests[descriptor.digest] = bytes.toString('base64');
      return bytes;
    },
    blob: (descriptor, start) => content.blob(descriptor, start),
    has: (digest) => content.has(digest),
    async referrers(digest) {
      const found = await content.referrers(digest);
      referrers[digest] = found;
      return found;
    },
    async tagged(tag) {
      const found = await content.tagged(tag);
      tagged[tag] = found ?? null;
      return found;
    },
  });
  const images = source.images.map((image) => ({ ...image, content: noted(image.content) }));
  return {
    source: { ...source, images },
    outline: () => ({
      images: images.map(({ reference, root }) => ({ reference: formatReference(reference), root })),
      problems: source.problems,
      manifests,
      referrers,
      tagged,
    }),
  };
}

/** What was noted of an archive as a source without blobs. What was not asked before is not known: BLOB_MISSING. Undefined where the text is no outline. */
export function rememberedSource(name: string, text: string): ImageSource | undefined {
  const outline = outlineSchema.safeParse(parsedJson(text)).data;
  if (outline === undefined) return undefined;
  const known = <T>(values: Readonly<Record<string, T>>, key: string): T => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined) throw new MirrorError('BLOB_MISSING', `${key} of ${name} was not noted`);
    return value;
  };
  const content: ImageContent = {
    manifest: async ({ digest }) => Buffer.from(known(outline.manifests, digest), 'base64'),
    blob() {
      throw new MirrorError('BLOB_MISSING', `the blobs of ${name} are in the archive only`);
    },
    has: async () => false,
    referrers: async (digest) => known(outline.referrers, digest),
    tagged: async (tag) => known(outline.tagged, tag) ?? undefined,
  };
  return {
    name,
    images: outline.images.map(({ reference, root }) => ({ reference: parseReference(reference), root, content })),
    problems: outline.problems,
    close: async () => undefined,
  };
}
