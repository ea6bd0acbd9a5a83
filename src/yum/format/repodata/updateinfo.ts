import { rpmvercmp } from '../version.ts';
import {
  childNamed,
  type Edit,
  edited,
  insertAt,
  leaveOut,
  readXmlDocument,
  writeXmlDocument,
  type XmlDocument,
  type XmlNode,
  type XmlRegion,
} from '../xml/xml-document.ts';
import { type CombinedMetadata, firstWarnings, type MetadataDocument } from './further-metadata.ts';
import { formatNevra, type PublishedPackages } from './published-packages.ts';
import { readDate } from './update-date.ts';

/** An advisory as it stands in one document, without the packages that are not published. */
interface Advisory {
  readonly id: string;
  readonly document: XmlDocument;
  readonly region: XmlRegion;
  /** What is left out of it. */
  readonly edits: readonly Edit[];
  /** `name-epoch:version-release.arch` of those that are left. */
  readonly packages: ReadonlySet<string>;
  /** When it was updated last, else issued: in seconds since 1970. Undefined when it does not say. */
  readonly date: number | undefined;
  /** Its own version. */
  readonly version: string;
}

/**
 * Several updateinfo documents as one, for the packages that are published: advisories on none of them are left out, and of the others the
 * packages that are not published. Of one id there is one advisory: the newer one by its date, then its version; of two with equal ones the
 * later with the packages of both; where one has no date and they differ, the later, which is warned of, as is an older one that had
 * published packages which the newer does not have. What is kept is as it was, byte for byte.
 * METADATA_INVALID when a document is malformed or declares entities.
 */
export function combineUpdateinfo(documents: readonly MetadataDocument[], published: PublishedPackages): CombinedMetadata {
  const read = documents.map((document) => readXmlDocument(document, 'updates'));
  const byId = new Map<string, Advisory[]>();
  for (const document of read) {
    for (const region of document.elements) {
      if (region.name !== 'update') continue;
      const advisory = cutAdvisory(document, document.read(region), published);
      if (advisory === undefined) continue;
      const same = byId.get(advisory.id);
      if (same === undefined) byId.set(advisory.id, [advisory]);
      else same.push(advisory);
    }
  }
  const warnings: string[] = [];
  const elements = [...byId.values()].map((same) => mergeAdvisories(same, warnings));
  return { bytes: elements.length === 0 ? undefined : writeXmlDocument('updates', read, { elements }), warnings: firstWarnings(warnings) };
}

/** Undefined when none of its packages is published. */
function cutAdvisory(document: XmlDocument, node: XmlNode, published: PublishedPackages): Advisory | undefined {
  const packages = new Set<string>();
  const edits: Edit[] = [];
  for (const collection of collectionsOf(node)) {
    const cuts: Edit[] = [];
    let kept = 0;
    for (const entry of collection.children) {
      if (entry.name !== 'package') continue;
      const nevra = nevraOfEntry(entry);
      if (nevra !== undefined && published.has(nevra)) {
        packages.add(nevra);
        kept++;
      } else cuts.push(leaveOut(document, entry));
    }
    if (kept === 0) edits.push(leaveOut(document, collection));
    else for (const cut of cuts) edits.push(cut);
  }
  if (packages.size === 0) return undefined;
  const id = childNamed(node, 'id');
  return {
    id: id === undefined ? `without an id at byte ${node.start} of ${document.what}` : document.text(id),
    document,
    region: node,
    edits,
    packages,
    date: dateOf(node, 'updated') ?? dateOf(node, 'issued'),
    version: node.attributes.get('version') ?? '',
  };
}

function collectionsOf(node: XmlNode): XmlNode[] {
  return node.children
    .filter(({ name }) => name === 'pkglist')
    .flatMap((list) => list.children.filter(({ name }) => name === 'collection'));
}

function nevraOfEntry({ attributes }: XmlNode): string | undefined {
  const [name, version, release, arch] = ['name', 'version', 'release', 'arch'].map((attribute) => attributes.get(attribute));
  if (name === undefined || version === undefined || arch === undefined) return undefined;
  const epoch = attributes.get('epoch') ?? '';
  return formatNevra(name, { epoch: /^0*$|^None$|^\(none\)$/.test(epoch) ? '0' : epoch, version, release }, arch);
}

function dateOf(node: XmlNode, name: string): number | undefined {
  return readDate(childNamed(node, name)?.attributes.get('date') ?? '');
}

/** Advisories of one id, in the order of the documents, as one. */
function mergeAdvisories(same: readonly Advisory[], warnings: string[]): Buffer[] {
  const [first, ...later] = same;
  if (first === undefined) return [];
  let winner = first;
  const added: Advisory[] = [];
  for (const next of later) {
    const order = compareAdvisories(winner, next);
    if (order === 0) {
      added.push(winner);
      winner = next;
      continue;
    }
    const [kept, dropped] = order === undefined || order < 0 ? [next, winner] : [winner, next];
    const states = dropped === winner ? [winner, ...added] : [dropped];
    const lost = states.flatMap(({ packages }) => [...packages]).filter((nevra) => !kept.packages.has(nevra));
    if (order === undefined)
      warnings.push(
        `${kept.document.what} and ${dropped.document.what} disagree about the advisory ${kept.id}, and one has no date; that of ${kept.document.what} is published.`,
      );
    else if (lost.length > 0) {
      const others = lost.length === 1 ? '' : ` and ${lost.length - 1} more`;
      warnings.push(
        `The advisory ${kept.id} of ${kept.document.what} is newer than that of ${dropped.document.what} and no longer names ${lost[0]}${others}.`,
      );
    }
    if (kept === next) added.length = 0;
    winner = kept;
  }
  return edited(winner.document, winner.region, [...winner.edits, ...addPackages(winner, added)]);
}

/** Negative when the first is older, 0 when they are of one state, undefined when that cannot be told. */
function compareAdvisories(one: Advisory, other: Advisory): number | undefined {
  if (one.date !== other.date) return one.date === undefined || other.date === undefined ? undefined : one.date - other.date;
  return rpmvercmp(one.version, other.version);
}

/** Puts the collections of other states of the advisory at its end, as far as they have further packages. */
function addPackages(winner: Advisory, added: readonly Advisory[]): Edit[] {
  const named = new Set(winner.packages);
  const pieces: Buffer[] = [];
  for (const { document, region, packages } of added.toReversed()) {
    for (const collection of collectionsOf(document.read(region))) {
      const cuts: Edit[] = [];
      const own = collection.children.filter(({ name }) => name === 'package');
      for (const entry of own) {
        const nevra = nevraOfEntry(entry);
        if (nevra === undefined || !packages.has(nevra) || named.has(nevra)) cuts.push(leaveOut(document, entry));
        else named.add(nevra);
      }
      if (cuts.length < own.length) pieces.push(Buffer.from('\n      '), Buffer.concat(edited(document, collection, cuts)));
    }
  }
  if (pieces.length === 0) return [];
  const list = winner.document.read(winner.region).children.findLast(({ name, children }) => name === 'pkglist' && children.length > 0);
  const last = list?.children.at(-1);
  return last === undefined ? [] : [insertAt(last.end, pieces)];
}
