import type { Checksum, Expected } from '../../../core/digests.ts';
import { MirrorError } from '../../../core/errors.ts';
import { metadataChecksum } from '../repodata/metadata-checksum.ts';
import { childOf, parseSmallXml, type XmlElement } from '../xml/small-xml.ts';
import { REPOMD } from './repository-paths.ts';

/** What a metalink says of repomd.xml (Metalink 3.0 with the mm0 extension of MirrorManager). */
export interface Metalink {
  /** Base URLs of the repository, most preferred first. */
  readonly bases: readonly string[];
  /** What repomd.xml may be: the current one first, then older ones that some servers still have. Each has a checksum. */
  readonly accepted: readonly Expected[];
}

/**
 * The metalink of a yum repository. METADATA_INVALID when it is malformed, does not name repomd.xml, or states no checksum of it.
 * Resources that are no http(s) URL of a repomd.xml are passed over.
 * @param what names the document in errors.
 */
export function parseMetalink(bytes: Buffer, what: string): Metalink {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  const root = parseSmallXml(bytes, what);
  if (root.name !== 'metalink') throw invalid(`has the root element <${root.name}>, not <metalink>`);
  const file = childOf(root, 'files')?.children.find((child) => child.name === 'file' && child.attributes.get('name') === 'repomd.xml');
  if (file === undefined) throw invalid('does not name repomd.xml');
  const alternates = childOf(file, 'alternates')?.children.filter((child) => child.name === 'alternate') ?? [];
  const accepted = [file, ...alternates].map(expectedOf).filter((expected) => expected.checksums.length > 0);
  if (accepted.length === 0) throw invalid('states no checksum of repomd.xml');
  const resources = (childOf(file, 'resources')?.children ?? []).filter((child) => child.name === 'url').map(resourceOf);
  const usable = resources.filter((resource) => resource.base !== undefined).sort((a, b) => b.preference - a.preference);
  return { bases: [...new Set(usable.map((resource) => resource.base ?? ''))], accepted };
}

function expectedOf(element: XmlElement): Expected {
  const hashes = (childOf(element, 'verification')?.children ?? []).filter((child) => child.name === 'hash');
  const checksums = hashes
    .map((hash) => metadataChecksum(hash.attributes.get('type') ?? '', hash.text))
    .filter((sum): sum is Checksum => sum !== undefined);
  const size = childOf(element, 'size')?.text ?? '';
  return { size: /^[1-9]\d{0,14}$/.test(size) ? Number(size) : undefined, checksums };
}

function resourceOf(element: XmlElement): { readonly base: string | undefined; readonly preference: number } {
  const preference = element.attributes.get('preference') ?? '';
  const url = element.text;
  const usable = /^https?:\/\/[^\s\p{Cc}]+$/iu.test(url) && url.endsWith(`/${REPOMD}`);
  return { base: usable ? url.slice(0, -REPOMD.length) : undefined, preference: /^\d{1,3}$/.test(preference) ? Number(preference) : 0 };
}
