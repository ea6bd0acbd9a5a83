import { type Digest, parseDigest } from '../format/digest.ts';
import { isRepository, isTag } from '../format/reference.ts';
import { registryProblem } from './problem.ts';

/** Refuses what cannot name a repository. Throws the problem `name-invalid`. */
export function checkRepository(name: string): void {
  if (!isRepository(name)) throw registryProblem('name-invalid', `"${name.slice(0, 300)}" is no name of a repository`);
}

/** The parts of a digest. Throws the problem `digest-invalid` where it is malformed or of another algorithm than sha256 and sha512. */
export function checkDigest(digest: string): Digest {
  const parts = parseDigest(digest);
  if (parts === undefined) throw registryProblem('digest-invalid', `"${digest.slice(0, 200)}" is no sha256 or sha512 digest`);
  return parts;
}

/** Refuses what cannot be a tag. Throws the problem `tag-invalid`. */
export function checkTag(tag: string): void {
  if (!isTag(tag)) throw registryProblem('tag-invalid', `"${tag.slice(0, 200)}" is no tag`);
}
