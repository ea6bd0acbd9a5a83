import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianArchitecture } from '../apt/format/architecture.ts';
import { isMirrorError } from '../core/errors.ts';
import { readKeyring } from '../openpgp/keyring.ts';
import type { TrustedKey } from '../openpgp/types.ts';
import type { NewMirror } from './add.ts';
import type { AdoptedSources } from './adopt.ts';
import { adoptedProxy } from './adopted-proxy.ts';
import { type ImportedMirror, importAptSources, readAptSources } from './import-apt.ts';
import { type Machine, namesIn, readIfThere } from './machine.ts';

/** Names of files that apt reads in its directories. */
const READ_BY_APT = /^[A-Za-z0-9_.-]+\.(list|sources)$/;

/** The repositories that apt uses, with the keys that it trusts for each. Source packages are left out: what is adopted is to be small. */
export async function adoptApt(machine: Machine): Promise<AdoptedSources> {
  const settings = parseAptConfig(machine.aptConfig);
  const directories = aptDirectories(machine.root, settings);
  const architecture = settings.get('apt::architecture') ?? debianArchitecture(machine.architecture);
  const files = [directories.sourceList, ...(await filesIn(directories.sourceParts, READ_BY_APT))];
  const sources = [];
  for (const file of files) {
    const text = await readIfThere(file);
    if (text !== undefined) sources.push(...readAptSources(text, file));
  }
  const binary = sources.map((source) => ({ ...source, types: source.types.filter((type) => type !== 'deb-src') }));
  const imported = importAptSources(binary, { architecture, taken: [] });
  const notices = [...imported.notices];

  const system = imported.mirrors.some((mirror) => mirror.systemKeys) ? await systemKeyrings(directories, notices) : [];
  const keyFiles = new Map<string, string>();
  const mirrors: NewMirror[] = [];
  for (const mirror of imported.mirrors) mirrors.push(await withKeys(mirror, { root: machine.root, system, keyFiles, notices }));

  const expired = isFalse(settings.get('acquire::check-valid-until'));
  if (expired && mirrors.length > 0) {
    notices.push(
      'apt of this machine accepts metadata past its Valid-Until (Acquire::Check-Valid-Until is false): so do these mirrors (allowExpired)',
    );
  }
  return {
    family: 'apt',
    mirrors: expired ? mirrors.map(({ name, value }) => ({ name, value: { ...value, allowExpired: true } })) : mirrors,
    keyFiles,
    notices,
    proxy: adoptedProxy(settings.get('acquire::http::proxy') ?? '', 'apt', notices),
  };
}

/** `Name::Of "value";` lines by lower-case name; of a name that is there twice, the last counts. */
function parseAptConfig(dump: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of dump.split('\n')) {
    const [, name, value] = /^([^\s"]+) "(.*)";$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) settings.set(name.toLowerCase(), value);
  }
  return settings;
}

interface AptDirectories {
  readonly sourceList: string;
  readonly sourceParts: string;
  readonly trusted: string;
  readonly trustedParts: string;
}

/** Where apt looks: each setting is relative to the one around it, unless it begins with `/`. */
function aptDirectories(root: string, settings: ReadonlyMap<string, string>): AptDirectories {
  const within = (base: string, name: string, usual: string): string => {
    const value = settings.get(name) || usual;
    return value.startsWith('/') ? value : join(base, value);
  };
  const etc = within(within('/', 'dir', '/'), 'dir::etc', 'etc/apt');
  const at = (name: string, usual: string): string => join(root, within(etc, `dir::etc::${name}`, usual));
  return {
    sourceList: at('sourcelist', 'sources.list'),
    sourceParts: at('sourceparts', 'sources.list.d'),
    trusted: at('trusted', 'trusted.gpg'),
    trustedParts: at('trustedparts', 'trusted.gpg.d'),
  };
}

interface MachineKeyring {
  readonly path: string;
  readonly keys: readonly TrustedKey[];
}

/** The keyrings that apt trusts where a source names none. One that cannot be read is left out, with a notice, as apt does. */
async function systemKeyrings({ trusted, trustedParts }: AptDirectories, notices: string[]): Promise<MachineKeyring[]> {
  return await readKeyrings([...(await filesIn(trustedParts, /\.(gpg|asc)$/)), trusted], notices);
}

async function readKeyrings(paths: readonly string[], notices: string[]): Promise<MachineKeyring[]> {
  const keyrings: MachineKeyring[] = [];
  for (const path of paths) {
    try {
      const { keys } = await readKeyring([{ bytes: await readFile(path), source: path }]);
      keyrings.push({ path, keys });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      if (!isMirrorError(error) && (error as NodeJS.ErrnoException).code === undefined) throw error;
      notices.push(`${path} was left out: ${(error as Error).message}`);
    }
  }
  return keyrings;
}

interface KeySources {
  readonly root: string;
  readonly system: readonly MachineKeyring[];
  /** Takes up the files that are to be written. */
  readonly keyFiles: Map<string, string>;
  readonly notices: string[];
}

/** The mirror with its keys: files as they are, and new files for what is inside a source or narrowed down to fingerprints. */
async function withKeys(mirror: ImportedMirror, { root, system, keyFiles, notices }: KeySources): Promise<NewMirror> {
  const { name, value, fingerprints } = mirror;
  if (value.verify?.length === 0) return { name, value };
  const own = `keys/${name}.asc`;
  if (mirror.inlineKey !== undefined) {
    keyFiles.set(own, mirror.inlineKey);
    return { name, value: { ...value, keys: [own] } };
  }
  const paths = mirror.systemKeys ? system.map((keyring) => keyring.path) : (value.keys ?? []).map((path) => join(root, path));
  if (fingerprints.length === 0) return { name, value: { ...value, keys: paths } };
  const keyrings = mirror.systemKeys ? system : await readKeyrings(paths, notices);
  const wanted = keyrings.flatMap((keyring) => keyring.keys).filter((key) => fingerprints.includes(key.fingerprint));
  if (wanted.length === 0) {
    notices.push(
      `${name} is to be signed by ${fingerprints.join(' or ')}, and this machine has no such key: list it under mirrors.${name}.keys`,
    );
    return { name, value: { ...value, keys: [] } };
  }
  keyFiles.set(own, [...new Set(wanted.map((key) => key.armored))].join(''));
  return { name, value: { ...value, keys: [own] } };
}

async function filesIn(directory: string, pattern: RegExp): Promise<string[]> {
  return (await namesIn(directory)).filter((name) => pattern.test(name)).map((name) => join(directory, name));
}

function isFalse(value: string | undefined): boolean {
  return /^(false|no|off|without|disable|0)$/i.test(value ?? '');
}
