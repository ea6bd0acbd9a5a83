import type { BlobStore } from '../store/blobs.ts';
import type { UpstreamState } from '../store/catalogue.ts';
import type { YumCandidate } from './candidate.ts';
import { checkElement } from './format/repodata/canonical-element.ts';
import { DOCUMENT_ROOTS, type DocumentType } from './format/repodata/package-documents.ts';
import { packageElements, startTagAttribute } from './format/repodata/package-elements.ts';
import { XmlScanner } from './format/xml/xml-scanner.ts';
import { openIndex } from './upstream/open-index.ts';
import { storedIndex } from './upstream/particulars.ts';

/** The large texts that are kept of a package: its elements of filelists and other. */
export const EXTRA_KINDS = ['filelists', 'other'] as const satisfies readonly DocumentType[];
export type ExtraKind = (typeof EXTRA_KINDS)[number];

const PACKAGE_ID = Buffer.from('pkgid');

export interface Extra {
  /** Of the package in `selected`. */
  readonly index: number;
  readonly kind: string;
  readonly data: Buffer;
}

/**
 * The elements of filelists and other of the selected packages, in the order of the upstream, checked. Packages that the upstream leaves
 * out there have none. Throws METADATA_INVALID, CHECKSUM_MISMATCH and DECOMPRESS_*.
 */
export async function* readExtras(selected: readonly YumCandidate[], upstream: UpstreamState, blobs: BlobStore): AsyncGenerator<Extra> {
  const indexes = new Map<string, number>();
  for (const [index, candidate] of selected.entries()) indexes.set(packageId(candidate), index);
  if (indexes.size === 0) return;
  for (const kind of EXTRA_KINDS) yield* readKind(kind, { indexes, upstream, blobs, mirror: selected[0]?.mirror ?? '' });
}

interface KindRequest {
  readonly indexes: ReadonlyMap<string, number>;
  readonly upstream: UpstreamState;
  readonly blobs: BlobStore;
  readonly mirror: string;
}

async function* readKind(kind: ExtraKind, { indexes, upstream, blobs, mirror }: KindRequest): AsyncGenerator<Extra> {
  const stored = storedIndex(upstream, kind);
  if (stored === undefined) return;
  const what = `mirror "${mirror}": ${kind}`;
  const scanner = new XmlScanner();
  const found = new Set<number>();
  for await (const element of packageElements(openIndex(stored, blobs, what), DOCUMENT_ROOTS[kind], what)) {
    const id = startTagAttribute(scanner, element.bytes, PACKAGE_ID, what);
    const index = id === undefined ? undefined : indexes.get(id.toLowerCase());
    if (index === undefined || found.has(index)) continue;
    found.add(index);
    yield { index, kind, data: checkElement(element, scanner, what) };
  }
}

/** What filelists and other call the package: the checksum of its file. */
function packageId(candidate: YumCandidate): string {
  return candidate.checksums[0]?.value ?? '';
}
