import type { MirrorConfig } from '../config/schema.ts';
import type { Family, Subjects } from '../family/family.ts';
import { fieldTests } from '../query/field-tests.ts';
import type { Query } from '../query/query.ts';
import type { Candidate } from '../solve/universe.ts';
import type { BlobStore } from '../store/blobs.ts';

/** What queries see of some candidates, everything included that they ask for. */
export async function subjectsFor(
  queries: readonly Query[],
  candidates: readonly Candidate[],
  { family, blobs }: { readonly family: Family<MirrorConfig, Candidate>; readonly blobs: BlobStore },
): Promise<Subjects<Candidate>> {
  const tests = queries.flatMap((query) => fieldTests(query, family.compareVersions));
  return tests.length === 0 ? family : ((await family.subjects?.(candidates, tests, blobs)) ?? family);
}
