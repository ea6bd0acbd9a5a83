import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.ts';

/** What identifies one version of a file to a client. */
export interface Validators {
  /** A strong entity tag, quotes included. */
  readonly etag: string;
  /** Last-Modified in whole seconds since 1970. */
  readonly modified: number;
}

/** `proceed`: answer as if there were no conditions. The others are 304 and 412. */
export type Precondition = 'proceed' | 'not-modified' | 'failed';

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Evaluates the conditions of a GET or HEAD in the order of RFC 9110 section 13.2.2. Dates that cannot be read are ignored. */
export function evaluateConditions(headers: IncomingHttpHeaders, file: Validators): Precondition {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, file.etag)) return 'failed';
  } else {
    const unmodifiedSince = parseHttpDate(headers['if-unmodified-since'] ?? '');
    if (unmodifiedSince !== undefined && file.modified > unmodifiedSince) return 'failed';
  }

  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, file.etag) ? 'not-modified' : 'proceed';
  const modifiedSince = parseHttpDate(headers['if-modified-since'] ?? '');
  return modifiedSince !== undefined && file.modified <= modifiedSince ? 'not-modified' : 'proceed';
}

/**
 * Whether a Range header is to be followed, given If-Range (RFC 9110 section 13.1.5): the tag must match strongly, a date exactly.
 * apt sends the date that it has from Last-Modified.
 */
export function rangeApplies(ifRange: string | undefined, file: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return ifRange.trim() === file.etag;
  return parseHttpDate(ifRange.trim()) === file.modified;
}

function matchesWeakly(list: string, etag: string): boolean {
  return list.trim() === '*' || entityTags(list).some((tag) => tag.replace(/^W\//, '') === etag);
}

function matchesStrongly(list: string, etag: string): boolean {
  return list.trim() === '*' || entityTags(list).includes(etag);
}

function entityTags(list: string): readonly string[] {
  return list.match(ENTITY_TAG) ?? [];
}
