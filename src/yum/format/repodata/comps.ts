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
} from '../xml/xml-document.ts';
import type { CombinedMetadata, MetadataDocument } from './further-metadata.ts';
import type { PublishedPackages } from './published-packages.ts';

/** The document type that comps files have; nothing of it is needed to read one. */
const DOCTYPE = '<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">\n';

/** The elements of comps that have an id, and the lists inside: of each the element that is an entry. */
const LISTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  group: { packagelist: 'packagereq' },
  category: { grouplist: 'groupid' },
  environment: { grouplist: 'groupid', optionlist: 'groupid' },
};

/** An element of one or several documents with the same name and id: the last is what is kept, the others add to its lists. */
interface Entry {
  readonly kind: string;
  readonly id: string;
  readonly sources: Source[];
}

interface Source {
  readonly document: XmlDocument;
  readonly node: XmlNode;
}

/**
 * Several comps files as one, for the packages that are published. Groups, categories and environments of one id become one: texts as the later
 * document has them, lists with the entries of all. Packages that are not published are left out of groups, then groups without packages, then
 * these groups from the lists of categories and environments, and those that have none of the groups left; a group that no document
 * has stays named, because another repository may have it. Langpacks are merged by name. What is kept is as it was, byte for byte.
 * METADATA_INVALID when a document is malformed or declares entities.
 */
export function combineComps(documents: readonly MetadataDocument[], published: PublishedPackages): CombinedMetadata {
  const read = documents.map((document) => readXmlDocument(document, 'comps'));
  const entries = new Map<string, Entry>();
  const others: Source[] = [];
  for (const document of read) {
    for (const region of document.elements) {
      const node = document.read(region);
      const id = idOf(document, node);
      const known = id === undefined ? undefined : entries.get(`${node.name} ${id}`);
      if (known !== undefined) known.sources.push({ document, node });
      else if (id === undefined) others.push({ document, node });
      else entries.set(`${node.name} ${id}`, { kind: node.name, id, sources: [{ document, node }] });
    }
  }
  const groups = [...entries.values()].filter(({ kind }) => kind === 'group');
  const forGroups: Rule = { keeps: (name) => isPublished(name, published), counts: () => true };
  const keptGroups = new Map(groups.flatMap((entry) => optional(entry.id, cutEntry(entry, forGroups))));
  const goneGroups = new Set(groups.map(({ id }) => id).filter((id) => !keptGroups.has(id)));
  const forOthers: Rule = { keeps: (group) => !goneGroups.has(group), counts: (group) => keptGroups.has(group) };
  const written = [...entries.values()].flatMap((entry) => {
    const pieces = entry.kind === 'group' ? keptGroups.get(entry.id) : cutEntry(entry, forOthers);
    return pieces === undefined ? [] : [pieces];
  });
  if (written.length === 0 && (entries.size > 0 || others.length === 0)) return { bytes: undefined, warnings: [] };
  const elements = [...written, ...mergeOthers(others)];
  return { bytes: writeXmlDocument('comps', read, { doctype: DOCTYPE, elements }), warnings: [] };
}

/** The id of an element that is merged by it. */
function idOf(document: XmlDocument, node: XmlNode): string | undefined {
  if (!Object.hasOwn(LISTS, node.name)) return undefined;
  const id = childNamed(node, 'id');
  return id === undefined ? undefined : document.text(id);
}

function optional<K, V>(key: K, value: V | undefined): [K, V][] {
  return value === undefined ? [] : [[key, value]];
}

/** A request is for a name, or for one of a certain architecture: `glibc.i686`. */
function isPublished(request: string, published: PublishedPackages): boolean {
  return (
    published.hasName(request) ||
    published.hasName(request.replace(/\.(?:noarch|i[3-6]86|x86_64|aarch64|ppc64le|ppc64|ppc|s390x|s390|armv7hl)$/, ''))
  );
}

/** Which entries of lists stay. */
interface Rule {
  readonly keeps: (entry: string) => boolean;
  /** Whether it is worth having the element for this entry, when another was left out. */
  readonly counts: (entry: string) => boolean;
}

/** The element with the entries that are kept of all its sources; undefined when nothing is left that it is worth having for. */
function cutEntry({ kind, sources }: Entry, { keeps, counts }: Rule): Buffer[] | undefined {
  const [latest, ...earlier] = sources.toReversed();
  if (latest === undefined) return undefined;
  const { document, node } = latest;
  const edits: Edit[] = [];
  const named = new Set<string>();
  for (const [listName, entryName] of Object.entries(LISTS[kind] ?? {})) {
    const own = entriesOf(latest, listName, entryName);
    for (const { text, entry } of own) if (!keeps(text)) edits.push(leaveOut(document, entry));
    const seen = new Set(own.map(({ text }) => text));
    const added: Buffer[] = [];
    for (const source of earlier) {
      for (const { text, entry } of entriesOf(source, listName, entryName)) {
        if (!seen.has(text) && keeps(text)) added.push(Buffer.from('\n      '), source.document.bytes.subarray(entry.start, entry.end));
        seen.add(text);
      }
    }
    if (added.length > 0) edits.push(addToList(node, listName, added));
    for (const text of seen) named.add(text);
  }
  const kept = [...named].filter(keeps);
  const isWorthless = kept.length === 0 || (kept.length < named.size && !kept.some(counts));
  return isWorthless ? undefined : edited(document, node, edits);
}

function entriesOf({ document, node }: Source, listName: string, entryName: string): { readonly text: string; readonly entry: XmlNode }[] {
  const entries = childNamed(node, listName)?.children.filter(({ name }) => name === entryName) ?? [];
  return entries.map((entry) => ({ text: document.text(entry), entry }));
}

/** Puts entries at the end of a list, which is made where there is none or an empty element. */
function addToList(node: XmlNode, name: string, added: readonly Buffer[]): Edit {
  const list = childNamed(node, name);
  if (list !== undefined && list.contentStart < list.end) return insertAt(lastContent(list), added);
  const whole = [Buffer.from(`\n    <${name}>`), ...added, Buffer.from(`\n    </${name}>`)];
  if (list === undefined) return insertAt(lastContent(node), whole);
  return { start: list.start, end: list.end, replacement: whole };
}

/** After the last child, so that the indentation of the end tag stays. */
function lastContent(node: XmlNode): number {
  return node.children.at(-1)?.end ?? node.contentStart;
}

/** What has no id: langpacks as one element, later matches in place of earlier ones of the same name; everything else as it is, each text once. */
function mergeOthers(others: readonly Source[]): Buffer[][] {
  const langpacks = others.filter(({ node }) => node.name === 'langpacks');
  const matches = new Map<string, Buffer>();
  for (const { document, node } of langpacks) {
    for (const match of node.children) {
      matches.set(match.attributes.get('name') ?? `#${matches.size}`, document.bytes.subarray(match.start, match.end));
    }
  }
  const rest = new Map<string, Buffer>();
  for (const { document, node } of others) {
    const bytes = document.bytes.subarray(node.start, node.end);
    if (node.name !== 'langpacks') rest.set(bytes.toString('latin1'), bytes);
  }
  const elements = [...rest.values()].map((bytes) => [bytes]);
  const [first, ...further] = langpacks;
  if (first === undefined) return elements;
  if (further.length === 0) return [...elements, [first.document.bytes.subarray(first.node.start, first.node.end)]];
  const merged = [...matches.values()].flatMap((bytes) => [Buffer.from('\n    '), bytes]);
  return [...elements, [Buffer.from('<langpacks>'), ...merged, Buffer.from('\n  </langpacks>')]];
}
