import { MirrorError } from '../../core/errors.ts';
import { completeReference, DOCKER_HUB, formatReference, type ImageReference, isRepository } from './reference.ts';

/**
 * How a repository at the target is named after the one at the source:
 * - `keep-host`, as KET's `seed-registry` does: the whole name as it is written, its host too, behind the target's path. `nginx` stays `nginx`.
 * - `project`, as the vendor's loop over a bundle does: the name in the bundle behind the project's path. Of a name with a host that is the same.
 * - `strip-host`: without the host, and of Docker Hub with the `library/` that clients ask for.
 */
export type NamingConvention = 'keep-host' | 'project' | 'strip-host';

export interface DestinationOptions {
  readonly convention: NamingConvention;
  /** The target's path, such as `mke`; empty or undefined for none. */
  readonly prefix?: string | undefined;
  /** The repository below the path, instead of what the convention gives. */
  readonly as?: string | undefined;
}

/** Where an image goes at the target. */
export interface Destination {
  readonly repository: string;
  /** Undefined where the image has a digest and no tag. */
  readonly tag: string | undefined;
  /** Two images with the same key and other content cannot both be there. Those without a tag never meet. */
  readonly key: string;
}

/**
 * The destination of an image. A host's port follows its name after a `_`, because no repository has a colon in it: `localhost:5000/a` becomes
 * `localhost_5000/a`. Throws REFERENCE_INVALID where that gives no name that a registry takes.
 */
export function destinationOf(reference: ImageReference, { convention, prefix, as }: DestinationOptions): Destination {
  const repository = [prefix, as ?? nameBy(convention, reference)].filter((part) => part !== undefined && part !== '').join('/');
  if (!isRepository(repository)) {
    throw new MirrorError(
      'REFERENCE_INVALID',
      `${formatReference(reference)} would become "${repository}", which no repository can be called`,
      {
        hint: 'Give it another name with `as`.',
      },
    );
  }
  const { tag } = completeReference(reference);
  return { repository, tag, key: tag === undefined ? `${repository}@${reference.digest ?? ''}` : `${repository}:${tag}` };
}

function nameBy(convention: NamingConvention, reference: ImageReference): string {
  if (convention === 'strip-host') return completeReference(withoutHubAlias(reference)).repository;
  const { host, repository } = reference;
  return host === undefined ? repository : `${host.toLowerCase().replace(':', '_')}/${repository}`;
}

function withoutHubAlias(reference: ImageReference): ImageReference {
  const isHub = reference.host === DOCKER_HUB.registry || reference.host === 'index.docker.io';
  return isHub ? { ...reference, host: DOCKER_HUB.host } : reference;
}
