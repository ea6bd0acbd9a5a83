import type { PublishContext } from '../../family/family.ts';
import { describeSupplement, measured, unpacked } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { type ContentsLine, contentsOf, formatContentsLine, mergeContents, readContents } from '../format/contents.ts';
import type { ListedFile } from '../format/release-text.ts';
import { fieldOf } from '../format/stanza.ts';
import { linkWhole, type ReleasePlace, writePacked } from './supplement-file.ts';

/** An index of which package has which file. */
export interface ContentsIndex {
  /** Of the plain index, relative to the Release: `main/Contents-amd64`. */
  readonly path: string;
  /** In the order of the sources: of a package that several mirrors have, what the later one says holds. */
  readonly inputs: readonly Supplement[];
  readonly packages: readonly StoredPackage[];
  /** The paths of packages that were added by hand, by id: one a line. */
  readonly known: ReadonlyMap<number, Buffer>;
}

/**
 * Publishes a Contents index cut to the packages that are published, sorted by path, compressed with gzip as all archives have it. The
 * upstream's own file is published where that is the same. What is read is never in memory as a whole; what is known of packages that were
 * added by hand is.
 */
export async function writeContents(context: PublishContext, place: ReleasePlace, index: ContentsIndex): Promise<ListedFile[]> {
  const { path, inputs, packages, known } = index;
  const own = packages.filter(({ id }) => known.has(id));
  const ownNames = new Set(own.map(({ name }) => name));
  const names = new Set(packages.map(({ name }) => name).filter((name) => !ownNames.has(name)));
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0 && own.length === 0) {
    const plain = measured(unpacked(context, only));
    if (await isWhole(plain.text, only, names)) return linkWhole(context, place, { path, supplement: only, plain: plain.blob() });
  }
  const sources: (AsyncIterable<readonly ContentsLine[]> | Iterable<readonly ContentsLine[]>)[] = [];
  for (const { supplement, wanted } of await divide(context, inputs, names)) {
    sources.push(readContents(unpacked(context, supplement), (name) => wanted.has(name), describeSupplement(supplement)));
  }
  if (own.length > 0) sources.push([ownLines(own, known)]);
  return await writePacked(context, place, { path, text: textOf(mergeContents(sources)), separator: '\n', compressions: ['gz'] });
}

async function isWhole(text: AsyncIterable<Uint8Array>, supplement: Supplement, names: ReadonlySet<string>): Promise<boolean> {
  let whole = true;
  const isWanted = (name: string): boolean => {
    whole &&= names.has(name);
    return whole;
  };
  for await (const _ of readContents(text, isWanted, describeSupplement(supplement))) if (!whole) return false;
  return whole;
}

/** What each input says that holds: all of what is published that no input of a later mirror knows. */
async function divide(
  context: PublishContext,
  inputs: readonly Supplement[],
  names: ReadonlySet<string>,
): Promise<{ readonly supplement: Supplement; readonly wanted: ReadonlySet<string> }[]> {
  const divided: { readonly supplement: Supplement; readonly wanted: ReadonlySet<string> }[] = [];
  const mirrors = [...new Set(inputs.map(({ mirror }) => mirror))].reverse();
  let left = new Set(names);
  for (const [position, mirror] of mirrors.entries()) {
    const own = inputs.filter((input) => input.mirror === mirror);
    for (const supplement of own) divided.push({ supplement, wanted: left });
    if (position === mirrors.length - 1) break;
    const rest = new Set(left);
    for (const supplement of own) for (const name of await namesIn(context, supplement, left)) rest.delete(name);
    left = rest;
  }
  return divided;
}

async function namesIn(context: PublishContext, supplement: Supplement, names: ReadonlySet<string>): Promise<Set<string>> {
  const found = new Set<string>();
  const look = (name: string): boolean => {
    if (names.has(name)) found.add(name);
    return false;
  };
  for await (const _ of readContents(unpacked(context, supplement), look, describeSupplement(supplement)));
  return found;
}

/** The lines of the packages whose files are known, sorted by path, several packages of one file in one line. */
function ownLines(packages: readonly StoredPackage[], known: ReadonlyMap<number, Buffer>): ContentsLine[] {
  const byPath = new Map<string, ContentsLine>();
  for (const { id, name, record } of packages) {
    const section = fieldOf(record, 'Section');
    const location = section === undefined || /[\s,]/.test(section) ? name : `${section}/${name}`;
    for (const line of contentsOf(known.get(id) ?? Buffer.alloc(0), location)) {
      const present = byPath.get(line.path);
      if (present === undefined) byPath.set(line.path, line);
      else if (!present.packages.split(',').includes(line.packages)) {
        byPath.set(line.path, { ...present, packages: `${present.packages},${line.packages}` });
      }
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function* textOf(batches: AsyncIterable<readonly ContentsLine[]>): AsyncGenerator<Buffer> {
  for await (const lines of batches) {
    let text = '';
    for (const line of lines) text += formatContentsLine(line);
    if (text !== '') yield Buffer.from(text, 'latin1');
  }
}
