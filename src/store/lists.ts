import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import type { PackageList } from './catalogue.ts';
import { packIds, unpackIds } from './members.ts';

/** The table of package lists. */
export function createListTable(database: Database): {
  save(family: FamilyName, ids: readonly number[]): PackageList;
  get(id: number): PackageList | undefined;
  /** Ids of the members, in rising order. */
  members(id: number): number[];
  /** Ids of the members, sorted by name, then architecture, then id, each by its bytes. */
  sortedMembers(id: number): number[];
} {
  const columns = 'id, family, digest, count, bytes';
  const byId = database.prepare<[number], PackageList>(`SELECT ${columns} FROM lists WHERE id = ?`);
  const byDigest = database.prepare<[string, string], PackageList>(`SELECT ${columns} FROM lists WHERE family = ? AND digest = ?`);
  const members = database.prepare<[number], { count: number; members: Buffer }>('SELECT count, members FROM lists WHERE id = ?');
  const insert = database.prepare<[string, string, number, number, Buffer]>(
    'INSERT INTO lists (family, digest, count, bytes, members) VALUES (?, ?, ?, ?, ?)',
  );
  const memberRows = database
    .prepare<[string], [family: string, identity: Buffer, size: number, id: number]>(
      `SELECT family, identity, size + CASE WHEN files IS NULL THEN 0
         ELSE (SELECT COALESCE(SUM(json_extract(value, '$.size')), 0) FROM json_each(files)) END, packages.id
       FROM json_each(?) AS member JOIN packages ON packages.id = member.value ORDER BY identity`,
    )
    .raw();
  const sort = database
    .prepare<[string], number>(
      'SELECT packages.id FROM json_each(?) AS member JOIN packages ON packages.id = member.value ORDER BY name, architecture, packages.id',
    )
    .pluck();

  const save = (family: FamilyName, ids: readonly number[]): PackageList => {
    const sorted = [...new Set(ids)].sort((a, b) => a - b);
    // Over identities in the order of their bytes.
    const hash = createHash('sha256');
    let count = 0;
    let bytes = 0;
    for (const [itsFamily, identity, size, id] of memberRows.iterate(JSON.stringify(sorted))) {
      if (itsFamily !== family) {
        throw new MirrorError('BLOB_CORRUPT', `package ${id} is of the family ${itsFamily} and cannot be in a list of ${family} packages`);
      }
      hash.update(identity);
      count += 1;
      bytes += size;
    }
    if (count !== sorted.length)
      throw new MirrorError('BLOB_CORRUPT', `of ${sorted.length} packages of a list, ${count} are in the state database`);
    const digest = hash.digest('hex');
    const known = byDigest.get(family, digest);
    if (known !== undefined) return known;
    const { lastInsertRowid } = insert.run(family, digest, sorted.length, bytes, packIds(sorted));
    return { id: Number(lastInsertRowid), family, digest, count: sorted.length, bytes };
  };

  const membersOf = (id: number): number[] => {
    const row = members.get(id);
    if (row !== undefined) return unpackIds(row.members, row.count);
    throw new MirrorError('BLOB_CORRUPT', `the package list ${id} is not in the state database`, {
      hint: 'Restore state.db from a backup, or sync again.',
    });
  };

  return {
    save: database.transaction(save).immediate,
    get: (id) => byId.get(id),
    members: membersOf,
    sortedMembers(id) {
      const ids = membersOf(id);
      const sorted = sort.all(JSON.stringify(ids));
      if (sorted.length !== ids.length) throw new MirrorError('BLOB_CORRUPT', `members of the package list ${id} are missing`);
      return sorted;
    },
  };
}
