import type { BlobStore } from '../../store/blobs.ts';
import { isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { type Capability, rangesOverlap } from '../format/dependencies.ts';
import { RELATION_NAME, readEntry, visitRelations } from '../format/repodata/relations.ts';
import { parseRich, type RichNode } from '../format/rich.ts';
import { AMPERSAND, LESS, SLASH } from '../format/xml/xml-bytes.ts';
import { XmlScanner } from '../format/xml/xml-scanner.ts';
import { decodeXml } from '../format/xml/xml-text.ts';
import { findInFilelists } from './filelists.ts';
import { createNameIndex, hashBytes, type NameIndex } from './name-index.ts';

/** What satisfies what among some candidates. */
export interface Providers {
  /** The candidates that have what is required, as a provide or a file; as indexes, ascending. Never source packages. */
  of(required: Capability): readonly number[];
}

/**
 * Indexes what candidates provide. Files that something requires and that no primary lists are looked for in the filelists of the
 * upstreams; where there are no such files, filelists are not read.
 */
export async function indexProviders(candidates: readonly YumCandidate[], blobs: BlobStore): Promise<Providers> {
  const indexed = indexElements(candidates);
  const primary = lookup(candidates, indexed);
  const missing = new Set<string>();
  for (const path of indexed.requiredPaths) {
    if (primary.of({ name: path, flags: 0, evr: undefined }).length === 0) missing.add(path);
  }
  const found = missing.size === 0 ? new Map<string, number[]>() : await findInFilelists(candidates, missing, blobs);
  return { of: (required) => found.get(required.name) ?? primary.of(required) };
}

interface IndexedElements {
  readonly provides: NameIndex;
  readonly files: NameIndex;
  /** Every path that some candidate's relations name, besides what it provides and obsoletes. */
  readonly requiredPaths: ReadonlySet<string>;
}

function indexElements(candidates: readonly YumCandidate[]): IndexedElements {
  const provides = createNameIndex();
  const files = createNameIndex();
  const requiredPaths = new Set<string>();
  const scanner = new XmlScanner();
  for (const [owner, { architecture, element }] of candidates.entries()) {
    if (isSourceArchitecture(architecture)) continue;
    visitRelations(scanner, element, {
      entry(kind, offset) {
        const index = scanner.attribute(RELATION_NAME);
        if (index === -1) return;
        const [start, end] = [scanner.valueStart(index), scanner.valueEnd(index)];
        if (kind === 'provides') provides.add(hashOfText(element, start, end), owner, offset);
        else if (kind !== 'obsoletes') notePaths(element, start, end, requiredPaths);
      },
      file: (start, end) => files.add(hashOfText(element, start, end), owner, start),
    });
  }
  return { provides, files, requiredPaths };
}

function lookup(candidates: readonly YumCandidate[], { provides, files }: IndexedElements): Providers {
  const scanner = new XmlScanner();
  const elementOf = (owner: number): Buffer => candidates[owner]?.element ?? Buffer.alloc(0);
  return {
    of(required) {
      const found = new Set<number>();
      const wanted = Buffer.from(required.name);
      const hash = hashBytes(wanted, 0, wanted.length);
      provides.each(hash, (owner, offset) => {
        const provided = readEntry(scanner, elementOf(owner), offset);
        if (provided?.name === required.name && rangesOverlap(provided, required)) found.add(owner);
      });
      if (required.name.startsWith('/')) {
        files.each(hash, (owner, offset) => {
          const element = elementOf(owner);
          if (decodeXml(element, offset, element.indexOf(LESS, offset)).trim() === required.name) found.add(owner);
        });
      }
      return [...found].sort((a, b) => a - b);
    },
  };
}

const OPENING_PARENTHESIS = 0x28;

function notePaths(element: Buffer, start: number, end: number, paths: Set<string>): void {
  if (element[start] === SLASH) paths.add(decodeXml(element, start, end));
  else if (element[start] === OPENING_PARENTHESIS) {
    const node = parseRich(decodeXml(element, start, end));
    if (node !== undefined) notePathsOfRich(node, paths);
  }
}

function notePathsOfRich(node: RichNode, paths: Set<string>): void {
  if (node.kind === 'capability') {
    if (node.capability.name.startsWith('/')) paths.add(node.capability.name);
    return;
  }
  for (const operand of node.operands) notePathsOfRich(operand, paths);
  if (node.otherwise !== undefined) notePathsOfRich(node.otherwise, paths);
}

/** The hash of the text that the bytes stand for. */
function hashOfText(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== AMPERSAND) continue;
    const text = Buffer.from(decodeXml(bytes, start, end));
    return hashBytes(text, 0, text.length);
  }
  return hashBytes(bytes, start, end);
}
