import type { BlobStore } from '../../store/blobs.ts';
import { isSourceArchitecture } from '../architecture.ts';
import type { UnpackedIndex, YumCandidate } from '../candidate.ts';
import { packageElements, startTagAttribute } from '../format/repodata/package-elements.ts';
import { GREATER, LESS, SLASH } from '../format/xml/xml-bytes.ts';
import { XmlScanner } from '../format/xml/xml-scanner.ts';
import { decodeXml, escapeText } from '../format/xml/xml-text.ts';
import { hashBytes } from './name-index.ts';

const PACKAGE_ID = Buffer.from('pkgid');

/**
 * Which candidates have the files with these paths, by path; the candidates as indexes, ascending. Reads the filelists of every upstream
 * that the candidates come from, or what is stored of them. Source packages are left out. Throws METADATA_INVALID, CHECKSUM_MISMATCH and
 * DECOMPRESS_*.
 */
export async function findInFilelists(
  candidates: readonly YumCandidate[],
  paths: ReadonlySet<string>,
  blobs: BlobStore,
): Promise<Map<string, number[]>> {
  const wanted = new Set<number>();
  for (const path of paths) {
    const bytes = Buffer.from(escapeText(path));
    wanted.add(hashBytes(bytes, 0, bytes.length));
  }
  const found = new Map<string, Set<number>>();
  const note = (owner: number, element: Buffer): void => {
    for (const path of pathsIn(element, wanted)) {
      if (!paths.has(path)) continue;
      const known = found.get(path);
      if (known === undefined) found.set(path, new Set([owner]));
      else known.add(owner);
    }
  };
  const isBinary = ({ architecture }: YumCandidate): boolean => !isSourceArchitecture(architecture);
  for await (const { owner, element } of filelistElements(candidates, blobs, isBinary)) note(owner, element);
  for (const [owner, { architecture, storedFilelists }] of candidates.entries()) {
    const bytes = isSourceArchitecture(architecture) ? undefined : storedFilelists?.();
    if (bytes !== undefined) note(owner, bytes);
  }
  return new Map([...found].map(([path, set]) => [path, [...set].sort((a, b) => a - b)]));
}

/**
 * The elements of filelists of candidates whose upstream's is there, with the index of the candidate, as the upstreams have them. Of a
 * package that is listed several times there is one candidate. Throws METADATA_INVALID, CHECKSUM_MISMATCH and DECOMPRESS_*.
 */
export async function* filelistElements(
  candidates: readonly YumCandidate[],
  blobs: BlobStore,
  isWanted: (candidate: YumCandidate) => boolean,
): AsyncGenerator<{ readonly owner: number; readonly element: Buffer }> {
  const { openIndex } = await import('../upstream/open-index.ts');
  const scanner = new XmlScanner();
  for (const { filelists, mirror, owners } of documentsOf(candidates, isWanted)) {
    const what = `mirror "${mirror}": filelists`;
    for await (const { bytes } of packageElements(openIndex(filelists, blobs, what), 'filelists', what)) {
      const id = startTagAttribute(scanner, bytes, PACKAGE_ID, what)?.toLowerCase();
      const owner = id === undefined ? undefined : owners.get(id);
      if (owner !== undefined) yield { owner, element: bytes };
    }
  }
}

/** Every path in an element of filelists, in its order. */
export function filelistsPaths(element: Buffer): string[] {
  const paths: string[] = [];
  for (let at = element.indexOf('>/'); at !== -1; at = element.indexOf('>/', at + 1)) {
    const end = element.indexOf(LESS, at);
    paths.push(decodeXml(element, at + 1, end === -1 ? element.length : end));
  }
  return paths;
}

interface FilelistsDocument {
  readonly filelists: UnpackedIndex;
  readonly mirror: string;
  /** Candidates by the id that the document knows them by. */
  readonly owners: Map<string, number>;
}

function documentsOf(candidates: readonly YumCandidate[], isWanted: (candidate: YumCandidate) => boolean): Iterable<FilelistsDocument> {
  const documents = new Map<string, FilelistsDocument>();
  for (const [owner, candidate] of candidates.entries()) {
    const { checksums, filelists, mirror } = candidate;
    const id = checksums[0]?.value;
    if (filelists === undefined || id === undefined || !isWanted(candidate)) continue;
    const key = `${mirror} ${filelists.sha256}`;
    const document = documents.get(key) ?? { filelists, mirror, owners: new Map<string, number>() };
    documents.set(key, document);
    document.owners.set(id, owner);
  }
  return documents.values();
}

/** The texts of an element that begin with `/` and have one of the hashes. */
function pathsIn(bytes: Buffer, wanted: ReadonlySet<number>): string[] {
  const paths: string[] = [];
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at] !== SLASH || bytes[at - 1] !== GREATER) continue;
    const start = at;
    let hash = 0x811c9dc5;
    for (let byte = SLASH; at < bytes.length && byte !== LESS; byte = bytes[++at] as number) hash = Math.imul(hash ^ byte, 0x01000193);
    if (wanted.has(hash | 0)) paths.push(decodeXml(bytes, start, at));
  }
  return paths;
}
