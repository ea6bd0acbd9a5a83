import { isAscii } from 'node:buffer';
import { type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { formatNevra } from '../format/repodata/published-packages.ts';
import { resolveReferences } from '../format/xml/xml-text.ts';
import type { OldEntry, Result } from './segment.ts';

/** What an element of primary begins with, as src/yum/format/write-elements.ts writes it. */
const PRIMARY_START =
  /<package type="rpm">\n {2}<name>([^<]*)<\/name>\n {2}<arch>([^<]*)<\/arch>\n {2}<version epoch="([^"<]*)" ver="([^"<]*)" rel="([^"<]*)"\/>\n {2}<checksum type="(\w+)" pkgid="YES">([0-9a-f]+)<\/checksum>\n/y;
const PRIMARY_MIDDLE =
  /\n {2}<time file="(\d+)" build="\d+"\/>\n {2}<size package="(\d+)" installed="\d+" archive="\d+"\/>\n {2}<location (?:xml:base="([^"<]*)" )?href="([^"<]*)"\/>\n/y;
const MIDDLE_MARK = '\n  <time file="';
const OTHER_START = /<package pkgid="([0-9a-f]+)" name="/y;
const END = '\n</package>\n';

/**
 * Finds the packages in blocks of the three documents, and where they begin and end. `unlike` when these are not laid out as this program does it, or do not
 * have the same packages in the same order. Tags are found by their text, which cannot stand in other places: a `<` in them is always escaped.
 */
export function scanBlocks(plain: PerDocument<Buffer>): Result {
  const primary = scanPrimary(plain[0]);
  if (primary === undefined) return { kind: 'unlike' };
  const ids = primary.entries.map((entry) => entry.id);
  const filelists = scanExtra(plain[1], ids);
  const other = scanExtra(plain[2], ids);
  if (filelists === undefined || other === undefined) return { kind: 'unlike' };
  const starts = [primary.starts, filelists, other] as const;
  return { kind: 'scanned', entries: primary.entries, starts: perDocument((index) => Uint32Array.from(starts[index])) };
}

function scanPrimary(bytes: Buffer): { readonly entries: OldEntry[]; readonly starts: number[] } | undefined {
  // One character for each byte, so that places in the text are places in the bytes.
  const text = bytes.toString('latin1');
  const decode = isAscii(bytes) ? (value: string) => value : (value: string) => Buffer.from(value, 'latin1').toString();
  const value = (found: RegExpExecArray, group: number): string => resolveReferences(decode(found[group] ?? ''));
  const entries: OldEntry[] = [];
  const starts = [0];
  for (let at = 0; at < text.length; ) {
    const start = matchAt(PRIMARY_START, text, at);
    if (start === undefined) return undefined;
    const middle = matchAt(PRIMARY_MIDDLE, text, text.indexOf(MIDDLE_MARK, PRIMARY_START.lastIndex));
    if (middle === undefined) return undefined;
    const end = text.indexOf(END, PRIMARY_MIDDLE.lastIndex - 1);
    const next = text.indexOf('<package ', at + 1);
    if (end === -1 || (next !== -1 && next < end)) return undefined;
    at = end + END.length;
    starts.push(at);
    entries.push({
      nevra: formatNevra(value(start, 1), { epoch: value(start, 3), version: value(start, 4), release: value(start, 5) }, value(start, 2)),
      checksumName: start[6] ?? '',
      id: start[7] ?? '',
      fileTime: Number(middle[1]),
      size: Number(middle[2]),
      base: middle[3] === undefined ? undefined : value(middle, 3),
      href: value(middle, 4),
    });
  }
  return { entries, starts };
}

/** Where the elements of filelists or other begin that belong to these packages, in this order, and no others. */
function scanExtra(bytes: Buffer, ids: readonly string[]): number[] | undefined {
  const text = bytes.toString('latin1');
  const starts = [0];
  let at = 0;
  for (const id of ids) {
    const start = matchAt(OTHER_START, text, at);
    if (start?.[1] !== id) return undefined;
    const end = text.indexOf(END, OTHER_START.lastIndex);
    if (end === -1) return undefined;
    at = end + END.length;
    starts.push(at);
  }
  return at === text.length ? starts : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  if (at < 0) return undefined;
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
