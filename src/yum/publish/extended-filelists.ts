import { isMirrorError, reasonOf } from '../../core/errors.ts';
import type { PublishContext } from '../../family/family.ts';
import { describeSupplement, unpacked } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { checkElement } from '../format/repodata/canonical-element.ts';
import { documentFoot, documentHead } from '../format/repodata/document-frame.ts';
import { USUAL_NAMESPACES } from '../format/repodata/namespaces.ts';
import { packageElements, startTagAttribute } from '../format/repodata/package-elements.ts';
import { createPrimaryReader } from '../format/repodata/primary.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { XmlScanner } from '../format/xml/xml-scanner.ts';
import { writeMetadata } from './metadata-file.ts';
import { linkMetadata } from './supplement-file.ts';

/** The type of the lists of files that have the digest of each file. */
export const EXTENDED_FILELISTS = 'filelists-ext';

const PACKAGE_ID = Buffer.from('pkgid');

/** What a document of a source has, by the ids that packages have in metadata. */
interface Listed {
  readonly supplement: Supplement;
  /** The published packages that no source before it has. */
  readonly taken: ReadonlySet<string>;
  /** Whether nothing else is in it. */
  readonly whole: boolean;
}

/**
 * Publishes filelists-ext of the sources as one, cut to the packages. One that names nothing else is published as it is. Packages of sources that do not
 * have it are not in it. Damaged ones are left out with a warning. Each is read twice and never held. Errors: BLOB_*, ABORTED.
 */
export async function writeExtendedFilelists(
  context: PublishContext,
  supplements: readonly Supplement[],
  packages: readonly StoredPackage[],
): Promise<RepomdRecord[]> {
  const listed = await listedIn(context, supplements, packageIds(packages));
  const [first, ...others] = listed;
  if (first === undefined) return [];
  if (others.length === 0 && first.whole) return [await linkMetadata(context, { type: EXTENDED_FILELISTS, supplement: first.supplement })];
  const text = documentOf(context, listed);
  return [await writeMetadata(context, { type: EXTENDED_FILELISTS, name: `${EXTENDED_FILELISTS}.xml`, text, separator: '</package>\n' })];
}

function packageIds(packages: readonly StoredPackage[]): Set<string> {
  const read = createPrimaryReader('the stored records');
  const ids = packages.map(({ record }) => read({ bytes: record, namespaces: USUAL_NAMESPACES })?.checksum.value);
  return new Set(ids.filter((id) => id !== undefined));
}

async function listedIn(context: PublishContext, supplements: readonly Supplement[], published: ReadonlySet<string>): Promise<Listed[]> {
  const listed: Listed[] = [];
  const known = new Set<string>();
  for (const supplement of supplements) {
    const taken = new Set<string>();
    let count = 0;
    try {
      for await (const { id } of elementsOf(context, supplement)) {
        count += 1;
        if (published.has(id) && !known.has(id)) taken.add(id);
      }
    } catch (error) {
      if (!isMirrorError(error, 'METADATA_INVALID', 'DECOMPRESS_FAILED', 'DECOMPRESS_TOO_LARGE')) throw error;
      const message = `${describeSupplement(supplement)} is left out: ${reasonOf(error)}`;
      context.report({ type: 'warning', subject: context.name, message });
      continue;
    }
    for (const id of taken) known.add(id);
    if (taken.size > 0) listed.push({ supplement, taken, whole: taken.size === count });
  }
  return listed;
}

async function* documentOf(context: PublishContext, listed: readonly Listed[]): AsyncGenerator<Uint8Array> {
  const newline = Buffer.from('\n');
  const count = listed.reduce((sum, { taken }) => sum + taken.size, 0);
  yield Buffer.from(documentHead(EXTENDED_FILELISTS, count));
  for (const { supplement, taken } of listed) {
    const wanted = new Set(taken);
    for await (const { element, id } of elementsOf(context, supplement)) {
      if (!wanted.delete(id)) continue;
      yield element;
      yield newline;
    }
  }
  yield Buffer.from(documentFoot(EXTENDED_FILELISTS));
}

async function* elementsOf(
  context: PublishContext,
  supplement: Supplement,
): AsyncGenerator<{ readonly element: Buffer; readonly id: string }> {
  const what = describeSupplement(supplement);
  const scanner = new XmlScanner();
  for await (const element of packageElements(unpacked(context, supplement), EXTENDED_FILELISTS, what)) {
    const id = startTagAttribute(scanner, element.bytes, PACKAGE_ID, what)?.toLowerCase();
    if (id !== undefined) yield { id, element: checkElement(element, scanner, what) };
  }
}
