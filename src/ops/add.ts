import {
  addMirror,
  addPublication,
  addRepo as addRepoEntry,
  type MirrorInput,
  type PublicationInput,
  type RepoInput,
} from '../config/edit.ts';
import { type LoadedConfig, parseConfig } from '../config/load.ts';
import { replaceConfigFile } from '../config/write.ts';
import { MirrorError } from '../core/errors.ts';
import { NAME_PATTERN } from '../core/names.ts';

/** A mirror to be added to a configuration. */
export interface NewMirror {
  readonly name: string;
  readonly value: MirrorInput;
  /** Also a publication of the same name, made from it. */
  readonly publication?: PublicationInput | undefined;
}

/**
 * Adds mirrors to the configuration file, all or none, and keeps its comments. What comes out is checked before it is written: throws
 * CONFIG_INVALID, CONFIG_EXISTS for a name that is taken, NAME_INVALID, STORAGE.
 */
export async function addMirrors(
  loaded: LoadedConfig,
  mirrors: readonly NewMirror[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  let { text } = loaded;
  for (const { name, value, publication } of mirrors) {
    checkNewName(name, loaded);
    text = addMirror(text, name, value);
    if (publication !== undefined) text = addPublication(text, name, publication);
  }
  parseConfig(text, loaded.path, environment);
  await replaceConfigFile(loaded.path, text);
}

/** Adds an empty repo to the configuration file; as `addMirrors`. */
export async function addRepo(
  loaded: LoadedConfig,
  { name, value }: { readonly name: string; readonly value: RepoInput },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  checkNewName(name, loaded);
  const text = addRepoEntry(loaded.text, name, value);
  parseConfig(text, loaded.path, environment);
  await replaceConfigFile(loaded.path, text);
}

function checkNewName(name: string, { config, path }: LoadedConfig): void {
  if (!NAME_PATTERN.test(name)) {
    throw new MirrorError('NAME_INVALID', `"${name}" cannot be a name`, {
      hint: 'Use a-z, 0-9, ".", "_" and "-", a letter or digit first.',
    });
  }
  const taken = [config.mirrors, config.repos, config.groups].some((section) => Object.hasOwn(section, name));
  if (taken) throw new MirrorError('CONFIG_EXISTS', `${path} has the name ${name} already`, { hint: 'Choose another name.' });
}
