import { type ImageReference, isRepository, isTag } from './reference.ts';

/** What the file name of an archive in a vendor's bundle says: the image that is in it, or why it names none. */
export type BundleName = { readonly reference: ImageReference } | { readonly problem: string };

const SUFFIX = /\.(?:tar(?:\.gz|\.zst)?|tgz)$/;

/**
 * Reads the file name of an archive in a vendor's bundle, such as `team&app@v1.0.tar`: `&` stands for `/` and `@` for `:`, neither of which a repository
 * or a tag can have, so that every `repository:tag` has one name and no other has the same. A first component with a dot is no host here, but a part of
 * the repository, as the vendor's own procedure has it.
 * @param name without directories.
 */
export function decodeBundleName(name: string): BundleName {
  const stem = name.replace(SUFFIX, '');
  if (stem === name) return { problem: 'its name does not end in .tar, .tar.gz, .tar.zst or .tgz' };
  if (/[/:]/.test(stem)) return { problem: 'its name has a character that none in a bundle has' };
  const [encoded = '', tag, ...more] = stem.split('@');
  if (tag === undefined) return { problem: 'its name has no @ between repository and tag' };
  if (more.length > 0) return { problem: 'its name has more than one @; an image in a bundle is named by a repository and a tag' };
  const repository = encoded.replaceAll('&', '/');
  if (!isRepository(repository)) return { problem: `its name stands for "${repository}", which is no repository` };
  if (!isTag(tag)) return { problem: `its name stands for the tag "${tag}", which is none` };
  return { reference: { host: undefined, repository, tag } };
}

/** The file name that a bundle has for a repository and tag; the other way round of `decodeBundleName`. */
export function encodeBundleName(repository: string, tag: string): string {
  return `${repository.replaceAll('/', '&')}@${tag}.tar`;
}

const HARMLESS =
  /^(?:readme|license|licence|notice|changelog|copying|version)\b|(?:^|[._-])(?:sha(?:1|256|512)(?:sums?)?|md5(?:sums?)?|checksums?)(?:\.txt)?$|\.(?:md|txt|asc|sig|html)$|^\./i;

/** Whether a file of this name is often beside the archives of a bundle and none of them: what is to be read by people, and checksums. */
export function isHarmless(name: string): boolean {
  return HARMLESS.test(name);
}
