import { MirrorError } from '../../../core/errors.ts';
import { type IniEntry, parseIni } from './ini.ts';

/** One section of a .repo file. Variables such as $releasever are still in the texts. */
export interface YumRepoDefinition {
  /** The section's name. */
  readonly id: string;
  /** For people; the id where the file gives none. */
  readonly name: string;
  readonly baseurl: readonly string[];
  readonly mirrorlist?: string | undefined;
  readonly metalink?: string | undefined;
  readonly enabled: boolean;
  /** Whether packages' signatures are to be checked; undefined where the file does not say. */
  readonly gpgcheck: boolean | undefined;
  /** Whether the signature of repomd.xml is to be checked. */
  readonly repoGpgcheck: boolean;
  /** URLs or paths of key files. */
  readonly gpgkey: readonly string[];
  readonly sslverify: boolean;
  readonly sslcacert?: string | undefined;
  readonly sslclientcert?: string | undefined;
  readonly sslclientkey?: string | undefined;
  readonly proxy?: string | undefined;
  readonly username?: string | undefined;
  /** Globs over names, or over names with their architecture: only these packages, and not these. */
  readonly includepkgs: readonly string[];
  readonly excludepkgs: readonly string[];
  /** Whether the file holds a password; the password itself stays there. */
  readonly hasPassword: boolean;
}

const TRUE = new Set(['1', 'yes', 'true', 'on', 'enabled', 'always']);
const FALSE = new Set(['0', 'no', 'false', 'off', 'disabled', 'never']);

/**
 * The repositories that a yum or dnf .repo file defines, in its order (dnf.conf(5)). `[main]` is not one. Of a key that is given twice the last
 * counts. Throws CONFIG_INVALID with file and line for what is no section, comment, `key=value` or continuation.
 */
export function parseRepoFile(text: string, file: string): YumRepoDefinition[] {
  const sections = parseIni(text, {
    invalid: (line, why, content) => new MirrorError('CONFIG_INVALID', `${file}:${line}: ${why}: "${content.slice(0, 120)}"`),
    keyOf: (key) => key.toLowerCase(),
  });
  return [...sections].flatMap(([id, section]) => (id === 'main' ? [] : [definitionOf(id, section, file)]));
}

function definitionOf(id: string, section: ReadonlyMap<string, IniEntry>, file: string): YumRepoDefinition {
  const textOf = (key: string): string | undefined => {
    const value = section.get(key)?.value;
    return value === undefined || value === '' ? undefined : value;
  };
  const listOf = (key: string): string[] => (textOf(key) ?? '').split(/[\s,;]+/).filter((item) => item !== '');
  const flagOf = (key: string): boolean | undefined => {
    const entry = section.get(key);
    if (entry === undefined || entry.value === '') return undefined;
    const value = entry.value.toLowerCase();
    if (TRUE.has(value)) return true;
    if (FALSE.has(value)) return false;
    throw new MirrorError('CONFIG_INVALID', `${file}:${entry.line}: [${id}] ${key} is "${entry.value}", which is neither 1 nor 0`);
  };
  return {
    id,
    name: textOf('name') ?? id,
    baseurl: listOf('baseurl'),
    mirrorlist: textOf('mirrorlist'),
    metalink: textOf('metalink'),
    enabled: flagOf('enabled') ?? true,
    gpgcheck: flagOf('gpgcheck'),
    repoGpgcheck: flagOf('repo_gpgcheck') ?? false,
    gpgkey: listOf('gpgkey'),
    sslverify: flagOf('sslverify') ?? true,
    sslcacert: textOf('sslcacert'),
    sslclientcert: textOf('sslclientcert'),
    sslclientkey: textOf('sslclientkey'),
    proxy: textOf('proxy') === '_none_' ? undefined : textOf('proxy'),
    includepkgs: listOf('includepkgs'),
    excludepkgs: [...listOf('excludepkgs'), ...listOf('exclude')],
    username: textOf('username'),
    hasPassword: textOf('password') !== undefined,
  };
}
