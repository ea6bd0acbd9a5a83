import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';

/** What the databases of a folder of metadata hold: the rows of each table, sorted, and the names of tables, indexes and triggers. Those are gz files. */
export function readDatabases(repodata: string): Map<string, readonly string[]> {
  const contents = new Map<string, readonly string[]>();
  for (const name of ['primary', 'filelists', 'other']) {
    const file = readdirSync(repodata).find((entry) => entry.endsWith(`${name}.sqlite.gz`));
    if (file === undefined) throw new Error(`there is no ${name}.sqlite.gz in ${repodata}`);
    const database = new Database(gunzipSync(readFileSync(join(repodata, file))));
    try {
      const parts = database.prepare('SELECT type, name FROM sqlite_master ORDER BY 1, 2').raw().all() as [type: string, name: string][];
      contents.set(
        `${name}: parts`,
        parts.map((part) => part.join(' ')),
      );
      for (const [type, table] of parts) {
        if (type !== 'table') continue;
        const rows = database
          .prepare(`SELECT * FROM ${table === 'db_info' ? '(SELECT dbversion FROM db_info)' : table}`)
          .raw()
          .all();
        contents.set(`${name}: ${table}`, rows.map((row) => JSON.stringify(row)).sort());
      }
    } finally {
      database.close();
    }
  }
  return contents;
}
