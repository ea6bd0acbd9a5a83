import { type ImageReference, parseReference } from './reference.ts';

/** What a source on a command line may be: something on the disk, or an image of a registry. */
export type SourceArgument = FileArgument | ImageArgument;

export interface FileArgument {
  readonly kind: 'file';
  readonly path: string;
  /** What the image in it is called, where it does not say that itself. */
  readonly name?: ImageReference | undefined;
}

export interface ImageArgument {
  readonly kind: 'image';
  readonly reference: ImageReference;
  /** Where the address began with a scheme. */
  readonly scheme?: 'http' | 'https' | undefined;
}

/** skopeo's names for things on the disk. */
const FILE_TRANSPORT = /^(?:oci-archive|docker-archive|oci|dir):(?!\/\/)/;
/** skopeo's, helm's and a browser's ways to write an image of a registry. */
const IMAGE_TRANSPORT = /^(docker|oci|http|https):\/\//;
/** What nobody means to be an image. */
const PATH_LIKE = /^(?:\.{0,2}\/|~\/)|\.(?:tar|tgz|tar\.gz|tar\.zst|tar\.xz|ya?ml|txt|json|list)$/;

/**
 * Reads one source: `oci-archive:FILE[:NAME]` and the like, `docker://HOST/NAME:TAG`, `oci://HOST/CHART:VERSION`, `http://HOST/NAME:TAG`, a path, or an image.
 * @param exists whether there is a file or directory of a name: that goes before an image of the same name.
 * Throws REFERENCE_INVALID.
 */
export function parseSourceArgument(text: string, exists: (path: string) => boolean): SourceArgument {
  const file = parseFileArgument(text, exists);
  if (file !== undefined) return file;
  const scheme = IMAGE_TRANSPORT.exec(text)?.[1];
  if (scheme !== undefined) {
    const reference = parseReference(text.slice(scheme.length + '://'.length));
    return scheme === 'http' || scheme === 'https' ? { kind: 'image', reference, scheme } : { kind: 'image', reference };
  }
  if (exists(text) || PATH_LIKE.test(text)) return { kind: 'file', path: text };
  return { kind: 'image', reference: parseReference(text) };
}

/** Reads `oci-archive:FILE[:NAME]` and the like; undefined where the text does not begin so. Throws REFERENCE_INVALID. */
export function parseFileArgument(text: string, exists: (path: string) => boolean): FileArgument | undefined {
  const transport = FILE_TRANSPORT.exec(text)?.[0];
  if (transport === undefined) return undefined;
  const rest = text.slice(transport.length);
  const colon = rest.indexOf(':');
  if (colon < 0 || exists(rest)) return { kind: 'file', path: rest };
  return { kind: 'file', path: rest.slice(0, colon), name: parseReference(rest.slice(colon + 1)) };
}
