import type { ByteRange } from '../store/blobs.ts';

/** What part of a file a Range header asks for. `unsatisfiable` is answered with 416. */
export type RangeSelection =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'parts'; readonly parts: readonly ByteRange[] };

const WHOLE: RangeSelection = { kind: 'whole' };
/** More than this in one request serves no client. */
const MAX_RANGES = 64;
const RANGES_SPECIFIER = /^bytes=(.*)$/i;
const RANGE = /^(\d*)-(\d*)$/;

/**
 * Reads a Range header (RFC 9110 section 14.2) for a file of `size` bytes. The whole file is the answer where the header is absent, malformed,
 * in another unit, has more than 64 ranges, or asks for at least as many bytes as there are. Ranges that overlap are merged and then sorted;
 * otherwise the client's order stays.
 * @param backwards what a range is whose end is before its start: RFC 9110 allows either answer.
 */
export function selectRanges(
  header: string | undefined,
  size: number,
  backwards: 'malformed' | 'unsatisfiable' = 'malformed',
): RangeSelection {
  const list = header === undefined ? undefined : RANGES_SPECIFIER.exec(header.trim())?.[1];
  if (list === undefined) return WHOLE;
  const specs = list.split(',', MAX_RANGES * 2).map((spec) => spec.trim());
  const given = specs.filter((spec) => spec !== '');
  if (given.length === 0 || specs.length > MAX_RANGES) return WHOLE;

  const parts: ByteRange[] = [];
  for (const spec of given) {
    const range = resolve(spec, size, backwards);
    if (range === 'malformed') return WHOLE;
    if (range !== 'unsatisfiable') parts.push(range);
  }
  if (parts.length === 0) return { kind: 'unsatisfiable' };
  if (size === 0) return WHOLE;

  const merged = mergeOverlapping(parts);
  const wanted = merged.reduce((total, part) => total + part.end - part.start + 1, 0);
  return merged.length > 1 && wanted >= size ? WHOLE : { kind: 'parts', parts: merged };
}

function resolve(spec: string, size: number, backwards: 'malformed' | 'unsatisfiable'): ByteRange | 'malformed' | 'unsatisfiable' {
  const match = RANGE.exec(spec);
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return 'malformed';
  if (first === '') {
    // The last so many bytes, or all where the file is shorter.
    return Number(last) === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return backwards;
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}

function mergeOverlapping(parts: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = [...parts].sort((a, b) => a.start - b.start);
  const merged: ByteRange[] = [];
  for (const part of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && part.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, part.end) };
    } else {
      merged.push(part);
    }
  }
  return merged.length === parts.length ? parts : merged;
}
