import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadValues, readJoined } from '../../src/store/joined-values.ts';

describe('store/joined-values', () => {
  let database: Database.Database;
  let read: ReadValues;
  const values = [Buffer.from([0, 255, 10, 0, 128]), Buffer.alloc(0), Buffer.from('text'), undefined, Buffer.alloc(100_000, 7)];

  beforeEach(() => {
    database = new Database(':memory:');
    database.exec('CREATE TABLE things (id INTEGER PRIMARY KEY, data BLOB)');
    const insert = database.prepare('INSERT INTO things VALUES (?, ?)');
    for (const [index, value] of values.entries()) insert.run(index + 1, value ?? null);
    read = readJoined(database, {
      column: 'data',
      from: 'json_each(?) AS wanted CROSS JOIN things ON things.id = wanted.value',
      id: 'things.id',
      wrong: (ids, found) => new Error(`${ids.join()} and not ${found.join()}`),
    });
  });
  afterEach(() => {
    database.close();
  });

  it('gives any bytes, none and nothing, in the order asked for, as often as asked for', () => {
    const ids = [5, 1, 4, 2, 3, 1];
    expect(read(ids)).toEqual(ids.map((id) => values[id - 1]));
    expect(read([])).toEqual([]);
    expect(read([4])).toEqual([undefined]);
  });

  it('refuses ids that nothing has', () => {
    expect(() => read([1, 9, 2])).toThrow('1,9,2 and not 1,2');
  });
});
