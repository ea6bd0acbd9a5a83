import type { Database } from 'better-sqlite3';
import { MirrorError } from '../core/errors.ts';
import type { Catalogue, PackageList, SnapshotState } from './catalogue.ts';
import { contentsColumn, familyColumn, readColumn, readValue, referencesColumn } from './columns.ts';
import { type ContentsColumns, contentsColumns, requiredList } from './contents-columns.ts';

interface SnapshotRow extends ContentsColumns {
  readonly name: string;
  readonly family: string;
  readonly created_at: number;
  readonly description: string;
  readonly sources: string;
}

/** The table of snapshots. */
export function createSnapshotTable(
  database: Database,
  list: (id: number) => PackageList | undefined,
): Pick<Catalogue, 'snapshot' | 'snapshots' | 'addSnapshot' | 'renameSnapshot' | 'dropSnapshot'> {
  const one = database.prepare<[string], SnapshotRow>('SELECT * FROM snapshots WHERE name = ?');
  const all = database.prepare<[], SnapshotRow>('SELECT * FROM snapshots ORDER BY name');
  const insert = database.prepare<SnapshotRow>(
    `INSERT INTO snapshots (name, family, list, contents, created_at, description, sources)
     VALUES (@name, @family, @list, @contents, @created_at, @description, @sources)`,
  );
  const rename = database.prepare<[string, string]>('UPDATE snapshots SET name = ? WHERE name = ?');
  const putSources = database.prepare<[string, string]>('UPDATE snapshots SET sources = ? WHERE name = ?');
  const drop = database.prepare<[string]>('DELETE FROM snapshots WHERE name = ?');

  const toState = (row: SnapshotRow): SnapshotState => {
    const of = (what: string): string => `the ${what} of the snapshot ${row.name}`;
    return {
      name: row.name,
      family: readValue(familyColumn, row.family, of('family')),
      contents: { ...readColumn(contentsColumn, row.contents, of('contents')), list: requiredList(list, row.list, of('packages')) },
      createdAt: row.created_at,
      description: row.description,
      from: readColumn(referencesColumn, row.sources, of('sources')),
    };
  };
  const refuseTaken = (name: string): void => {
    if (one.get(name) === undefined) return;
    throw new MirrorError('NAME_TAKEN', `there is a snapshot "${name}" already`, {
      hint: `Choose another name, or drop it first: mirror snapshot drop ${name}`,
    });
  };

  const add = (state: SnapshotState): void => {
    refuseTaken(state.name);
    insert.run({
      name: state.name,
      family: state.family,
      ...contentsColumns(state.contents),
      created_at: state.createdAt,
      description: state.description,
      sources: JSON.stringify(state.from),
    });
  };
  const renameEverywhere = (from: string, to: string): boolean => {
    if (one.get(from) === undefined) return false;
    refuseTaken(to);
    rename.run(to, from);
    for (const { name, from: sources } of all.all().map(toState)) {
      if (!sources.some((source) => source.kind === 'snapshot' && source.name === from)) continue;
      const renamed = sources.map((source) => (source.kind === 'snapshot' && source.name === from ? { ...source, name: to } : source));
      putSources.run(JSON.stringify(renamed), name);
    }
    return true;
  };

  return {
    snapshot(name) {
      const row = one.get(name);
      return row === undefined ? undefined : toState(row);
    },
    snapshots: () => all.all().map(toState),
    addSnapshot: database.transaction(add).immediate,
    renameSnapshot: database.transaction(renameEverywhere).immediate,
    dropSnapshot: (name) => drop.run(name).changes > 0,
  };
}
