import type { Database } from 'better-sqlite3';
import type { Catalogue, MirrorContents, MirrorState, PackageList } from './catalogue.ts';
import { familyColumn, mirrorContentsColumn, publicKeysColumn, readColumn, readValue, upstreamColumn } from './columns.ts';
import { contentsColumns as columnsOf } from './contents-columns.ts';

interface MirrorRow {
  readonly name: string;
  readonly family: string;
  readonly upstream: string;
  readonly keys: string;
  readonly list: number | null;
  readonly contents: string | null;
}

/** The table of mirrors. */
export function createMirrorTable(
  database: Database,
  list: (id: number) => PackageList | undefined,
): Pick<Catalogue, 'mirror' | 'mirrors' | 'putMirror'> {
  const one = database.prepare<[string], MirrorRow>('SELECT * FROM mirrors WHERE name = ?');
  const all = database.prepare<[], MirrorRow>('SELECT * FROM mirrors ORDER BY name');
  const put = database.prepare<MirrorRow>(
    `INSERT OR REPLACE INTO mirrors (name, family, upstream, keys, list, contents)
     VALUES (@name, @family, @upstream, @keys, @list, @contents)`,
  );

  const contentsOf = (row: MirrorRow, what: string): MirrorContents | undefined => {
    const members = row.list === null ? undefined : list(row.list);
    return members === undefined || row.contents === null
      ? undefined
      : { ...readColumn(mirrorContentsColumn, row.contents, what), list: members };
  };

  const toState = (row: MirrorRow): MirrorState => {
    const of = (what: string): string => `the ${what} of the mirror ${row.name}`;
    return {
      name: row.name,
      family: readValue(familyColumn, row.family, of('family')),
      upstream: readColumn(upstreamColumn, row.upstream, of('upstream')),
      keys: readColumn(publicKeysColumn, row.keys, of('keys')),
      contents: contentsOf(row, of('contents')),
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
        keys: JSON.stringify(state.keys),
        ...contentsColumns(state.contents),
      });
    },
  };
}

function contentsColumns(contents: MirrorContents | undefined): Pick<MirrorRow, 'list' | 'contents'> {
  return contents === undefined ? { list: null, contents: null } : columnsOf(contents);
}
