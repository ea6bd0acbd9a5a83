import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { MirrorInput } from '../config/edit.ts';
import type { LoadedConfig } from '../config/load.ts';
import { MirrorError, reasonOf } from '../core/errors.ts';
import type { NewMirror } from './add.ts';
import { type ImportedMirror, type ImportedSources, importAptSources, readAptSources } from './import-apt.ts';
import { importYumRepos, type YumImportOptions } from './import-yum.ts';
import { writeKeyFile } from './key-files.ts';

export interface ImportFileOptions {
  /** Of the mirror; only where the file describes exactly one. */
  readonly name?: string | undefined;
  /** Values of the variables in a .repo file. */
  readonly vars?: Readonly<Record<string, string>> | undefined;
}

/**
 * The mirrors that a .list, .sources or .repo file describes, with what was left out. Keys that the file holds itself are written to `keys/`
 * beside the configuration. Throws CONFIG_INVALID, USAGE.
 */
export async function importFile(
  file: string,
  loaded: LoadedConfig,
  { name, vars = {} }: ImportFileOptions,
): Promise<{ readonly mirrors: readonly NewMirror[]; readonly notices: readonly string[] }> {
  const { config } = loaded;
  const taken = [config.mirrors, config.repos, config.groups].flatMap((section) => Object.keys(section));
  const imported = read(await readText(file), file, { taken, vars });
  const notices = [...imported.notices];
  if (imported.mirrors.length === 0) {
    throw new MirrorError('CONFIG_INVALID', `${file} describes no upstream that can be mirrored`, { hint: notices.join(' ') || undefined });
  }
  if (name !== undefined && imported.mirrors.length > 1) {
    const names = imported.mirrors.map((mirror) => mirror.name).join(', ');
    throw new MirrorError(
      'USAGE',
      `${basename(file)} describes ${imported.mirrors.length} mirrors (${names}), which cannot all be named ${name}`,
    );
  }
  const mirrors: NewMirror[] = [];
  for (const mirror of imported.mirrors) mirrors.push(await withKeys({ ...mirror, name: name ?? mirror.name }, loaded, notices));
  return { mirrors, notices };
}

function read(text: string, file: string, { taken, vars }: YumImportOptions): ImportedSources {
  if (file.endsWith('.repo')) return importYumRepos(text, file, { vars, taken });
  if (file.endsWith('.list') || file.endsWith('.sources')) return importAptSources(readAptSources(text, file), { taken });
  throw new MirrorError('USAGE', `cannot tell what ${file} is`, { hint: 'Its name has to end in .list, .sources or .repo.' });
}

async function withKeys(mirror: ImportedMirror, loaded: LoadedConfig, notices: string[]): Promise<NewMirror> {
  const { name } = mirror;
  let value: MirrorInput = mirror.value;
  if (mirror.inlineKey !== undefined) {
    await writeKeyFile(join(dirname(loaded.path), 'keys', `${name}.asc`), mirror.inlineKey);
    value = { ...value, keys: [...(value.keys ?? []), `keys/${name}.asc`] };
  }
  if (mirror.fingerprints.length > 0)
    notices.push(`${name} is signed by ${mirror.fingerprints.join(', ')}: list only files with these keys`);
  if ((value.keys ?? []).length === 0 && value.verify?.length !== 0) {
    notices.push(`${name} names no key: list the upstream's keys under mirrors.${name}.keys before you sync it`);
  }
  return { name, value };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new MirrorError('CONFIG_INVALID', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
