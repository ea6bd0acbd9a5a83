import type { Database } from 'better-sqlite3';
import type { Catalogue, DigestAlias } from './catalogue.ts';

/** The table of what files are that metadata names by another checksum than SHA-256. */
export function createDigestTable(database: Database): Pick<Catalogue, 'sha256For' | 'rememberDigests'> {
  const one = database.prepare<[string, string], string>('SELECT sha256 FROM digests WHERE algorithm = ? AND value = ?').pluck();
  const put = database.prepare<[string, string, string]>('INSERT OR REPLACE INTO digests (algorithm, value, sha256) VALUES (?, ?, ?)');
  return {
    sha256For: (algorithm, value) => one.get(algorithm, value),
    rememberDigests: database.transaction((aliases: readonly DigestAlias[]) => {
      for (const { algorithm, value, sha256 } of aliases) put.run(algorithm, value, sha256);
    }).immediate,
  };
}
