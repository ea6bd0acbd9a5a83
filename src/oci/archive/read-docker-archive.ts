import { posix } from 'node:path';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { type DockerArchiveImage, diffIdsOf, dockerManifest, parseDockerManifest } from '../format/docker-archive.ts';
import { parseManifest } from '../format/manifest.ts';
import { type ImageReference, parseReference } from '../format/reference.ts';
import type { ArchivedFile } from './archived-file.ts';
import type { ArchiveContents, FoundImage } from './contents.ts';
import type { TakenFile } from './file-intake.ts';
import { type ReadManifest, readManifest } from './reachable.ts';

/** Docker itself makes one link, from an old name of a layer to the new one. */
const MAX_LINKS = 8;

/** The files of an archive, and the links that name some of them. */
export interface LinkedFiles {
  readonly files: ReadonlyMap<string, TakenFile>;
  readonly links: ReadonlyMap<string, ArchivedFile>;
}

/**
 * What is in an archive of `docker save` as it was before Docker 25: images without manifests, which are made here. Throws MANIFEST_INVALID, and
 * ARCHIVE_INVALID where a file is not there, a link leads nowhere, a layer is not the one that the config names, or two images have one name.
 * @param manifest manifest.json.
 */
export function readDockerArchive(manifest: Buffer, files: LinkedFiles, what: string): ArchiveContents {
  const manifests = new Map<string, ReadManifest>();
  const images = new Map<string, FoundImage>();
  for (const described of parseDockerManifest(manifest, what)) {
    const made = imageOf(described, files, what);
    manifests.set(made.descriptor.digest, made);
    const references = described.repoTags.map(referenceOf);
    for (const [index, reference] of (references.length === 0 ? [undefined] : references).entries()) {
      const name = described.repoTags[index] ?? made.descriptor.digest;
      if ((images.get(name)?.root.digest ?? made.descriptor.digest) !== made.descriptor.digest)
        throw new MirrorError('ARCHIVE_INVALID', `${what} has two images named "${name}"`);
      images.set(name, { root: made.descriptor, reference, tag: undefined });
    }
  }
  const roots = [...manifests.values()].map(({ descriptor }) => descriptor);
  return { images: [...images.values()], attached: new Map(), roots, manifests };
}

function imageOf({ config: configPath, layers: layerPaths }: DockerArchiveImage, files: LinkedFiles, what: string): ReadManifest {
  const config = fileAt(configPath, files, what);
  const layers = layerPaths.map((path) => fileAt(path, files, what));
  if (config.bytes === undefined)
    throw new MirrorError('ARCHIVE_INVALID', `${what} has the config "${configPath}", which is no JSON, or too much of it`);
  const named = `${what}, "${configPath}"`;
  const diffIds = diffIdsOf(config.bytes, named);
  if (diffIds.length !== layers.length)
    throw new MirrorError('ARCHIVE_INVALID', `${named} names ${diffIds.length} layers, and there are ${layers.length}`);
  for (const [index, layer] of layers.entries()) {
    // Of a compressed layer, the digest of what it unpacks to is not known.
    if (layer.compression === 'none' && layer.digest !== diffIds[index])
      throw new MirrorError(
        'ARCHIVE_INVALID',
        `${what} has the layer "${layerPaths[index]}" with the digest ${layer.digest}; its config says ${diffIds[index]}`,
      );
  }
  const { bytes, descriptor } = dockerManifest(config, layers, named);
  return readManifest(descriptor, bytes, parseManifest(bytes, descriptor.mediaType, named));
}

/** A file by its name or that of a link to it, within the archive. */
function fileAt(path: string, { files, links }: LinkedFiles, what: string): TakenFile {
  let name = posix.normalize(path);
  for (let followed = 0; followed <= MAX_LINKS; followed++) {
    const file = files.get(name);
    if (file !== undefined) return file;
    const link = links.get(name);
    if (link === undefined) throw new MirrorError('ARCHIVE_INVALID', `${what} names the file "${path}", which is not in it`);
    // What leads out of the archive is the name of nothing in it.
    name = link.type === 'hardlink' ? posix.normalize(link.target) : posix.join(posix.dirname(name), link.target);
  }
  throw new MirrorError('ARCHIVE_INVALID', `${what} names the file "${path}", which is a link to a link, and so on`);
}

function referenceOf(tag: string): ImageReference | undefined {
  try {
    return parseReference(tag);
  } catch (error) {
    if (!isMirrorError(error, 'REFERENCE_INVALID')) throw error;
    return undefined;
  }
}
