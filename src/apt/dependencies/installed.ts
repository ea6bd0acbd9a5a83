import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { type AptCandidate, isSourcePackage } from '../candidate.ts';
import { isArchitecture } from '../format/architecture.ts';
import { parseStanzas } from '../format/deb822.ts';
import { isPackageName } from '../format/pool-path.ts';
import { fieldOf } from '../format/stanza.ts';
import { isVersion } from '../format/version.ts';

/** A package that clients have. */
export interface InstalledPackage {
  readonly name: string;
  /** Undefined: any version. */
  readonly version: string | undefined;
  /** Undefined: any architecture. */
  readonly architecture: string | undefined;
  /** What dpkg knows of it, such as what it provides; undefined for a line of a list. */
  readonly stanza: Buffer | undefined;
}

/** States of dpkg in which a package is unpacked and configured. */
const INSTALLED_STATES: ReadonlySet<string> = new Set(['installed', 'triggers-awaited', 'triggers-pending']);

/** `name`, `name:architecture`, both with `=version` or a blank and the version. */
const LIST_ENTRY = /^(?<name>[^\s:=]+)(?::(?<architecture>[^\s=]+))?(?:(?:\s+|=)(?<version>\S+))?$/;

/**
 * Reads what clients have installed: a dpkg status file (packages that are not fully installed are left out), or a list with one package a
 * line, as `name`, `name=version`, `name_version_architecture`, or as `dpkg-query -W` prints it. Blank lines of a list and those that begin
 * with `#` do not count.
 * @param what names the document in errors, which are CONFIG_INVALID.
 */
export function parseInstalled(bytes: Buffer, what: string): InstalledPackage[] {
  const isStatus = /^\s*[A-Za-z][A-Za-z0-9-]*:(?:\s|$)/.test(bytes.toString('latin1', 0, 4096));
  return isStatus ? parseStatus(bytes, what) : parseList(bytes.toString('utf8'), what);
}

/**
 * What `parseInstalled` reads, as candidates. Where one of `available` is just that package, it is taken; a line without a version stands
 * for every version of the name that is available, and for nothing where there is none. What is not available is a candidate without a file.
 */
export function installedCandidates(bytes: Buffer, what: string, available: readonly AptCandidate[]): AptCandidate[] {
  const byName = new Map<string, AptCandidate[]>();
  const installed = parseInstalled(bytes, what);
  for (const { name } of installed) byName.set(name, []);
  for (const candidate of available) byName.get(candidate.name)?.push(candidate);
  const found = new Set<AptCandidate>();
  for (const entry of installed) {
    const same = (byName.get(entry.name) ?? []).filter(
      (candidate) =>
        !isSourcePackage(candidate) &&
        (entry.version ?? candidate.version) === candidate.version &&
        (entry.architecture === undefined || entry.architecture === candidate.architecture || candidate.architecture === 'all'),
    );
    if (same.length > 0) for (const candidate of same) found.add(candidate);
    else if (entry.version !== undefined) found.add(withoutFile(entry, entry.version));
  }
  return [...found];
}

function withoutFile({ name, architecture = 'all', stanza }: InstalledPackage, version: string): AptCandidate {
  const text = Buffer.from(`Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}`);
  return {
    mirror: 'installed',
    name,
    version,
    architecture,
    location: '',
    size: 0,
    checksums: [],
    component: '',
    stanza: stanza ?? text,
  };
}

function parseStatus(bytes: Buffer, what: string): InstalledPackage[] {
  const installed: InstalledPackage[] = [];
  try {
    for (const stanza of parseStanzas(bytes, what)) {
      const state = stanza.get('Status')?.split(/\s+/)[2];
      if (state !== undefined && !INSTALLED_STATES.has(state)) continue;
      const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map((field) => fieldOf(stanza.bytes, field));
      installed.push({ ...checked({ name, version, architecture }, `${what}, line ${stanza.line}`), stanza: stanza.bytes });
    }
  } catch (error) {
    // It is a file of the user's, not of an upstream.
    if (isMirrorError(error, 'METADATA_INVALID')) throw new MirrorError('CONFIG_INVALID', error.message, { cause: error });
    throw error;
  }
  return installed;
}

function parseList(text: string, what: string): InstalledPackage[] {
  const installed: InstalledPackage[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    installed.push({ ...checked(listEntry(entry), `${what}, line ${index + 1}`), stanza: undefined });
  }
  return installed;
}

interface StatedPackage {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly architecture?: string | undefined;
}

function listEntry(entry: string): StatedPackage {
  const [name, version, architecture, more] = entry.split('_');
  if (architecture !== undefined && more === undefined) return { name, version, architecture };
  return LIST_ENTRY.exec(entry)?.groups ?? {};
}

function checked({ name, version, architecture }: StatedPackage, where: string): Omit<InstalledPackage, 'stanza'> {
  const valid =
    name !== undefined &&
    isPackageName(name) &&
    (version === undefined || isVersion(version)) &&
    (architecture === undefined || isArchitecture(architecture));
  if (!valid) {
    throw new MirrorError('CONFIG_INVALID', `${where}: no installed package can be read there`, {
      hint: 'Give a dpkg status file, or a list with `name`, `name=version` or `name_version_architecture` on each line.',
    });
  }
  return { name, version, architecture };
}
