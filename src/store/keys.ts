import type { Database } from 'better-sqlite3';
import type { Catalogue } from './catalogue.ts';
import { readColumn, stringsColumn } from './columns.ts';

interface KeyRow {
  readonly source: string;
  readonly fingerprints: string;
  readonly armored: string;
  readonly pinned_at: number;
}

/** The table of keys that are trusted since their first use. */
export function createKeyTable(database: Database): Pick<Catalogue, 'pinnedKey' | 'pinKey' | 'unpinKey'> {
  const one = database.prepare<[string], KeyRow>('SELECT * FROM pinned_keys WHERE source = ?');
  const put = database.prepare<KeyRow>(
    'INSERT OR REPLACE INTO pinned_keys (source, fingerprints, armored, pinned_at) VALUES (@source, @fingerprints, @armored, @pinned_at)',
  );
  const remove = database.prepare<[string]>('DELETE FROM pinned_keys WHERE source = ?');
  return {
    pinnedKey(source) {
      const row = one.get(source);
      if (row === undefined) return undefined;
      const fingerprints = readColumn(stringsColumn, row.fingerprints, `the fingerprints of the key from ${row.source}`);
      return { source: row.source, fingerprints, armored: row.armored, pinnedAt: row.pinned_at };
    },
    pinKey({ source, fingerprints, armored, pinnedAt }) {
      put.run({ source, fingerprints: JSON.stringify(fingerprints), armored, pinned_at: pinnedAt });
    },
    unpinKey: (source) => remove.run(source).changes > 0,
  };
}
