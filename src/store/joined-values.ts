import type { Database } from 'better-sqlite3';

/** The values of some rows as one, and what they are of. */
type JoinedRow = [values: Buffer | null, ids: string, lengths: string];

/** Values of one column for some ids, in their order; undefined where there is none. Views of one buffer. */
export type ReadValues = (ids: readonly number[], ...parameters: readonly string[]) => (Buffer | undefined)[];

/** Says that what was found is not what was asked for. */
export type WrongRows = (ids: readonly number[], found: readonly number[]) => Error;

/**
 * Reads a column of blobs for many ids at once. A blob for each row is a piece of memory for each row, which takes longer to make and to
 * give back than the row takes to be read: SQLite puts them together, and they are cut apart again.
 * @param column an expression; NULL counts as no value.
 * @param from what stands after FROM, with the ids as a JSON array in its first parameter.
 * @param id the expression of the id of a row; rows must come in the order of the array.
 */
export function readJoined(
  database: Database,
  { column, from, id, wrong }: { readonly column: string; readonly from: string; readonly id: string; readonly wrong: WrongRows },
): ReadValues {
  // Text is bytes to SQLite, whatever they are.
  const values = `CAST(group_concat(CAST(${column} AS TEXT), '') AS BLOB)`;
  const statement = database
    .prepare<string[], JoinedRow>(`SELECT ${values}, json_group_array(${id}), json_group_array(length(${column})) FROM ${from}`)
    .raw();
  return (ids, ...parameters) => {
    const [joined, found, lengths] = statement.get(JSON.stringify(ids), ...parameters) ?? [null, '[]', '[]'];
    const order: readonly number[] = JSON.parse(found);
    if (order.length !== ids.length || ids.some((one, index) => order[index] !== one)) throw wrong(ids, order);
    const sizes: readonly (number | null)[] = JSON.parse(lengths);
    const all = joined ?? Buffer.alloc(0);
    let at = 0;
    return sizes.map((size) => {
      if (size === null) return undefined;
      at += size;
      return all.subarray(at - size, at);
    });
  };
}
