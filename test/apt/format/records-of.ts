import type { IndexRecord } from '../../../src/apt/format/index-record.ts';

/** All records of an index. */
export async function recordsOf(batches: AsyncIterable<readonly IndexRecord[]>): Promise<IndexRecord[]> {
  const records: IndexRecord[] = [];
  for await (const batch of batches) records.push(...batch);
  return records;
}
