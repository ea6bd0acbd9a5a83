import { MirrorError } from '../../core/errors.ts';
import { isRegistryHost, isRepository } from '../../oci/format/reference.ts';
import type { RegistryPlace } from './registries.ts';

/** Where images are brought. */
export interface TargetPlace {
  /** Undefined for the embedded registry. */
  readonly registry: RegistryPlace | undefined;
  /** What stands in front of every repository there; empty for nothing. */
  readonly path: string;
}

/**
 * Reads `[http://]HOST[:PORT][/PATH]`. A `/` at its end is passed over; undefined stands for the embedded registry. Throws USAGE.
 * @param below a further path below the target's own.
 */
export function parseTarget(text: string | undefined, below = ''): TargetPlace {
  const [, scheme, address = ''] = /^(?:(https?):\/\/)?(.*)$/.exec(text ?? '') ?? [];
  const slash = address.indexOf('/');
  const host = slash < 0 ? address : address.slice(0, slash);
  const parts = [slash < 0 ? '' : address.slice(slash + 1), below].map((part) => part.replace(/^\/+|\/+$/g, ''));
  const path = parts.filter((part) => part !== '').join('/');
  if (path !== '' && !isRepository(path)) {
    throw new MirrorError('USAGE', `"${path}" cannot stand in front of a repository`, {
      hint: 'Write the target like registry.example.com:8080/mke.',
    });
  }
  if (text === undefined) return { registry: undefined, path };
  if (!isRegistryHost(host)) {
    throw new MirrorError('USAGE', `"${text}" names no registry`, { hint: 'Write the target like registry.example.com:8080/mke.' });
  }
  return { registry: scheme === 'http' || scheme === 'https' ? { host, scheme } : { host }, path };
}
