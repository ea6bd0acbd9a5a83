import type { MirrorInput } from '../config/edit.ts';
import { redactUrl } from '../core/redact.ts';
import { parseRepoFile, type YumRepoDefinition } from '../yum/format/repository/repo-file.ts';
import { expandVariables, unknownVariables } from '../yum/format/repository/variables.ts';
import type { ImportedMirror, ImportedSources } from './import-apt.ts';
import { slug, uniqueNames } from './source-names.ts';

export interface YumImportOptions {
  /** Values of $releasever, $basearch and the like. */
  readonly vars: Readonly<Record<string, string>>;
  readonly taken: Iterable<string>;
  /** Whether packages that a repository includes or excludes become its filter; they do when left out. */
  readonly filters?: boolean | undefined;
}

/** One mirror for each repository of a .repo file that is switched on. Throws CONFIG_INVALID with file and line. */
export function importYumRepos(text: string, file: string, options: YumImportOptions): ImportedSources {
  const notices: string[] = [];
  const values: { readonly id: string; readonly value: MirrorInput }[] = [];
  for (const repo of parseRepoFile(text, file)) {
    if (!repo.enabled) continue;
    const value = mirrorOf(repo, `${file}: [${repo.id}]`, { options, notices });
    if (value !== undefined) values.push({ id: repo.id, value });
  }
  const names = uniqueNames(
    values.map(({ id }) => [slug(id) || 'upstream'] as const),
    options.taken,
  );
  const mirrors = values.map(
    ({ value }, index): ImportedMirror => ({ name: names[index] ?? '', value, fingerprints: [], systemKeys: false }),
  );
  return { mirrors, notices };
}

interface Import {
  readonly options: YumImportOptions;
  readonly notices: string[];
}

function mirrorOf(repo: YumRepoDefinition, place: string, { options, notices }: Import): MirrorInput | undefined {
  const location = locationOf(repo, place, notices);
  if (location === undefined) return undefined;
  if (repo.hasPassword || location.hasPassword)
    notices.push(`${place} has a password, which was not taken over: write it to a file and set passwordFile`);
  if (repo.proxy !== undefined) notices.push(`${place} has a proxy of its own, which was not taken over: set http.proxy for all`);
  if (repo.sslcacert !== undefined) notices.push(`${place} has a certificate authority of its own: set http.ca to ${repo.sslcacert}`);
  if (!repo.sslverify) notices.push(`${place} switches the check of the server's certificate off; mirror always checks it`);
  const vars = variablesFor([...Object.values(location.value).flat(), ...repo.gpgkey], place, { options, notices });
  const keys = repo.gpgkey.map((key) => expandVariables(key, options.vars)).map((key) => key.replace(/^file:\/\/(?=\/)/, ''));
  const verify = verifyOf(repo);
  if (verify?.length === 0) notices.push(`${place} is used without signatures (gpgcheck=0), so it is not verified`);
  const stated = filterOf(repo);
  const filter = options.filters === false ? undefined : stated;
  if (stated !== undefined)
    notices.push(
      `${place} names packages to include or exclude, which ${filter === undefined ? 'are not heeded' : `became the filter ${filter}`}`,
    );
  const username = repo.username ?? location.username;
  return {
    type: 'yum',
    ...location.value,
    ...(vars === undefined ? {} : { vars }),
    ...(keys.length === 0 ? {} : { keys }),
    ...(verify === undefined ? {} : { verify }),
    ...(filter === undefined ? {} : { filter }),
    ...(username === undefined ? {} : { username }),
    ...(repo.sslclientcert === undefined ? {} : { clientCert: repo.sslclientcert }),
    ...(repo.sslclientkey === undefined || repo.sslclientcert === undefined ? {} : { clientKey: repo.sslclientkey }),
  };
}

/** The values of the variables that the texts use; undefined where they use none. */
function variablesFor(texts: readonly string[], place: string, { options, notices }: Import): Record<string, string> | undefined {
  const used = [...new Set(texts.flatMap(unknownVariables))];
  if (used.length === 0) return undefined;
  // The architecture is that of the machine that syncs, unless the configuration says another.
  const known = { basearch: '', arch: '', ...options.vars };
  const unknown = new Set(texts.flatMap((text) => unknownVariables(expandVariables(text, known))));
  if (unknown.size > 0) notices.push(`${place} needs values for ${[...unknown].map((name) => `$${name}`).join(', ')}: set vars`);
  return Object.fromEntries(used.flatMap((name) => (options.vars[name] === undefined ? [] : [[name, options.vars[name]]])));
}

interface Location {
  readonly value: { metalink: string } | { mirrorlist: string } | { url: string | string[] };
  /** From a URL. */
  readonly username?: string | undefined;
  readonly hasPassword: boolean;
}

/** dnf asks a metalink before a mirror list, and that before base URLs, and takes a mirror list for a metalink that is called so. */
function locationOf({ baseurl, metalink, mirrorlist }: YumRepoDefinition, place: string, notices: string[]): Location | undefined {
  const list = metalink ?? mirrorlist;
  const stated = list === undefined ? baseurl : [list];
  const usable = stated.filter((url) => /^https?:\/\//i.test(url));
  if (usable.length === 0) {
    notices.push(`${place} was left out: it is not reached over http or https`);
    return undefined;
  }
  const others = stated.filter((url) => !usable.includes(url));
  if (others.length > 0) notices.push(`${place} can also be reached at ${others.join(', ')}, which is neither http nor https: left out`);
  const users = usable.map((url) => /^https?:\/\/([^/?#@:\s]*)(:[^/?#@\s]*)?@/i.exec(url));
  const [only = '', ...more] = usable.map((url) => redactUrl(url));
  const user = users.find((match) => match !== null);
  const credentials = { username: user?.[1], hasPassword: users.some((match) => match?.[2] !== undefined) };
  if (metalink !== undefined || (list !== undefined && /metalink/i.test(list))) return { value: { metalink: only }, ...credentials };
  if (list !== undefined) return { value: { mirrorlist: only }, ...credentials };
  return { value: { url: more.length === 0 ? only : [only, ...more] }, ...credentials };
}

/** What includepkgs and excludepkgs say, as a query; undefined where they say nothing. */
function filterOf({ excludepkgs, includepkgs }: YumRepoDefinition): string | undefined {
  const included = includepkgs.map(termOf);
  const excluded = excludepkgs.map(termOf);
  if (included.length === 0 && excluded.length === 0) return undefined;
  const wanted = included.join(' | ');
  if (excluded.length === 0) return wanted;
  return `${wanted === '' ? '' : included.length === 1 ? `${wanted}, ` : `(${wanted}), `}!(${excluded.join(' | ')})`;
}

/** Architectures that may stand behind the name in a pattern. */
const ARCHITECTURE = /^(.+)\.(noarch|src|nosrc|x86_64|i[3-6]86|aarch64|armv7hl|ppc64le|ppc64|s390x|riscv64)$/;

/** A pattern over names, or names with their architecture. */
function termOf(pattern: string): string {
  const [, name = pattern, architecture] = ARCHITECTURE.exec(pattern) ?? [];
  const named = /[*?[]/.test(name) ? `Name (% ${quoted(name)})` : `Name (${quoted(name)})`;
  if (architecture === undefined) return named;
  return name === '*' ? `Architecture (${architecture})` : `(${named}, Architecture (${architecture}))`;
}

/** A text as one word of a query. */
function quoted(text: string): string {
  return /^[\w.+*?~^:-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** What the file asks to be checked; undefined where it says nothing, so that everything the upstream signs is. */
function verifyOf(repo: YumRepoDefinition): ('metadata' | 'packages')[] | undefined {
  if (repo.gpgcheck === undefined && !repo.repoGpgcheck) return undefined;
  return [...(repo.repoGpgcheck ? (['metadata'] as const) : []), ...(repo.gpgcheck === false ? [] : (['packages'] as const))];
}
