import { MirrorError } from '../../core/errors.ts';
import { type ImageReference, parseReference } from '../../oci/format/reference.ts';
import type { RegistryPlace } from './registries.ts';

/** An image of a registry that is named on the command line. */
export interface ImagePlace {
  /** Undefined for the embedded registry. */
  readonly registry: RegistryPlace | undefined;
  readonly reference: ImageReference;
}

/**
 * Reads `[docker://|http://|https://]HOST/NAME:TAG`; a name without a host is one of the embedded registry. Throws REFERENCE_INVALID.
 * @param needsTag whether one without tag and digest is refused, with USAGE.
 */
export function parseImagePlace(text: string, needsTag = false): ImagePlace {
  const [, scheme, rest = ''] = /^(?:(docker|http|https):\/\/)?(.*)$/.exec(text) ?? [];
  const reference = parseReference(rest);
  if (needsTag && reference.tag === undefined && reference.digest === undefined) {
    throw new MirrorError('USAGE', `"${text}" names neither a tag nor a digest`, {
      hint: 'Write it like team/app:v1 or team/app@sha256:….',
    });
  }
  const { host } = reference;
  if (host === undefined) return { registry: undefined, reference };
  return { registry: scheme === 'http' || scheme === 'https' ? { host, scheme } : { host }, reference };
}

/** What it is looked up by: its digest, else its tag, else `latest`. */
export function lookedUpBy({ digest, tag }: ImageReference): string {
  return digest ?? tag ?? 'latest';
}
