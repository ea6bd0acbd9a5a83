import type { Database } from 'better-sqlite3';
import type { Catalogue, PackageList, RepoState } from './catalogue.ts';
import { contentsColumn, familyColumn, readColumn, readValue } from './columns.ts';
import { type ContentsColumns, contentsColumns, requiredList } from './contents-columns.ts';

interface RepoRow extends ContentsColumns {
  readonly name: string;
  readonly family: string;
  readonly changed_at: number;
}

/** The table of local repositories. */
export function createRepoTable(
  database: Database,
  list: (id: number) => PackageList | undefined,
): Pick<Catalogue, 'repo' | 'repos' | 'putRepo'> {
  const one = database.prepare<[string], RepoRow>('SELECT * FROM repos WHERE name = ?');
  const all = database.prepare<[], RepoRow>('SELECT * FROM repos ORDER BY name');
  const put = database.prepare<RepoRow>(
    `INSERT OR REPLACE INTO repos (name, family, list, contents, changed_at) VALUES (@name, @family, @list, @contents, @changed_at)`,
  );
  const toState = (row: RepoRow): RepoState => {
    const of = (what: string): string => `the ${what} of the repo ${row.name}`;
    return {
      name: row.name,
      family: readValue(familyColumn, row.family, of('family')),
      contents: { ...readColumn(contentsColumn, row.contents, of('contents')), list: requiredList(list, row.list, of('packages')) },
      changedAt: row.changed_at,
    };
  };
  return {
    repo(name) {
      const row = one.get(name);
      return row === undefined ? undefined : toState(row);
    },
    repos: () => all.all().map(toState),
    putRepo(state) {
      put.run({ name: state.name, family: state.family, ...contentsColumns(state.contents), changed_at: state.changedAt });
    },
  };
}
