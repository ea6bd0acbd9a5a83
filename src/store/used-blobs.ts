import type { Database } from 'better-sqlite3';

/** Where the state database names blobs, in columns of their own and within texts. */
const TEXTS = [
  ['mirrors', 'upstream'],
  ['mirrors', 'contents'],
  ['snapshots', 'contents'],
  ['repos', 'contents'],
  ['generations', 'digest'],
  ['generations', 'parts'],
  ['generations', 'state'],
  ['packed_blocks', 'sha256'],
  ['packages', 'sha256'],
  ['packages', 'files'],
] as const;
const SHA256 = /[0-9a-f]{64}/g;

/** Which of some blobs the state database names, but for the registry's own tables. More may be in the maps of generations. */
export function namedInState(database: Database, wanted: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const [table, column] of TEXTS) {
    const rows = database.prepare<[], string>(`SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL`).pluck().iterate();
    for (const text of rows) for (const [sha256] of text.matchAll(SHA256)) if (wanted.has(sha256)) found.add(sha256);
  }
  return found;
}
