import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { parseJsonBy } from '../format/descriptor.ts';
import { registryError } from './registry-error.ts';
import type { RegistrySession } from './registry-session.ts';

/** Of one list, over all its pages. */
const MAX_ENTRIES = 1_000_000;
const MAX_PAGES = 10_000;
const MAX_PAGE = 32 * 1024 * 1024;

export interface PagesRequest {
  readonly target: string;
  readonly scope: string;
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Statuses that say that there is no such list; 404 where it is left out. */
  readonly none?: readonly number[] | undefined;
}

/** Reads a list that may come in pages, which `Link` leads through. Undefined where there is no such list. REGISTRY_REFUSED where the links lead elsewhere or in a circle. */
export async function readPages<T>(
  session: RegistrySession,
  { target, scope, what, headers, none = [404] }: PagesRequest,
  schema: z.ZodType<readonly T[]>,
): Promise<T[] | undefined> {
  const entries: T[] = [];
  const seen = new Set<string>();
  let url: URL | undefined = new URL(target, session.base);
  while (url !== undefined) {
    if (seen.has(url.href) || seen.size >= MAX_PAGES || entries.length > MAX_ENTRIES)
      throw new MirrorError('REGISTRY_REFUSED', `${what}: the registry's list has no end`);
    seen.add(url.href);
    const reply = await session.ask({ method: 'GET', target: url, scope, what, headers }, MAX_PAGE);
    if (none.includes(reply.status)) return seen.size === 1 ? undefined : entries;
    if (reply.status !== 200) throw registryError(reply, what);
    for (const entry of parseJsonBy(schema, reply.bytes, what)) entries.push(entry);
    url = nextPage(url, [reply.headers['link'] ?? ''].flat().join(', '), what);
  }
  return entries;
}

/** RFC 8288, as registries use it: `</v2/…?n=…&last=…>; rel="next"`. */
function nextPage(current: URL, link: string, what: string): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link)?.[1];
  if (target === undefined) return undefined;
  const next = URL.parse(target, current.href);
  if (next === null || next.host !== current.host || next.username !== '')
    throw new MirrorError('REGISTRY_REFUSED', `${what}: the list goes on at another place`);
  return next.protocol === current.protocol ? next : new URL(next.pathname + next.search, current);
}

/** A list at a key of a document; null stands for none. */
export function listAt<T extends z.ZodType>(key: string, entry: T): z.ZodType<readonly z.output<T>[]> {
  return z.looseObject({ [key]: z.array(entry).nullish() }).transform((document) => (document[key] ?? []) as readonly z.output<T>[]);
}
