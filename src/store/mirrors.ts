import type { Database } from 'better-sqlite3';
import type { Catalogue, MirrorState, PackageList } from './catalogue.ts';
import { familyColumn, publicKeysColumn, readColumn, readValue, unsatisfiedColumn, upstreamColumn } from './columns.ts';

interface MirrorRow {
  readonly name: string;
  readonly family: string;
  readonly upstream: string;
  readonly list: number | null;
  readonly selection: string;
  readonly unsatisfied: string;
  readonly keys: string;
  readonly synced_at: number;
}

/** The table of mirrors. */
export function createMirrorTable(
  database: Database,
  list: (id: number) => PackageList | undefined,
): Pick<Catalogue, 'mirror' | 'mirrors' | 'putMirror'> {
  const one = database.prepare<[string], MirrorRow>('SELECT * FROM mirrors WHERE name = ?');
  const all = database.prepare<[], MirrorRow>('SELECT * FROM mirrors ORDER BY name');
  const put = database.prepare<MirrorRow>(
    `INSERT OR REPLACE INTO mirrors (name, family, upstream, list, selection, unsatisfied, keys, synced_at)
     VALUES (@name, @family, @upstream, @list, @selection, @unsatisfied, @keys, @synced_at)`,
  );

  const toState = (row: MirrorRow): MirrorState => {
    const of = (what: string): string => `the ${what} of the mirror ${row.name}`;
    return {
      name: row.name,
      family: readValue(familyColumn, row.family, of('family')),
      upstream: readColumn(upstreamColumn, row.upstream, of('upstream')),
      ...(row.list === null ? {} : { list: list(row.list) }),
      selection: row.selection,
      unsatisfied: readColumn(unsatisfiedColumn, row.unsatisfied, of('unsatisfied requirements')),
      keys: readColumn(publicKeysColumn, row.keys, of('keys')),
      syncedAt: row.synced_at,
    };
  };

  return {
    mirror(name) {
      const row = one.get(name);
      return row === undefined ? undefined : toState(row);
    },
    mirrors: () => all.all().map(toState),
    putMirror(state) {
      put.run({
        name: state.name,
        family: state.family,
        upstream: JSON.stringify(state.upstream),
        list: state.list?.id ?? null,
        selection: state.selection,
        unsatisfied: JSON.stringify(state.unsatisfied),
        keys: JSON.stringify(state.keys),
        synced_at: state.syncedAt,
      });
    },
  };
}
