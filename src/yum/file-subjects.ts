import type { Subjects } from '../family/family.ts';
import type { FieldTest } from '../query/field-tests.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { YumCandidate } from './candidate.ts';
import { filelistElements, filelistsPaths } from './dependencies/filelists.ts';
import { packageSubject } from './subject.ts';

/**
 * What a query sees of packages, where it asks for files. The filelists of upstreams, which are too large to be held, are read once, and for each
 * package one file is kept that each of the tests finds, in place of all that it has. Without such tests nothing is read.
 * Throws METADATA_INVALID, CHECKSUM_MISMATCH and DECOMPRESS_*.
 */
export async function fileSubjects(
  candidates: readonly YumCandidate[],
  tests: readonly FieldTest[],
  blobs: BlobStore,
): Promise<Subjects<YumCandidate>> {
  const wanted = tests.filter(({ field }) => isFiles(field));
  if (wanted.length === 0) return { subject: packageSubject };
  const found = new Map<YumCandidate, readonly string[]>();
  for await (const { owner, element } of filelistElements(candidates, blobs, () => true)) {
    const candidate = candidates[owner];
    if (candidate === undefined) continue;
    const paths = filelistsPaths(element);
    const kept = wanted.flatMap(({ test }) => paths.find(test) ?? []);
    found.set(candidate, [...new Set(kept)]);
  }
  return {
    subject(candidate) {
      const subject = packageSubject(candidate);
      const files = found.get(candidate);
      if (files === undefined) return subject;
      return {
        ...subject,
        field: (name) => (isFiles(name) ? files[0] : subject.field(name)),
        values: (name) => (isFiles(name) ? files : subject.values?.(name)),
      };
    },
  };
}

function isFiles(field: string): boolean {
  return field.toLowerCase() === 'files';
}
