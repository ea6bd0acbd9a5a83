import type { Database } from 'better-sqlite3';
import { MirrorError } from '../core/errors.ts';
import type { Catalogue, Generation, PublicationState } from './catalogue.ts';
import { partsColumn, publicationColumn, readColumn } from './columns.ts';

interface GenerationRow {
  readonly publication: string;
  readonly number: number;
  readonly digest: string;
  readonly published_at: number;
  readonly inputs: string;
  readonly parts: string;
  readonly state: string;
}

const CURRENT = `SELECT generations.* FROM publications
  JOIN generations ON generations.publication = publications.name AND generations.number = publications.generation`;

/** The tables of publications, each a pointer to a generation, and of generations. */
export function createPublicationTables(
  database: Database,
): Pick<Catalogue, 'publication' | 'publicationAt' | 'publications' | 'publish' | 'generations' | 'dropPublication'> {
  const one = database.prepare<[string], GenerationRow>(`${CURRENT} WHERE publications.name = ?`);
  const all = database.prepare<[], GenerationRow>(`${CURRENT} ORDER BY publications.name`);
  const generation = database.prepare<[string, number], GenerationRow>('SELECT * FROM generations WHERE publication = ? AND number = ?');
  const generations = database.prepare<[string], GenerationRow>('SELECT * FROM generations WHERE publication = ? ORDER BY number DESC');
  const putGeneration = database.prepare<GenerationRow>(
    `INSERT INTO generations (publication, number, digest, published_at, inputs, parts, state)
     VALUES (@publication, @number, @digest, @published_at, @inputs, @parts, @state)
     ON CONFLICT (publication, number) DO UPDATE SET state = excluded.state`,
  );
  const point = database.prepare<[string, number]>(
    'INSERT INTO publications (name, generation) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET generation = excluded.generation',
  );
  const drop = database.prepare<[string]>('DELETE FROM publications WHERE name = ?');

  const publish = (state: PublicationState): void => {
    const row = toRow(state);
    const known = generation.get(row.publication, row.number);
    if (known !== undefined && known.digest !== row.digest) {
      throw new MirrorError('LOCKED', `generation ${row.number} of ${row.publication} was made by another process meanwhile`, {
        hint: 'Run `mirror publish` again.',
      });
    }
    putGeneration.run(row);
    point.run(row.publication, row.number);
  };

  return {
    publication(name) {
      const row = one.get(name);
      return row === undefined ? undefined : toState(row);
    },
    publicationAt(name, number) {
      const row = generation.get(name, number);
      return row === undefined ? undefined : toState(row);
    },
    publications: () => all.all().map(toState),
    publish: database.transaction(publish).immediate,
    generations: (publication) => generations.all(publication).map(toGeneration),
    dropPublication: (name) => drop.run(name).changes > 0,
  };
}

function toRow(state: PublicationState): GenerationRow {
  const { name: _name, generation, ...rest } = state;
  return {
    publication: state.name,
    number: generation.number,
    digest: generation.digest,
    published_at: generation.publishedAt,
    inputs: generation.inputs,
    parts: JSON.stringify(generation.parts),
    state: JSON.stringify(rest),
  };
}

function toGeneration(row: GenerationRow): Generation {
  return {
    publication: row.publication,
    number: row.number,
    digest: row.digest,
    publishedAt: row.published_at,
    inputs: row.inputs,
    parts: readColumn(partsColumn, row.parts, `the parts of generation ${row.number} of ${row.publication}`),
  };
}

function toState(row: GenerationRow): PublicationState {
  const rest = readColumn(publicationColumn, row.state, `the state of generation ${row.number} of ${row.publication}`);
  return { name: row.publication, ...rest, generation: toGeneration(row) };
}
