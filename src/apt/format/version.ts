import type { Relation } from '../../query/subject.ts';

const ZERO = 0x30;
const NINE = 0x39;
const TILDE = 0x7e;

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~:_-]*$/;

/** Whether the text can be a package's version. Laxer than dpkg, which some archives are older than; safe in a path and on a line. */
export function isVersion(text: string): boolean {
  return text.length <= 255 && VERSION.test(text);
}

/**
 * Orders two Debian versions as dpkg does (deb-version(7)): negative, zero or positive as `a` is older than, equal to or newer than `b`.
 * The epoch ends at the first colon, the revision begins after the last hyphen; a part that is missing counts as 0. Runs of digits may
 * be of any length. Defined for every text, also such as dpkg would not accept.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = split(a);
  const right = split(b);
  return (
    compareRange(a, 0, left.epochEnd, b, 0, right.epochEnd) ||
    compareRange(a, left.upstream, left.upstreamEnd, b, right.upstream, right.upstreamEnd) ||
    compareRange(a, left.upstreamEnd + 1, a.length, b, right.upstreamEnd + 1, b.length)
  );
}

/** Whether `version` stands in the relation to `wanted`. */
export function versionMatches(version: string, relation: Relation, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

interface Parts {
  readonly epochEnd: number;
  readonly upstream: number;
  readonly upstreamEnd: number;
}

function split(version: string): Parts {
  const colon = version.indexOf(':');
  const upstream = colon + 1;
  const hyphen = version.lastIndexOf('-');
  return { epochEnd: Math.max(colon, 0), upstream, upstreamEnd: hyphen < upstream ? version.length : hyphen };
}

function compareRange(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number): number {
  let i = aStart;
  let j = bStart;
  while (i < aEnd || j < bEnd) {
    while ((i < aEnd && !digitAt(a, i, aEnd)) || (j < bEnd && !digitAt(b, j, bEnd))) {
      const difference = weight(a, i, aEnd) - weight(b, j, bEnd);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    i = afterZeros(a, i, aEnd);
    j = afterZeros(b, j, bEnd);
    let firstDifference = 0;
    while (digitAt(a, i, aEnd) && digitAt(b, j, bEnd)) {
      firstDifference ||= a.charCodeAt(i) - b.charCodeAt(j);
      i += 1;
      j += 1;
    }
    if (digitAt(a, i, aEnd)) return 1;
    if (digitAt(b, j, bEnd)) return -1;
    if (firstDifference !== 0) return firstDifference;
  }
  return 0;
}

function afterZeros(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) === ZERO) at += 1;
  return at;
}

/** `~` sorts before the end of a part, which sorts as a digit does, before letters, before everything else. */
function weight(text: string, at: number, end: number): number {
  if (at >= end || digitAt(text, at, end)) return 0;
  const code = text.charCodeAt(at);
  if (code === TILDE) return -1;
  return isLetter(code) ? code : code + 256;
}

function digitAt(text: string, at: number, end: number): boolean {
  if (at >= end) return false;
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= NINE;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
