import { parseDuration } from '../core/duration.ts';
import type { Config, FamilyName, PublicationConfig } from './schema.ts';

/** The names of everything that a publication is made from, in the order of the file, each once. */
export function publicationSources(publication: PublicationConfig): string[] {
  return [...new Set([...(publication.from ?? []), ...Object.values(publication.components ?? {}).flat()])];
}

/** The family of a mirror or repo, or undefined when there is none of this name. */
export function sourceFamily(config: Config, name: string): FamilyName | undefined {
  if (Object.hasOwn(config.mirrors, name)) return config.mirrors[name]?.type;
  return Object.hasOwn(config.repos, name) ? config.repos[name]?.type : undefined;
}

/** Where a publication is on the server: from the first `/`, without a last one except for the root. */
export function publicationPath(name: string, publication: PublicationConfig): string {
  const path = publication.path ?? `/${name}`;
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * The codename of an apt publication under dists/: its own, or that of its mirrors where they all have the same suite, which may be a flat one (`path/`)
 * only where its metadata is published as it is. Undefined for yum, and where it cannot be told.
 */
export function publicationDistribution(config: Config, publication: PublicationConfig): string | undefined {
  if (publication.distribution !== undefined) return publication.distribution;
  const suites = new Set<string>();
  for (const name of publicationSources(publication)) {
    const mirror = Object.hasOwn(config.mirrors, name) ? config.mirrors[name] : undefined;
    if (mirror?.type !== 'apt') return undefined;
    if (mirror.suite.endsWith('/') && publication.metadata !== 'verbatim') return undefined;
    suites.add(mirror.suite);
  }
  return suites.size === 1 ? [...suites][0] : undefined;
}

/**
 * When metadata that was published at a time is to be published anew, so that clients never see it expire: when half of its validity has passed. In
 * milliseconds since 1970, as is `publishedAt`; undefined for what does not expire.
 */
export function publicationRenewal({ validFor, metadata }: PublicationConfig, publishedAt: number): number | undefined {
  return validFor === undefined || metadata === 'verbatim' ? undefined : publishedAt + parseDuration(validFor) / 2;
}
