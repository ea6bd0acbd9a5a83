import { publicationSources } from '../config/publications.ts';
import type { Config, FamilyName, MirrorConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';

/** A mirror of the configuration with its name. */
export interface NamedMirror {
  readonly name: string;
  readonly config: MirrorConfig;
}

/**
 * The mirrors that some names of mirrors and groups stand for, each once, in the order of the configuration; all of them for no names.
 * Throws NAME_UNKNOWN with the nearest names.
 */
export function mirrorsNamed(config: Config, names: readonly string[]): NamedMirror[] {
  const wanted = new Set<string>();
  for (const name of names) {
    const group = config.groups[name];
    if (group !== undefined) for (const member of group) wanted.add(member);
    else if (config.mirrors[name] !== undefined) wanted.add(name);
    else throw unknownName('mirror or group', name, [...Object.keys(config.mirrors), ...Object.keys(config.groups)]);
  }
  if (Object.keys(config.mirrors).length === 0) {
    throw new MirrorError('USAGE', 'the configuration has no mirrors', { hint: 'Add one with `mirror add apt …` or `mirror add yum …`.' });
  }
  return Object.entries(config.mirrors)
    .filter(([name]) => names.length === 0 || wanted.has(name))
    .map(([name, mirror]) => ({ name, config: mirror }));
}

/** The sources of a publication by component, in the order of the configuration; one part without a name where it names no component. */
export function publicationParts(
  config: Config,
  name: string,
): { readonly component: string | undefined; readonly sources: readonly string[] }[] {
  const publication = config.publications[name];
  if (publication === undefined) throw unknownName('publication', name, Object.keys(config.publications));
  if (publication.components !== undefined)
    return Object.entries(publication.components).map(([component, sources]) => ({ component, sources }));
  return [{ component: publication.component, sources: publication.from ?? [] }];
}

/**
 * The mirrors whose packages end up in one publication with those of `mirror`, itself first: dependencies of one may be taken from the
 * others. Only mirrors of the same family.
 */
export function companions(config: Config, mirror: string): string[] {
  const family: FamilyName | undefined = config.mirrors[mirror]?.type;
  const found = new Set([mirror]);
  for (const publication of Object.values(config.publications)) {
    const sources = publicationSources(publication);
    if (!sources.includes(mirror)) continue;
    for (const source of sources) if (config.mirrors[source]?.type === family) found.add(source);
  }
  return [...found];
}
