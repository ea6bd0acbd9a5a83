import { MirrorError } from '../../core/errors.ts';
import type { ImageContent } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import type { Registry } from './registry.ts';

/** What a tag or digest of a repository stands for; undefined where there is none. */
export function embeddedRoot(registry: Registry, repository: string, reference: string): Descriptor | undefined {
  const found = registry.manifest(repository, reference);
  return found === undefined ? undefined : { digest: found.digest, mediaType: found.mediaType, size: found.size };
}

/** A repository of the embedded registry as a source of images. */
export function embeddedContent(registry: Registry, repository: string): ImageContent {
  return {
    async manifest({ digest }) {
      const bytes = registry.manifestBytes(repository, digest);
      if (bytes === undefined) throw new MirrorError('IMAGE_UNKNOWN', `the repository ${repository} does not have the manifest ${digest}`);
      return bytes;
    },
    async *blob({ digest }, start) {
      const blob = registry.blob(repository, digest);
      if (blob === undefined) throw new MirrorError('BLOB_MISSING', `the repository ${repository} does not have the blob ${digest}`);
      if (start < blob.size) yield* registry.readBlob(blob, start) as AsyncIterable<Buffer>;
    },
    has: async (digest) => registry.blob(repository, digest) !== undefined,
    async referrers(digest) {
      const found: Descriptor[] = [];
      let page = registry.referrers(repository, digest);
      found.push(...page.referrers);
      while (page.more) {
        page = registry.referrers(repository, digest, { last: found.at(-1)?.digest });
        found.push(...page.referrers);
      }
      return found;
    },
    tagged: async (tag) => embeddedRoot(registry, repository, tag),
  };
}
