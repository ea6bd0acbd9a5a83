import { readFile, stat } from 'node:fs/promises';
import { collect } from '../../codec/decompress.ts';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import type { ImageContent, SourceImage, SourceProblem } from '../../oci/content.ts';
import { chartArtifact } from '../../oci/format/chart/chart-artifact.ts';
import { chartImages } from '../../oci/format/chart/chart-images.ts';
import { readChart } from '../../oci/format/chart/read-chart.ts';
import type { Descriptor } from '../../oci/format/descriptor.ts';
import type { ChartEntry, ImageEntry } from '../../oci/format/image-list.ts';
import { parseManifest } from '../../oci/format/manifest.ts';
import { MEDIA_TYPES } from '../../oci/format/media-types.ts';
import { formatReference } from '../../oci/format/reference.ts';

/** Most bytes of a packed chart: Helm's own limit on what it unpacks to is a few times that. */
const MAX_CHART = 32 * 1024 * 1024;

/** The chart in a file of `helm package`, as the artifact that `helm push` would make of it. Throws FILE_MISSING, LIST_INVALID and REFERENCE_INVALID. */
export async function chartFileImage(path: string): Promise<SourceImage> {
  const tgz = await readWhole(path);
  const { metadata } = await readChart(tgz, path);
  const { name, tag, config, layers, manifest } = chartArtifact(tgz, metadata);
  const blobs = new Map([config, ...layers].map(({ descriptor, bytes }) => [descriptor.digest, Buffer.from(bytes)]));
  return {
    reference: { host: undefined, repository: name, tag },
    root: manifest.descriptor,
    content: memoryContent(manifest.bytes, blobs),
  };
}

/** The images that a chart names, as entries of a list; who signed the chart need not have signed them. Undefined where the image is no chart. */
export async function imagesOfChart(
  { reference, root, content }: SourceImage,
  { where, platforms }: ChartEntry,
): Promise<{ readonly entries: readonly ImageEntry[]; readonly problems: readonly SourceProblem[] } | undefined> {
  const name = formatReference(reference);
  const manifest = parseManifest(await content.manifest(root), root.mediaType, `the manifest of ${name}`);
  const layer = manifest.layers.find(({ mediaType }) => mediaType === MEDIA_TYPES.helmChart);
  if (manifest.config?.mediaType !== MEDIA_TYPES.helmConfig || layer === undefined) return undefined;
  const { images, problems } = chartImages(await readChart(await wholeLayer(content, layer, name), name));
  const entries = images.map(
    (image): ImageEntry => ({ kind: 'image', where: `${where}: ${image.where.join(', ')}`, reference: image.reference, platforms }),
  );
  return { entries, problems };
}

async function wholeLayer(content: ImageContent, layer: Descriptor, name: string): Promise<Buffer> {
  if (layer.size > MAX_CHART) throw new MirrorError('LIST_INVALID', `the chart ${name} has ${layer.size} bytes, more than ${MAX_CHART}`);
  return await collect(content.blob(layer, 0), layer.size, `the chart ${name}`);
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CHART) throw new MirrorError('LIST_INVALID', `the chart ${path} has ${size} bytes, more than ${MAX_CHART}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MirrorError) throw error;
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function memoryContent(manifest: Buffer, blobs: ReadonlyMap<string, Buffer>): ImageContent {
  return {
    manifest: async () => manifest,
    async *blob({ digest }, start) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new MirrorError('BLOB_MISSING', `the chart does not have the blob ${digest}`);
      yield bytes.subarray(start);
    },
    has: async (digest) => blobs.has(digest),
    referrers: async () => [],
    tagged: async () => undefined,
  };
}
